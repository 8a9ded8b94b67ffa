//! One top-level form under analysis: the dispatch over kinds of forms.
//!
//! [`Ctx`] says what the surroundings of a form allow; it is handed down by value. A form that
//! cannot be analysed leaves a diagnostic in [`Unit::errors`] and `nil` in its place.

use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;
use batuta_runtime::function::var_flags;
use batuta_runtime::namespace::{self, CORE, Lookup};
use batuta_runtime::value::Value;

use super::constructor;
use super::scope::{FnKind, FnScope, ScopeStack};
use super::{Analyzer, Host, TopLevel};
use crate::core_tree::{Core, CoreArity, CoreKind, LabelId, LocalId, Primitive, VarRef};
use crate::messages;
use crate::resolve::{self, Special, Strength};

/// What `recur` means at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RecurCtx {
    /// Nothing around to go back to.
    Nowhere,
    /// There is a target, but something remains to be done after this place.
    NotTail,
    /// There is a target outside a `try`.
    AcrossTry,
    /// The function's start.
    Function { count: usize },
    /// A loop's start.
    Loop { label: LabelId, count: usize },
    /// The body of the actor whose function stands at `depth`, from inside its `receive`.
    Actor { depth: usize, count: usize },
}

/// What the surroundings of a form allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx {
    pub(crate) recur: RecurCtx,
    /// In tail position of an actor's body and inside no `receive`.
    pub(crate) actor: Option<ActorCtx>,
    /// In the guard of a clause.
    pub(crate) guard: bool,
    /// Inside a `try`: a call that must fail may be meant.
    pub(crate) guarded: bool,
    /// Not in a branch: it is sure to be reached if the function is called.
    pub(crate) certain: bool,
}

/// The actor whose body is being analysed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActorCtx {
    /// Where its body function stands.
    pub(crate) depth: usize,
    /// Number of its state values.
    pub(crate) count: usize,
    /// The first of them; the others follow it.
    pub(crate) first: Option<LocalId>,
}

impl Ctx {
    pub(crate) fn top_level() -> Ctx {
        Ctx {
            recur: RecurCtx::Nowhere,
            actor: None,
            guard: false,
            guarded: false,
            certain: true,
        }
    }

    /// For a branch.
    pub(crate) fn branch(self) -> Ctx {
        Ctx {
            certain: false,
            ..self
        }
    }

    /// For a form whose value is used by what surrounds it.
    pub(crate) fn value(self) -> Ctx {
        let recur = match self.recur {
            RecurCtx::Nowhere => RecurCtx::Nowhere,
            RecurCtx::AcrossTry => RecurCtx::AcrossTry,
            RecurCtx::NotTail
            | RecurCtx::Function { .. }
            | RecurCtx::Loop { .. }
            | RecurCtx::Actor { .. } => RecurCtx::NotTail,
        };
        Ctx {
            recur,
            actor: None,
            ..self
        }
    }
}

/// What a symbol at the head of a list means.
pub(crate) enum Head {
    Special(Special),
    CoreMacro(Arc<str>),
    Macro(VarRef),
    Local(LocalId),
    Global(VarRef),
    /// An error was reported.
    Broken,
}

pub(crate) struct Unit<'a> {
    pub(crate) session: &'a mut Analyzer,
    pub(crate) host: &'a mut dyn Host,
    pub(crate) scopes: ScopeStack,
    pub(crate) errors: Vec<Diagnostic>,
    /// Macros being expanded around this place.
    pub(crate) expansions: usize,
    /// Does the code under analysis live for ever, and so its constants?
    pub(crate) is_lasting: bool,
}

