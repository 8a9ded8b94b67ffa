//! Programs as Rust: a Cargo project for people, and for `rustc` the source of an object file.
//!
//! Every function of a program becomes a function of C's calling convention, in a module named for
//! its namespace. What Rust cannot say (Batuta's calling convention, tail calls, the tables that a
//! program starts from) lies in an object file beside it, written by `backends::object`.
//!
//! | module | what |
//! | --- | --- |
//! | `function` | the text of a function: blocks, jumps, failures |
//! | `failure` | where failures go |
//! | `operation` | the text of its instructions |
//! | `structure` | blocks as nested statements |
//! | `plain` | which functions have a version for machine integers, floats and arrays of them |
//! | `plain_effects` | what that version may come to besides a value |
//! | `plain_types` | the types of such values |
//! | `plain_text` | the text of that version |
//! | `ranges` | how large its integers become |
//! | `names` | Batuta's names as Rust's |
//! | `project` | the files |
//! | `adapters` | the way between the calling conventions |
//! | `prelude/` | the Rust that emitted functions are made of |
//!
//! Invariant: what a function does here is what Cranelift's translation of the same IR does. An
//! instruction is added in `operation` and, with its way that needs no call, in `prelude/`.

pub(crate) mod adapters;
mod failure;
mod function;
mod names;
mod operation;
mod plain;
mod plain_effects;
mod plain_text;
mod plain_types;
mod project;
mod ranges;
mod structure;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use batuta_lang::source::Span;
use batuta_runtime::abi::call::Wanted;
use batuta_runtime::failure_state::SiteId;
use batuta_runtime::function::VarBody;
use batuta_runtime::site::SiteTable;

use super::cranelift::Sites;
use super::cranelift::symbols::VAR_PREFIX;
use crate::ir::entity::LiteralId;
use crate::ir::function::{IrFunction, Literal};
use crate::ir::graph::definitions;
use crate::ir::instruction::{Op, Terminator};

use function::Outside;
use names::{Names, identifier};
use plain::PlainFunctions;
use plain_text::{PlainCallee, PlainContext};

pub use project::Project;

/// Which code of the program a function is: the number of its description and the call it serves.
pub type Key = (usize, Wanted);

/// A function of the program, as it is emitted.
pub(crate) struct Function {
    /// Which code it is.
    pub(crate) key: Key,
    /// Its name without the arity.
    pub(crate) name: String,
    /// Its IR after all passes.
    pub(crate) ir: IrFunction,
    /// Under this number it stands in the object file.
    pub(crate) number: usize,
    /// Is it the program's and not the library's?
    pub(crate) is_own: bool,
    /// The functions that calls of vars with so many arguments enter.
    pub(crate) callees: Callees,
}

/// A function's code by the var of a call and the number of arguments, with its name.
pub(crate) type Callees = HashMap<(LiteralId, usize), (Key, String)>;

/// A program's Rust while it grows.
#[derive(Default)]
pub struct RustCode {
    functions: Vec<Function>,
    names: Names,
    /// Text by module.
    modules: BTreeMap<String, String>,
    /// Module and name of each function.
    called: HashMap<Key, (String, String)>,
    /// The static of each var, by its qualified name.
    vars: BTreeMap<String, String>,
}

impl RustCode {
    /// Adds a function.
    pub(crate) fn add(&mut self, function: Function) {
        self.functions.push(function);
    }

    /// Makes the text of all functions.
    pub(crate) fn emit(&mut self, sites: &mut Sites<'_>) {
        let functions = std::mem::take(&mut self.functions);
        let plain = plain::find(&functions);
        let mut plain_names = BTreeMap::new();
        for function in &functions {
            self.named(function.key, &function.name);
        }
        for place in plain.keys() {
            let (module, _) = &self.called[&functions[*place].key];
            let short = functions[*place].name.split_once('/');
            let short = short.map_or(&*functions[*place].name, |(_, short)| short);
            let name = self.names.give(module, &identifier(short));
            plain_names.insert(*place, (module.clone(), name));
        }
        let program = Program {
            functions: &functions,
            plain: &plain,
            plain_names,
        };
        for place in 0..functions.len() {
            self.function(place, &program, sites);
        }
    }

