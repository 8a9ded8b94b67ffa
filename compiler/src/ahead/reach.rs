//! What a program reaches: functions are compiled as they are found, and what their literals name
//! is found next.
//!
//! A var is found with its function, its builtin, or, if the library gives it a value, with the
//! forms that do. Functions that the runtime itself looks for by name are found with the builtins
//! that do so ([`BESIDE`]).

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use batuta_runtime::abi::call::Wanted;
use batuta_runtime::builtin::{Builtin, BuiltinTable};
use batuta_runtime::builtins::SYMBOLS;
use batuta_runtime::function::{CodeSource, FnCode, FunctionBody, MAX_ARITY, VarBody};
use batuta_runtime::image::{EntryKind, Extension, Root, Slot};
use batuta_runtime::namespace::{self, CORE};
use batuta_runtime::value::Value;
use batuta_runtime::value::object::Kind;
use cranelift_module::{DataId, FuncId, ModuleError};

use super::{AheadError, BackEnd, quoted};
use crate::backends::object::{ObjectCode, Placed};
use crate::backends::rust::{Function, Key, RustCode};
use crate::builtins;
use crate::code::{LazyFunction, code_of, syntax_fault};
use crate::ir::entity::LiteralId;
use crate::ir::function::{IrFunction, Literal};
use crate::ir::instruction::{Op, Terminator};
use crate::library;
use crate::resolve;
use crate::session::sources;

/// Functions of the core that builtins look for by name.
const BESIDE: &[(&str, &[&str])] = &[
    ("print-method", &["print-method-text*"]),
    (
        "set-beside!*",
        &["compare-and-set-watched*", "reset-watched*"],
    ),
    ("sort", &["compare"]),
    ("sort*", &["compare"]),
];

/// Builtins that look up names while the program runs.
const BY_NAME: [&str; 7] = [
    "find-var",
    "ns-interns",
    "ns-map",
    "ns-publics",
    "ns-refers",
    "ns-resolve",
    "resolve",
];

/// A var that the program names.
pub(super) struct ReachedVar {
    pub(super) var: Value,
    pub(super) place: DataId,
    pub(super) root: Option<Root>,
    /// Is the var itself a value of the program?
    pub(super) is_value: bool,
}

/// A function of the program with its entries.
pub(super) struct ReachedCode {
    pub(super) code: Arc<FnCode>,
    pub(super) entries: Vec<(EntryKind, FuncId)>,
}

/// A constant with the name of a function that has it.
pub(super) struct ReachedConstant {
    pub(super) value: Value,
    pub(super) user: Arc<str>,
}

/// See the module's head.
pub(super) struct Reach {
    pub(super) object: ObjectCode,
    /// The functions' bodies, if they are emitted as Rust.
    pub(super) rust: Option<RustCode>,
    pub(super) vars: Vec<ReachedVar>,
    pub(super) codes: Vec<ReachedCode>,
    pub(super) constants: Vec<ReachedConstant>,
    pub(super) builtins: Vec<&'static str>,
    pub(super) literals: Vec<(DataId, Vec<Slot>)>,
    /// Forms that give values to vars of the library, by the library's order.
    pub(super) values: BTreeMap<usize, Vec<usize>>,
    /// Does the program evaluate forms or look up names?
    pub(super) needs_compiler: bool,
    /// Does it reach builtins of the extension?
    pub(super) needs_extension: bool,
    /// Has it a regular expression among its constants?
    pub(super) has_regex: Cell<bool>,
    extension: Option<&'static Extension>,
    var_indices: HashMap<u64, usize>,
    code_indices: HashMap<usize, usize>,
    constant_indices: HashMap<u64, usize>,
    pending: VecDeque<(usize, Wanted)>,
    asked: HashSet<(usize, Wanted)>,
    /// Who is looked at, for messages.
    user: Arc<str>,
}

impl Reach {
    pub(super) fn new(
        extension: Option<&'static Extension>,
        by: BackEnd,
    ) -> Result<Reach, AheadError> {
        let user: Arc<str> = "the stubs".into();
        let object = match by {
            BackEnd::Cranelift => ObjectCode::new(),
            BackEnd::Rust => ObjectCode::beside_rust(),
        };
        let object = object.map_err(|error| back_end(&user, error))?;
        let mut reach = Reach {
            object,
            rust: (by == BackEnd::Rust).then(RustCode::default),
            vars: Vec::new(),
            codes: Vec::new(),
            constants: Vec::new(),
            builtins: Vec::new(),
            literals: Vec::new(),
            values: BTreeMap::new(),
            needs_compiler: false,
            needs_extension: false,
            has_regex: Cell::new(false),
            extension,
            var_indices: HashMap::new(),
            code_indices: HashMap::new(),
            constant_indices: HashMap::new(),
            pending: VecDeque::new(),
            asked: HashSet::new(),
            user: "the runtime".into(),
        };
        // Calls of keywords, maps and the like come to it.
        reach.core_var("invoke")?;
        reach.user = "the top level".into();
        Ok(reach)
    }