impl<'a> Unit<'a> {
    pub(crate) fn new(session: &'a mut Analyzer, host: &'a mut dyn Host) -> Unit<'a> {
        Unit {
            session,
            host,
            scopes: ScopeStack::default(),
            errors: Vec::new(),
            expansions: 0,
            is_lasting: false,
        }
    }

    pub(crate) fn top_level(mut self, form: &Form) -> Result<TopLevel, Vec<Diagnostic>> {
        let namespace = self.session.namespace();
        self.scopes
            .push(FnScope::new(namespace, FnKind::TopLevel, None));
        let form = self.read_by_program(form);
        let result = self.top_level_form(&form);
        if self.errors.is_empty() {
            return Ok(result);
        }
        // A form that is looked at twice, or that a macro copies, is told of once.
        let mut told: Vec<Diagnostic> = Vec::new();
        for error in self.errors {
            if !told.contains(&error) {
                told.push(error);
            }
        }
        Err(told)
    }

    fn top_level_form(&mut self, form: &Form) -> TopLevel {
        let mut form = form.clone();
        for _ in 0..super::macros::EXPANSIONS_MAX {
            let Some(items) = form.as_list().filter(|items| !items.is_empty()) else {
                break;
            };
            let Some(name) = items[0].as_symbol() else {
                break;
            };
            if constructor::is_spelled(name) {
                break;
            }
            match self.head(name, items[0].span) {
                Head::Special(Special::Do) => return TopLevel::Forms(items[1..].to_vec()),
                Head::Special(Special::Def) => return self.top_level_def(&form, &items[1..]),
                Head::CoreMacro(_) | Head::Macro(_) => match self.expand_once(&form) {
                    Some(expanded) => form = expanded,
                    None => return TopLevel::Forms(Vec::new()),
                },
                Head::Special(_) | Head::Local(_) | Head::Global(_) | Head::Broken => break,
            }
        }
        let body = self.expr(&form, Ctx::top_level());
        TopLevel::Thunk(Arc::new(self.finish_thunk(body, form.span)))
    }

    pub(crate) fn finish_thunk(
        &mut self,
        body: Core,
        span: Span,
    ) -> crate::core_tree::CoreFunction {
        let arity = CoreArity {
            params: Vec::new(),
            rest: None,
            declared: Vec::new(),
            body,
        };
        self.scopes.pop().finish(span, vec![arity])
    }

    /// Reports an error; `nil` stands in for what failed.
    pub(crate) fn fail(&mut self, diagnostic: Diagnostic) -> Core {
        let span = diagnostic.span();
        self.errors.push(diagnostic);
        nil(span)
    }

    /// Any form.
    pub(crate) fn expr(&mut self, form: &Form, ctx: Ctx) -> Core {
        match &form.kind {
            FormKind::Symbol(name) => self.symbol(name, form.span),
            FormKind::List(items) => match items.first() {
                Some(head) => self.list(form, head, &items[1..], ctx),
                None => self.constant(form),
            },
            FormKind::Vector(_) | FormKind::Map(_) | FormKind::Set(_) => self.collection(form, ctx),
            FormKind::Nil
            | FormKind::Bool(_)
            | FormKind::Int(_)
            | FormKind::BigInt(_)
            | FormKind::Ratio(..)
            | FormKind::Float(_)
            | FormKind::Decimal { .. }
            | FormKind::Str(_)
            | FormKind::Char(_)
            | FormKind::Keyword(_)
            | FormKind::Regex(_) => self.constant(form),
            FormKind::Tagged(tag, inner) => self.tagged(form, tag, inner),
        }
    }

    /// Forms evaluated for their values, in order.
    pub(crate) fn exprs(&mut self, forms: &[Form], ctx: Ctx) -> Vec<Core> {
        forms
            .iter()
            .map(|form| self.expr(form, ctx.value()))
            .collect()
    }

    /// An implicit `do`.
    pub(crate) fn body(&mut self, forms: &[Form], span: Span, ctx: Ctx) -> Core {
        let Some((last, effects)) = forms.split_last() else {
            return nil(span);
        };
        let mut items = self.exprs(effects, ctx);
        let last = self.expr(last, ctx);
        if items.is_empty() {
            return last;
        }
        items.push(last);
        Core {
            kind: CoreKind::Do(items),
            span,
        }
    }

    fn symbol(&mut self, name: &Name, span: Span) -> Core {
        // Where a value stands, even a name such as `if` may be a local's.
        if name.ns.is_none()
            && let Some(id) = self.scopes.resolve(&name.name)
        {
            return self.local_value(id, span);
        }
        match self.head(name, span) {
            Head::Local(id) => self.local_value(id, span),
            Head::Global(var) => self.global_value(var, span),
            Head::CoreMacro(_) | Head::Macro(_) => {
                self.fail(messages::macro_as_value(span, &name.to_string()))
            }
            Head::Special(_) => self.fail(messages::special_as_value(span, &name.to_string())),
            Head::Broken => nil(span),
        }
    }

    /// The value of a local; of one that names a cell, what the cell holds now.
    fn local_value(&mut self, id: LocalId, span: Span) -> Core {
        if self.scopes.current().is_cell(id) {
            return self.core_call("deref", vec![local(id, span)], span);
        }
        local(id, span)
    }

    /// The value of a global as it is now.
    pub(crate) fn global_value(&mut self, var: VarRef, span: Span) -> Core {
        if resolve::has_flag(&var.0, var_flags::DYNAMIC) {
            let var = Core {
                kind: CoreKind::Var(var),
                span,
            };
            return self.core_call("dynamic-value", vec![var], span);
        }
        Core {
            kind: CoreKind::Global(var),
            span,
        }
    }

    fn list(&mut self, form: &Form, head: &Form, args: &[Form], ctx: Ctx) -> Core {
        let Some(name) = head.as_symbol() else {
            return self.call_of_form(form, head, args, ctx);
        };
        if let Some(made) = self.constructor_call(form, name, args, ctx) {
            return made;
        }
        match self.head(name, head.span) {
            Head::Special(special) => self.special(special, form, args, ctx),
            Head::CoreMacro(_) | Head::Macro(_) => self.macro_call(form, ctx),
            Head::Local(id) => {
                let callee = self.local_value(id, head.span);
                self.call_value(callee, args, form.span, ctx)
            }
            Head::Global(var) => self.call_global(var, form, args, ctx),
            Head::Broken => {
                self.exprs(args, ctx);
                nil(form.span)
            }
        }
    }

    /// What a symbol means here. Reports names that can never be known.
    pub(crate) fn head(&mut self, name: &Name, span: Span) -> Head {
        if let Some(ns) = &name.ns {
            return self.qualified_head(name, ns, span);
        }
        let special = resolve::special(&name.name);
        if let Some((special, Strength::Fixed)) = special {
            return Head::Special(special);
        }
        if let Some(id) = self.scopes.resolve(&name.name) {
            return Head::Local(id);
        }
        let namespace = self.session.namespace();
        if let Some(var) = own_var(&namespace, &name.name) {
            return global_head(var);
        }
        if self.scopes.depth() > 0 && self.session.is_announced(&name.name) {
            return Head::Global(self.forward(&namespace, name, span));
        }
        if let Some((special, Strength::Yielding)) = special {
            return Head::Special(special);
        }
        if core_macro(&name.name).is_some() {
            return Head::CoreMacro(name.name.clone());
        }
        if super::query::is_clause_macro(&namespace, name) {
            return Head::Special(Special::From);
        }
        self.global_named(name, span)
    }

    fn qualified_head(&mut self, name: &Name, ns: &str, span: Span) -> Head {
        let namespace = self.session.namespace();
        if resolve::is_core(&namespace, ns) {
            if let Some((special, _)) = resolve::special(&name.name) {
                return Head::Special(special);
            }
            if core_macro(&name.name).is_some() {
                return Head::CoreMacro(name.name.clone());
            }
        }
        self.global_named(name, span)
    }

    fn global_named(&mut self, name: &Name, span: Span) -> Head {
        let namespace = self.session.namespace();
        match resolve::find(&namespace, name) {
            Lookup::Var(var) => global_head(var),
            Lookup::Private(_) => self.broken(messages::private_name(span, &name.to_string())),
            Lookup::Unknown if is_interop(name) => {
                self.broken(messages::interop(span, &name.to_string()))
            }
            Lookup::Unknown => Head::Global(self.forward(&namespace, name, span)),
            Lookup::UnknownNamespace if self.session.misses_names() => Head::Broken,
            Lookup::UnknownNamespace => {
                let ns = name.ns.as_deref().unwrap_or_default();
                let all = namespace::all();
                let hint = batuta_lang::suggest::did_you_mean(ns, all.iter().map(|known| &**known));
                self.broken(messages::unknown_namespace(span, ns, hint))
            }
        }
    }

    fn broken(&mut self, diagnostic: Diagnostic) -> Head {
        self.errors.push(diagnostic);
        Head::Broken
    }

    /// The var of a name that nothing defines so far; the end of the file decides.
    fn forward(&mut self, namespace: &str, name: &Name, span: Span) -> VarRef {
        let target = match &name.ns {
            Some(ns) => namespace::alias_target(namespace, ns),
            None => None,
        };
        let var = namespace::intern(target.as_deref().unwrap_or(namespace), &name.name);
        let locals = self.scopes.names();
        self.session
            .note_unresolved(var.clone(), name.to_string(), span, locals);
        VarRef(var)
    }

    pub(crate) fn special(
        &mut self,
        special: Special,
        form: &Form,
        args: &[Form],
        ctx: Ctx,
    ) -> Core {
        match special {
            Special::Case => self.case(form, args, ctx),
            Special::Def => self.inner_def(form, args, ctx),
            Special::Defactor => self.defactor(form, args, ctx),
            Special::Do => self.body(args, form.span, ctx),
            Special::Fn => self.fn_form(form, args, ctx),
            Special::From => self.query(form, ctx),
            Special::If => self.if_form(form, args, ctx),
            Special::Let => self.let_form(form, args, ctx),
            Special::LetCells => self.let_cells(form, args, ctx),
            Special::LetFn => self.letfn(form, args, ctx),
            Special::Loop => self.loop_form(form, args, ctx),
            Special::Match => self.match_form(form, args, ctx),
            Special::MatchArgs => self.match_args(form, args, ctx),
            Special::Ns => self.ns_form(form, args, ctx),
            Special::Question => self.question(form, args, ctx),
            Special::Quote => self.quote(form, args),
            Special::Receive => self.receive(form, args, ctx),
            Special::ReceiveTimeout => self.receive_timeout(form, args, ctx),
            Special::ReceiveWithPriority => self.receive_with_priority(form, args, ctx),
            Special::Recur => self.recur(form, args, ctx),
            Special::SetBang => self.set_form(form, args, ctx),
            Special::SyntaxQuote => self.syntax_quote(form, args, ctx),
            Special::Try => self.try_form(form, args, ctx),
            Special::Unwrap => self.unwrap_form(form, args, ctx),
            Special::Var => self.var_form(form, args),
        }
    }

    /// A call of a function of Batuta's core, whatever the program calls by its name.
    pub(crate) fn core_call(&mut self, name: &str, arguments: Vec<Core>, span: Span) -> Core {
        let var = VarRef(namespace::intern(CORE, name));
        Core {
            kind: CoreKind::CallGlobal(var, arguments),
            span,
        }
    }

    /// A local without a name in scope.
    pub(crate) fn fresh(&mut self, name: &str) -> LocalId {
        self.scopes.current().fresh(name)
    }

    /// A new local under a name in scope.
    pub(crate) fn bind(&mut self, name: &Arc<str>) -> LocalId {
        let function = self.scopes.current();
        let id = function.fresh(name);
        function.bind(name.clone(), id);
        id
    }
}