    fn function(&mut self, place: usize, program: &Program<'_>, sites: &mut Sites<'_>) {
        let function = &program.functions[place];
        let (module, ident) = self.called[&function.key].clone();
        let plain = program.plain_of(place, self);
        let mut outside = Surroundings {
            code: self,
            module: &module,
            function,
            program,
            sites,
        };
        let text = function::text(&function.ir, &ident, &mut outside, plain.as_ref());
        let tries = plain.as_ref().filter(|plain| plain.function.gives_up);
        let tries = tries.map(|plain| plain.callee.name.clone());
        let plain_text = plain.map(|plain| {
            let name = plain.callee.name.clone();
            let ir = &plain.function.ir;
            function::plain_text(ir, &name, &mut outside, plain)
        });
        let (number, words) = (function.number, function.ir.literals.len());
        let out = self.modules.entry(module).or_default();
        let _ = writeln!(out, "\nunsafe extern \"C\" {{");
        let _ = writeln!(out, "    #[link_name = \"{}\"]", entry_symbol(number));
        let _ = writeln!(out, "    pub fn {ident}_entry();");
        if words > 0 {
            let _ = writeln!(out, "    #[link_name = \"{}\"]", literals_symbol(number));
            let _ = writeln!(out, "    pub static {ident}_literals: [Word; {words}];");
        }
        let shown = function.ir.name.replace(['\n', '\r'], " ");
        let symbol = emitted_symbol(number);
        let _ = writeln!(out, "}}\n");
        if let Some(text) = plain_text {
            if let Some(name) = tries {
                let _ = writeln!(out, "static {name}_tries: Tries = Tries::new();\n");
            }
            let _ = writeln!(out, "/// `{shown}` for plain values.\n{text}");
        }
        let _ = write!(
            out,
            "/// `{shown}`\n#[unsafe(export_name = \"{symbol}\")]\n{text}"
        );
    }

    /// The files of the program.
    pub fn finish(self, program: &str) -> Project {
        project::files(program, &self.modules, &self.vars)
    }

    fn named(&mut self, key: Key, name: &str) -> (String, String) {
        if let Some(known) = self.called.get(&key) {
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
        self.called.insert(key, (module.clone(), ident.clone()));
        (module, ident)
    }

    /// The static of a var.
    fn var(&mut self, name: String) -> String {
        let RustCode { names, vars, .. } = self;
        let ident = vars
            .entry(name)
            .or_insert_with_key(|name| names.give("vars", &identifier(name)));
        format!("vars::{ident}")
    }

    fn var_of(&mut self, literal: &Literal) -> String {
        let name = match literal {
            Literal::Var(var) => var.as_object::<VarBody>().map(VarBody::qualified),
            Literal::Value(_) | Literal::Code(_) | Literal::Held { .. } => None,
        };
        self.var(name.expect("instructions that name a var name a literal that is one"))
    }
}

/// All functions with those that have a plain version.
struct Program<'a> {
    functions: &'a [Function],
    plain: &'a PlainFunctions,
    plain_names: BTreeMap<usize, (String, String)>,
}