    fn core_var(&mut self, name: &str) -> Result<usize, AheadError> {
        self.var(&namespace::intern(CORE, name))
    }

    /// Compiles all there is to compile. What is evaluated while the program runs may name all
    /// that the program defines.
    pub(super) fn run(&mut self) -> Result<(), AheadError> {
        self.run_pending()?;
        if self.needs_compiler {
            for namespace in own_namespaces() {
                for (_, var) in namespace::vars(&namespace) {
                    let index = self.var(&var)?;
                    self.vars[index].is_value = true;
                }
            }
            self.run_pending()?;
            let constants = self.constants.iter().map(|constant| &constant.value);
            self.needs_extension |= self
                .extension
                .is_some_and(|extension| quoted::name_extension(constants, extension));
        }
        if let Some(rust) = &mut self.rust {
            rust.emit(&mut |function, span| self.object.site(function, span));
        }
        Ok(())
    }

    /// Symbol of the function that starts what there is besides the runtime.
    pub(super) fn start(&self) -> Option<&'static str> {
        match self.extension.filter(|_| self.needs_extension) {
            Some(extension) if self.needs_compiler => Some(extension.start_with_compiler),
            Some(extension) => Some(extension.start),
            None => self.needs_compiler.then_some("bt_with_compiler"),
        }
    }

    fn run_pending(&mut self) -> Result<(), AheadError> {
        while let Some((index, wanted)) = self.pending.pop_front() {
            let code = self.codes[index].code.clone();
            let ir = match &code.source {
                CodeSource::Compiled(source) => LazyFunction::behind(source),
                _ => None,
            };
            let ir = ir.expect("only code of this compiler is waiting");
            let ir = ir.ir_for(&code, wanted).map_err(AheadError::Library)?;
            self.user = description(&code.name, &ir).into();
            self.function(index, wanted, &ir)?;
        }
        Ok(())
    }

    fn function(
        &mut self,
        index: usize,
        wanted: Wanted,
        ir: &IrFunction,
    ) -> Result<(), AheadError> {
        let mut slots = Vec::with_capacity(ir.literals.len());
        for literal in &ir.literals {
            slots.push(match literal {
                Literal::Var(var) => Slot::Var(self.var(var)?),
                Literal::Value(value) if value.kind() == Some(Kind::Var) => {
                    let var = self.var(value)?;
                    self.vars[var].is_value = true;
                    Slot::Var(var)
                }
                Literal::Value(value) => Slot::Constant(self.constant(value)?),
                Literal::Held { var, .. } => Slot::Held(self.var(var)?),
                Literal::Code(code) => Slot::Code(self.code(code)),
            });
        }
        self.note_calls(ir);
        let placed = match self.rust.take() {
            None => self.object.function(ir),
            Some(mut rust) => {
                let placed = self.emitted(&mut rust, (index, wanted), ir);
                self.rust = Some(rust);
                placed
            }
        };
        let placed = placed.map_err(|error| back_end(&self.user, error))?;
        let kind = match wanted {
            Wanted::Entry(count) => EntryKind::Count(count),
            Wanted::Variadic => EntryKind::Variadic,
            Wanted::Wide(count) => EntryKind::Wide(count),
        };
        self.codes[index].entries.push((kind, placed.entry));
        self.literals.push((placed.literals, slots));
        Ok(())
    }

    /// Emits a function as Rust.
    fn emitted(
        &mut self,
        rust: &mut RustCode,
        key: Key,
        ir: &IrFunction,
    ) -> Result<Placed, Box<ModuleError>> {
        let Reach {
            object,
            vars,
            codes,
            var_indices,
            ..
        } = self;
        let callee = |(literal, count): (LiteralId, usize)| {
            let called = &ir.literals[literal.index()];
            let code = called_code(vars, var_indices, called)?;
            let function = &codes[code].code;
            let is_taken = count <= MAX_ARITY && function.arities().accept(count);
            let target = || ((code, Wanted::Entry(count)), function.name.to_string());
            is_taken.then(|| ((literal, count), target()))
        };
        let callees = calls(ir).filter_map(callee).collect();
        let number = object.next_number();
        let name = codes[key.0].code.name.clone();
        rust.add(Function {
            key,
            name: name.to_string(),
            ir: ir.clone(),
            number,
            is_own: !is_of_library(&name),
            callees,
        });
        object.entry_of_emitted(ir)
    }

    /// Numbers of arguments that calls of a variadic function have get entries of their own.
    fn note_calls(&mut self, ir: &IrFunction) {
        for (literal, count) in calls(ir) {
            let literal = &ir.literals[literal.index()];
            let Some(code) = called_code(&self.vars, &self.var_indices, literal) else {
                continue;
            };
            let arities = self.codes[code].code.arities();
            if count <= MAX_ARITY && arities.accept(count) {
                self.want(code, Wanted::Entry(count));
            }
        }
    }

    fn want(&mut self, code: usize, wanted: Wanted) {
        if self.asked.insert((code, wanted)) {
            self.pending.push_back((code, wanted));
        }
    }

    /// The index of a function's code.
    pub(super) fn code(&mut self, code: &Arc<FnCode>) -> usize {
        let next = self.codes.len();
        let index = *self
            .code_indices
            .entry(Arc::as_ptr(code) as usize)
            .or_insert(next);
        if index < next {
            return index;
        }
        self.codes.push(ReachedCode {
            code: code.clone(),
            entries: Vec::new(),
        });
        let arities = code.arities().clone();
        for count in arities.fixed {
            self.want(
                index,
                match count {
                    0..=MAX_ARITY => Wanted::Entry(count),
                    _ => Wanted::Wide(count),
                },
            );
        }
        if let Some(fixed) = arities.variadic {
            self.want(
                index,
                match fixed {
                    0..=MAX_ARITY => Wanted::Variadic,
                    _ => Wanted::Wide(fixed),
                },
            );
        }
        index
    }

    /// The index of a var.
    pub(super) fn var(&mut self, var: &Value) -> Result<usize, AheadError> {
        if let Some(index) = self.var_indices.get(&var.word()) {
            return Ok(*index);
        }
        let body = var.as_object::<VarBody>();
        let body = body.expect("what is called a var is one");
        let place = self.object.var(&body.qualified());
        let place = place.map_err(|error| back_end(&self.user, error))?;
        let index = self.vars.len();
        self.var_indices.insert(var.word(), index);
        self.vars.push(ReachedVar {
            var: var.clone(),
            place,
            root: None,
            is_value: false,
        });
        let root = self.root(body)?;
        self.vars[index].root = root;
        for name in self.beside(body) {
            self.core_var(name)?;
        }
        Ok(index)
    }

    /// Functions of the core that the var's builtin looks for by name.
    fn beside(&self, body: &VarBody) -> Vec<&'static str> {
        let of_core = BESIDE.iter().filter(|_| &*body.namespace == CORE);
        let of_core = of_core.filter(|(name, _)| *name == &*body.name);
        let others = self.extension.map_or(&[][..], |extension| extension.beside);
        let others = others.iter().filter(|(name, _)| *name == body.qualified());
        let names = of_core.chain(others).flat_map(|(_, names)| *names);
        names.copied().collect()
    }

    /// What the var holds before any form has run: what its own definition says, not what was
    /// put there since.
    fn root(&mut self, body: &VarBody) -> Result<Option<Root>, AheadError> {
        let root = {
            let _pin = batuta_runtime::quiescence::pin();
            body.root()
        };
        let function = root.as_ref().and_then(Value::as_object::<FunctionBody>);
        let is_own = |code: &FnCode| *code.name == *body.qualified();
        if let Some(function) = function
            && is_own(&function.code)
        {
            match &function.code.source {
                CodeSource::Compiled(_) => {
                    return Ok(Some(Root::Code(self.code(&function.code.share()))));
                }
                CodeSource::Native(builtin) => return self.builtin(body, builtin),
                CodeSource::Ahead(_) | CodeSource::Bounce => {}
            }
        }
        if let Some((order, forms)) = library::value_forms(body) {
            let forms = forms.map_err(|errors| AheadError::Library(syntax_fault(&errors)))?;
            let codes = forms.iter().map(|form| self.code(&code_of(form))).collect();
            self.values.insert(order, codes);
            return Ok(None);
        }
        // The names of types hold keywords.
        match root {
            Some(type_) if &*body.namespace == CORE && type_.as_keyword().is_some() => self
                .constant(&type_)
                .map(|index| Some(Root::Constant(index))),
            _ => Ok(None),
        }
    }

    /// None for what the compiler installs itself in programs that hold it.
    fn builtin(
        &mut self,
        body: &VarBody,
        builtin: &'static Builtin,
    ) -> Result<Option<Root>, AheadError> {
        let is_it = |known: &Builtin| std::ptr::eq(known, builtin);
        let is_by_name = &*body.namespace == CORE && BY_NAME.contains(&builtin.name);
        if is_by_name || builtins::TABLE.builtins.iter().any(is_it) {
            self.needs_compiler = true;
            return Ok(None);
        }
        let place = |tables: &[(&'static str, &'static BuiltinTable)]| {
            let mut tables = tables.iter();
            tables
                .find_map(|(symbol, table)| Some((*symbol, table.builtins.iter().position(is_it)?)))
        };
        let own = place(SYMBOLS);
        self.needs_extension |= own.is_none();
        let others = self
            .extension
            .map_or(&[][..], |extension| extension.symbols);
        let Some((symbol, index)) = own.or_else(|| place(others)) else {
            return Err(AheadError::Builtin {
                name: body.qualified(),
                user: self.user.to_string(),
            });
        };
        let known = self.builtins.iter().position(|known| *known == symbol);
        let table = known.unwrap_or_else(|| {
            self.builtins.push(symbol);
            self.builtins.len() - 1
        });
        Ok(Some(Root::Builtin(table, index)))
    }

    /// The index of a constant.
    pub(super) fn constant(&mut self, value: &Value) -> Result<usize, AheadError> {
        if let Some(index) = self.constant_indices.get(&value.word()) {
            return Ok(*index);
        }
        if let Some(function) = value.as_object::<FunctionBody>() {
            match &function.code.source {
                CodeSource::Compiled(_)
                    if value
                        .slots::<FunctionBody>()
                        .is_some_and(<[Value]>::is_empty) =>
                {
                    self.code(&function.code.share());
                }
                _ => return Err(AheadError::constant(&self.user, value)),
            }
        }
        let index = self.constants.len();
        self.constants.push(ReachedConstant {
            value: value.clone(),
            user: self.user.clone(),
        });
        self.constant_indices.insert(value.word(), index);
        Ok(index)
    }

    /// What stands for a var or function in the image: see `batuta_runtime::image`.
    pub(super) fn outside_number(&self, value: &Value) -> Option<u64> {
        if let Some(function) = value.as_object::<FunctionBody>() {
            let code = self
                .code_indices
                .get(&(&raw const *function.code as usize))?;
            return Some(2 * *code as u64 + 1);
        }
        let var = self.var_indices.get(&value.word())?;
        Some(2 * *var as u64)
    }
}