/// A var the program itself put under an unqualified name: its own, or one it refers to.
fn own_var(namespace: &str, name: &str) -> Option<Value> {
    match resolve::visible(namespace, None, name) {
        Lookup::Var(var) if resolve::core_name(&var).is_none() => Some(var),
        // In the library itself all names are its own, but for the macros made in Rust.
        Lookup::Var(var) if namespace == CORE && core_macro(name).is_none() => Some(var),
        Lookup::Var(_) | Lookup::Private(_) | Lookup::Unknown | Lookup::UnknownNamespace => None,
    }
}

/// `.method` and `Class.`
fn is_interop(name: &Name) -> bool {
    name.ns.is_none()
        && name.name.len() > 1
        && (name.name.starts_with('.') || name.name.ends_with('.'))
        && !name.name.starts_with("..")
}

fn global_head(var: Value) -> Head {
    if resolve::has_flag(&var, var_flags::MACRO) {
        Head::Macro(VarRef(var))
    } else {
        Head::Global(VarRef(var))
    }
}

pub(crate) fn core(kind: CoreKind, span: Span) -> Core {
    Core { kind, span }
}

pub(crate) fn constant_value(value: Value, span: Span) -> Core {
    core(CoreKind::Const(value), span)
}

pub(crate) fn nil(span: Span) -> Core {
    constant_value(Value::NIL, span)
}

pub(crate) fn local(id: LocalId, span: Span) -> Core {
    core(CoreKind::Local(id), span)
}

pub(crate) fn primitive(primitive: Primitive, arguments: Vec<Core>, span: Span) -> Core {
    core(CoreKind::Primitive(primitive, arguments), span)
}

pub(crate) fn if_(test: Core, then: Core, otherwise: Core, span: Span) -> Core {
    let parts = (Box::new(test), Box::new(then), Box::new(otherwise));
    core(CoreKind::If(parts.0, parts.1, parts.2), span)
}

pub(crate) fn let_(bindings: Vec<(LocalId, Core)>, body: Core, span: Span) -> Core {
    if bindings.is_empty() {
        return body;
    }
    core(CoreKind::Let(bindings, Box::new(body)), span)
}

pub(crate) fn do_(items: Vec<Core>, span: Span) -> Core {
    core(CoreKind::Do(items), span)
}

/// A small integer that is known to fit the word: counts and indexes.
pub(crate) fn small_int(value: usize, span: Span) -> Core {
    let value = i64::try_from(value).ok().and_then(Value::small_int);
    constant_value(value.unwrap_or_default(), span)
}