impl Program<'_> {
    /// What a function's plain version is, seen from its own module.
    fn plain_of<'a>(&'a self, place: usize, code: &mut RustCode) -> Option<PlainContext<'a>> {
        let function = self.plain.get(&place)?;
        let own = &self.functions[place];
        let general = code.called[&own.key].1.clone();
        Some(PlainContext {
            function,
            callee: PlainCallee {
                name: self.plain_names[&place].1.clone(),
                may_fail: function.may_fail,
            },
            conditions: self.conditions(place, code),
            general: (general, code.var(own.name.clone())),
        })
    }

    /// What must hold of vars so that the plain version does what the general one does: nothing
    /// that it calls, or that is copied into it, has been redefined.
    fn conditions(&self, place: usize, code: &mut RustCode) -> Vec<String> {
        let mut all = BTreeSet::new();
        let (mut seen, mut pending) = (BTreeSet::new(), vec![place]);
        while let Some(place) = pending.pop() {
            if !seen.insert(place) {
                continue;
            }
            let Some(plain) = self.plain.get(&place) else {
                continue;
            };
            pending.extend(&plain.calls);
            self.own_conditions(place, &plain.ir, code, &mut all);
        }
        all.into_iter().collect()
    }

    fn own_conditions(
        &self,
        place: usize,
        ir: &IrFunction,
        code: &mut RustCode,
        all: &mut BTreeSet<String>,
    ) {
        let function = &self.functions[place];
        let path = |(module, ident): &(String, String)| format!("crate::{module}::{ident}");
        let own = path(&code.called[&function.key]);
        let mut enters = |code: &mut RustCode, var: &Literal, count: usize, entry: String| {
            let var = code.var_of(var);
            all.insert(format!("enters(&{var}, {count}, {entry}_entry)"));
        };
        let definitions = definitions(ir);
        let insts = ir.blocks.iter().flat_map(|block| &block.insts);
        let mut held = Vec::new();
        for inst in insts {
            match &inst.op {
                Op::CallGlobal(var, args) => {
                    if let Some((key, _)) = function.callees.get(&(*var, args.len())) {
                        let entry = path(&code.called[key]);
                        enters(code, &ir.literals[var.index()], args.len(), entry);
                    }
                }
                Op::VarHolds(var, value) if *value == ir.self_value() => {
                    let count = ir.argument_count();
                    enters(code, &ir.literals[var.index()], count, own.clone());
                }
                Op::VarHolds(var, value) => {
                    if let Some(Op::Literal(literal)) = definitions[value.index()] {
                        held.push((*var, *literal));
                    }
                }
                _ => {}
            }
        }
        for block in &ir.blocks {
            if let Some(Terminator::TailCallGlobal(var, args)) = &block.end
                && let Some((key, _)) = function.callees.get(&(*var, args.len()))
            {
                let entry = path(&code.called[key]);
                enters(code, &ir.literals[var.index()], args.len(), entry);
            }
        }
        for (var, literal) in held {
            let var = code.var_of(&ir.literals[var.index()]);
            all.insert(format!(
                "callee_of(&{var}) == {own}_literals[{}]",
                literal.0
            ));
        }
    }
}

/// A function by itself, for people: its calls go through the vars.
pub fn listing(ir: &IrFunction) -> String {
    let name = ir.name.rsplit_once(':').map_or(&*ir.name, |(name, _)| name);
    let function = Function {
        key: (0, Wanted::Entry(ir.argument_count())),
        name: name.to_owned(),
        ir: ir.clone(),
        number: 0,
        is_own: true,
        callees: own_calls(ir, name),
    };
    let mut sites = SiteTable::default();
    let mut code = RustCode::default();
    code.add(function);
    code.emit(&mut |function, span| sites.register(function, span));
    let text: String = code.modules.into_values().collect();
    let start = text.find("///").unwrap_or_default();
    text[start..].to_owned()
}

/// The calls that a function makes of itself.
fn own_calls(ir: &IrFunction, name: &str) -> Callees {
    let count = ir.argument_count();
    let literals = (0..ir.literals.len() as u32).map(LiteralId);
    let own = literals.filter(|literal| {
        matches!(ir.literals[literal.index()], Literal::Var(_)) && ir.is_own_call(*literal, count)
    });
    own.map(|literal| {
        let key = (0, Wanted::Entry(count));
        ((literal, count), (key, name.to_owned()))
    })
    .collect()
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
    function: &'a Function,
    program: &'a Program<'a>,
    sites: &'a mut Sites<'a>,
}

impl Surroundings<'_> {
    fn seen_from_here(&self, (module, ident): &(String, String)) -> String {
        match module == self.module {
            true => ident.clone(),
            false => format!("crate::{module}::{ident}"),
        }
    }
}

impl Outside for Surroundings<'_> {
    fn var(&mut self, literal: &Literal) -> String {
        self.code.var_of(literal)
    }

    fn callee(&mut self, literal: LiteralId, arguments: usize) -> Option<String> {
        let (key, _) = self.function.callees.get(&(literal, arguments))?;
        let called = self.code.called.get(key)?;
        Some(self.seen_from_here(called))
    }

    fn plain_callee(&mut self, literal: LiteralId, arguments: usize) -> Option<PlainCallee> {
        let (key, _) = self.function.callees.get(&(literal, arguments))?;
        let mut functions = self.program.functions.iter();
        let place = functions.position(|function| function.key == *key)?;
        Some(PlainCallee {
            name: self.seen_from_here(self.program.plain_names.get(&place)?),
            may_fail: self.program.plain[&place].may_fail,
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