/// The vars that a function calls, with the numbers of arguments.
fn calls(ir: &IrFunction) -> impl Iterator<Item = (LiteralId, usize)> + '_ {
    let insts = ir.blocks.iter().flat_map(|block| &block.insts);
    let calls = insts.filter_map(|inst| match &inst.op {
        Op::CallGlobal(var, args) | Op::Change(_, var, _, args) => Some((*var, args.len())),
        _ => None,
    });
    let ends = ir.blocks.iter().filter_map(|block| match &block.end {
        Some(Terminator::TailCallGlobal(var, args)) => Some((*var, args.len())),
        _ => None,
    });
    calls.chain(ends)
}

/// Does a function of this name belong to the library?
fn is_of_library(name: &str) -> bool {
    let namespace = name.split_once('/').map(|(namespace, _)| namespace);
    namespace.is_some_and(resolve::is_library)
}

/// The function of the program that a var holds before any form has run.
fn called_code(
    vars: &[ReachedVar],
    indices: &HashMap<u64, usize>,
    literal: &Literal,
) -> Option<usize> {
    let Literal::Var(var) = literal else {
        return None;
    };
    match vars[*indices.get(&var.word())?].root {
        Some(Root::Code(code)) => Some(code),
        _ => None,
    }
}

/// The namespaces that are not the library's.
pub(super) fn own_namespaces() -> impl Iterator<Item = Arc<str>> {
    let all = namespace::all().into_iter();
    all.filter(|name| !resolve::is_library(name))
}

/// A function with its place, for messages.
fn description(name: &str, ir: &IrFunction) -> String {
    let what = match name.contains('/') {
        true => format!("`{name}`"),
        false => "a top-level form".to_owned(),
    };
    match ir.places.first().map(|place| place.span) {
        Some(span) if !span.is_none() => {
            let (line, _) = sources().line_col(span);
            format!("{what} ({}:{line})", sources().name(span.source))
        }
        _ => what,
    }
}

fn back_end(user: &str, error: Box<ModuleError>) -> AheadError {
    AheadError::BackEnd {
        user: user.to_owned(),
        error,
    }
}
