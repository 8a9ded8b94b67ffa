//! Programs as Rust: a Cargo project for people, and for `rustc` the source of an object file.
//!
//! Every function of a program becomes a function of C's calling convention, in a module named for
//! its namespace. What Rust cannot say (Batuta's calling convention, tail calls, the tables that a
//! program starts from) lies in an object file beside it, written by `backends::object`.
//!
//! | module | what |
//! | --- | --- |
//! | `function` | the text of a function: blocks, jumps, failures |
//! | `operation` | the text of its instructions |
//! | `structure` | blocks as nested statements |
//! | `names` | Batuta's names as Rust's |
//! | `project` | the files |
//! | `adapters` | the way between the calling conventions |
//! | `prelude/` | the Rust that emitted functions are made of |
//!
//! Invariant: what a function does here is what Cranelift's translation of the same IR does. An
//! instruction is added in `operation` and, with its way that needs no call, in `prelude/`.

pub(crate) mod adapters;
mod function;
mod names;
mod operation;
mod project;
mod structure;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use batuta_lang::source::Span;
use batuta_runtime::abi::call::Wanted;
use batuta_runtime::failure_state::SiteId;
use batuta_runtime::function::VarBody;
use batuta_runtime::site::SiteTable;

use super::cranelift::Sites;
use super::cranelift::symbols::VAR_PREFIX;
use crate::ir::function::{IrFunction, Literal};

use function::Outside;
use names::{Names, identifier};

pub use project::Project;

/// Which code of the program a function is: the number of its description and the call it serves.
pub type Key = (usize, Wanted);

/// A function's code by the literal of a var and the number of arguments, with its name, if a call
/// of the var enters it.
pub(crate) type Callees<'c> = dyn Fn(&Literal, usize) -> Option<(Key, String)> + 'c;

/// A program's Rust while it grows.
#[derive(Default)]
pub struct RustCode {
    names: Names,
    /// Text by module.
    modules: BTreeMap<String, String>,
    /// Module and name of each function, named by its own text or by a call.
    functions: HashMap<Key, (String, String)>,
    /// The static of each var, by its qualified name.
    vars: BTreeMap<String, String>,
}

impl RustCode {
    /// Adds a function, which stands in the object file under this number.
    pub(crate) fn function(
        &mut self,
        (key, name): (Key, &str),
        ir: &IrFunction,
        number: usize,
        callees: &Callees<'_>,
        sites: &mut Sites<'_>,
    ) {
        let (module, ident) = self.named(key, name);
        let mut outside = Surroundings {
            code: self,
            module: &module,
            callees,
            sites,
        };
        let (text, uses_literals) = function::text(ir, &ident, &mut outside);
        let out = self.modules.entry(module).or_default();
        let _ = writeln!(out, "\nunsafe extern \"C\" {{");
        let _ = writeln!(out, "    #[link_name = \"{}\"]", entry_symbol(number));
        let _ = writeln!(out, "    pub fn {ident}_entry();");
        if uses_literals {
            let _ = writeln!(out, "    #[link_name = \"{}\"]", literals_symbol(number));
            let words = ir.literals.len();
            let _ = writeln!(out, "    static {ident}_literals: [Word; {words}];");
        }
        let shown = ir.name.replace(['\n', '\r'], " ");
        let symbol = emitted_symbol(number);
        let _ = write!(
            out,
            "}}\n\n/// `{shown}`\n#[unsafe(export_name = \"{symbol}\")]\n{text}"
        );
    }

    /// The files of the program.
    pub fn finish(self, program: &str) -> Project {
        project::files(program, &self.modules, &self.vars)
    }

    fn named(&mut self, key: Key, name: &str) -> (String, String) {
        if let Some(known) = self.functions.get(&key) {
            return known.clone();
        }
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() => (namespace, name),
            _ => ("top-level", name),
        };
        let arguments = match key.1 {
            Wanted::Entry(count) => count.to_string(),
            Wanted::Variadic => "rest".to_owned(),
            Wanted::Wide(_) => "wide".to_owned(),
        };
        let module = identifier(namespace);
        let wanted = format!("{}_{arguments}", identifier(name));
        let ident = self.names.give(&module, &wanted);
        self.functions.insert(key, (module.clone(), ident.clone()));
        (module, ident)
    }
}

/// A function by itself, for people: its calls go through the vars.
pub fn listing(ir: &IrFunction) -> String {
    let mut code = RustCode::default();
    let mut sites = SiteTable::default();
    let name = ir.name.rsplit_once(':').map_or(&*ir.name, |(name, _)| name);
    let key = (0, Wanted::Entry(ir.argument_count()));
    let (module, ident) = code.named(key, name);
    let mut outside = Surroundings {
        code: &mut code,
        module: &module,
        callees: &|_, _| None,
        sites: &mut |function, span| sites.register(function, span),
    };
    let (text, _) = function::text(ir, &ident, &mut outside);
    format!("/// `{}`\n{text}", ir.name)
}

/// The symbol of an emitted function.
pub(crate) fn emitted_symbol(number: usize) -> String {
    format!("bt_fn_{number}")
}

/// The symbol of its entry in Batuta's calling convention.
pub(crate) fn entry_symbol(number: usize) -> String {
    format!("bt_entry_{number}")
}

/// The symbol of a function's table of literals.
pub(crate) fn literals_symbol(number: usize) -> String {
    format!("literals {number}")
}

/// What a function's text says of others.
struct Surroundings<'a> {
    code: &'a mut RustCode,
    module: &'a str,
    callees: &'a Callees<'a>,
    sites: &'a mut Sites<'a>,
}

impl Outside for Surroundings<'_> {
    fn var(&mut self, literal: &Literal) -> String {
        let name = match literal {
            Literal::Var(var) => var.as_object::<VarBody>().map(VarBody::qualified),
            Literal::Value(_) | Literal::Code(_) | Literal::Held { .. } => None,
        };
        let name = name.expect("instructions that name a var name a literal that is one");
        let RustCode { names, vars, .. } = &mut *self.code;
        let ident = vars
            .entry(name)
            .or_insert_with_key(|name| names.give("vars", &identifier(name)));
        format!("vars::{ident}")
    }

    fn callee(&mut self, literal: &Literal, arguments: usize) -> Option<String> {
        let (key, name) = (self.callees)(literal, arguments)?;
        let (module, ident) = self.code.named(key, &name);
        Some(match module == self.module {
            true => ident,
            false => format!("{module}::{ident}"),
        })
    }

    fn site(&mut self, function: &str, span: Span) -> SiteId {
        (self.sites)(function, span)
    }
}

/// The symbol of a var's place.
fn var_symbol(qualified: &str) -> String {
    format!("{VAR_PREFIX}{qualified}")
}
