//! Forms to core: macros expanded, names resolved, patterns compiled.
//!
//! An [`Analyzer`] is one session (a file, a prompt, an `eval`): the current namespace and what was
//! met so far. Each top-level form is a [`unit::Unit`] of its own. Analysis does not stop at an
//! error: the failing form becomes `nil` and the others are still looked at, so one run tells of
//! several. It recurses as deep as forms nest (at most 1,000, times the macros' own nesting): run it
//! on a thread with at least 64 MiB of stack.
//! To add a special form: a row in [`crate::resolve::special`], an arm in [`unit::Unit::special`]
//! and a file of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::{Form, Name};
use batuta_lang::source::Span;
use batuta_runtime::function::{Arities, VarBody};
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

use crate::core_tree::{CoreFunction, VarRef};
use crate::messages;
use crate::resolve;

mod actor;
mod binding;
mod call;
mod constructor;
mod definition;
mod error_set;
mod failure;
mod function;
mod literal;
mod macros;
mod matching;
mod namespaces;
mod operators;
mod query;
mod receive;
pub(crate) mod scope;
mod tagged;
pub(crate) mod unit;

pub(crate) use namespaces::parse_requires;
pub use namespaces::{Refer, Require};
pub(crate) use operators::is_immediate;
pub(crate) use operators::operation;

/// What analysis needs from whoever drives it.
pub trait Host {
    /// Runs a macro of the program on the forms it is called with.
    ///
    /// # Errors
    /// The macro failed, or gave what is no form.
    fn run_macro(&mut self, call: MacroCall<'_>) -> Result<Form, Diagnostic>;

    /// What the program's own reader function makes of a tagged literal; `None` if it has none for
    /// this tag.
    ///
    /// # Errors
    /// The function failed, or gave what is no form.
    fn read_tagged(&mut self, tag: &Name, inner: &Form) -> Result<Option<Form>, Diagnostic>;

    /// Loads the file of a namespace, unless it is loaded already.
    ///
    /// # Errors
    /// There is none, or it does not compile or run.
    fn load(&mut self, require: &Require) -> Result<(), Diagnostic>;

    /// Gives a var a macro that is defined inside another form, before what stands behind it is
    /// looked at.
    fn define_macro(&mut self, var: &VarRef, function: &Arc<CoreFunction>);
}

/// A call of a macro of the program.
pub struct MacroCall<'a> {
    /// The macro.
    pub var: &'a VarRef,
    /// The forms it is called with.
    pub arguments: Vec<Form>,
    /// The whole call.
    pub form: &'a Form,
    /// The names bound around the call.
    pub locals: Vec<Arc<str>>,
    /// The namespace the call stands in.
    pub namespace: Arc<str>,
}

/// What a top-level form asks for.
#[derive(Debug)]
pub enum TopLevel {
    /// Call this function without arguments; its value is the form's.
    Thunk(Arc<CoreFunction>),
    /// Make the function the var's value. The var's metadata and flags are set already, but for
    /// the macro flag, which goes up with the value.
    Define {
        /// What is defined.
        var: VarRef,
        /// A function without captures.
        function: Arc<CoreFunction>,
        /// Is it a macro from now on?
        is_macro: bool,
    },
    /// Take these forms as top-level forms, one after the other.
    Forms(Vec<Form>),
}

/// Which arguments a function of this session takes.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) arities: Arities,
    pub(crate) arglists: String,
}

struct Unresolved {
    var: Value,
    name: String,
    span: Span,
    locals: Vec<Arc<str>>,
}

struct LateCall {
    var: Value,
    count: usize,
    span: Span,
}

/// One session's state.
pub struct Analyzer {
    namespace: Arc<str>,
    announced: HashSet<Arc<str>>,
    signatures: HashMap<u64, Signature>,
    unresolved: Vec<Unresolved>,
    late_calls: Vec<LateCall>,
    warnings: Vec<Diagnostic>,
    /// Something that would have brought names could not be loaded, which has been told: that names
    /// are unknown follows from it.
    names_are_missing: bool,
}

impl Default for Analyzer {
    fn default() -> Analyzer {
        Analyzer::new()
    }
}

impl Analyzer {
    /// A session in the namespace `user`.
    pub fn new() -> Analyzer {
        Analyzer {
            namespace: "user".into(),
            announced: HashSet::new(),
            signatures: HashMap::new(),
            unresolved: Vec::new(),
            late_calls: Vec::new(),
            warnings: Vec::new(),
            names_are_missing: false,
        }
    }

    /// The current namespace.
    pub fn namespace(&self) -> Arc<str> {
        self.namespace.clone()
    }

    /// Goes to a namespace, which is made if it is not there.
    pub fn set_namespace(&mut self, name: &str) {
        namespace::create(name);
        self.namespace = namespace::canonical(name).into();
    }

    /// Tells which names the coming forms define at top level. Inside function bodies these win
    /// over Batuta's own even before their definition was analysed.
    pub fn announce(&mut self, forms: &[Form]) {
        let names = forms.iter().filter_map(definition::announced_name);
        self.announced.extend(names);
    }

    /// Analyses one top-level form.
    ///
    /// # Errors
    /// All errors found in it.
    pub fn analyze_top_level(
        &mut self,
        host: &mut dyn Host,
        form: &Form,
    ) -> Result<TopLevel, Vec<Diagnostic>> {
        unit::Unit::new(self, host).top_level(form)
    }

    /// What can only be said at the end: names still unknown, and calls of later definitions with
    /// a wrong number of arguments.
    pub fn unresolved(&mut self) -> Vec<Diagnostic> {
        let mut unresolved = std::mem::take(&mut self.unresolved);
        if std::mem::take(&mut self.names_are_missing) {
            unresolved.clear();
        }
        let mut diagnostics: Vec<Diagnostic> = unresolved
            .into_iter()
            .filter(|unresolved| !resolve::is_defined(&unresolved.var))
            .map(|unresolved| self.unknown(&unresolved))
            .collect();
        for call in std::mem::take(&mut self.late_calls) {
            let mismatch = self
                .signature(&call.var)
                .filter(|signature| !signature.arities.accept(call.count));
            if let (Some(signature), Some(body)) = (mismatch, call.var.as_object::<VarBody>()) {
                diagnostics.push(messages::arity_mismatch(
                    call.span,
                    &body.name,
                    call.count,
                    &signature.arglists,
                ));
            }
        }
        diagnostics
    }

    /// The warnings since the last time this was asked.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    fn unknown(&self, unresolved: &Unresolved) -> Diagnostic {
        if let Some((alias, _)) = unresolved.name.split_once('/') {
            let body = unresolved.var.as_object::<VarBody>();
            let there = body.map(|body| namespace::names(&body.namespace));
            let all = there.unwrap_or_default();
            let all: Vec<String> = all.iter().map(|name| format!("{alias}/{name}")).collect();
            let known = all.iter().map(String::as_str);
            let hint = batuta_lang::suggest::did_you_mean(&unresolved.name, known);
            return messages::unknown_name(unresolved.span, &unresolved.name, hint);
        }
        let candidates = resolve::visible_names(&self.namespace);
        let all = unresolved
            .locals
            .iter()
            .chain(&candidates)
            .map(|name| &**name);
        let hint = batuta_lang::suggest::did_you_mean(&unresolved.name, all);
        messages::unknown_name(unresolved.span, &unresolved.name, hint)
    }

    pub(crate) fn warn(&mut self, warning: Diagnostic) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// From here to the end unknown names are not told of.
    pub(crate) fn miss_names(&mut self) {
        self.names_are_missing = true;
    }

    /// Are names unknown because something could not be loaded?
    pub(crate) fn misses_names(&self) -> bool {
        self.names_are_missing
    }

    pub(crate) fn is_announced(&self, name: &str) -> bool {
        self.announced.contains(name)
    }

    pub(crate) fn note_unresolved(
        &mut self,
        var: Value,
        name: String,
        span: Span,
        locals: Vec<Arc<str>>,
    ) {
        let known = |other: &Unresolved| other.span == span && other.name == name;
        if !self.unresolved.iter().any(known) {
            self.unresolved.push(Unresolved {
                var,
                name,
                span,
                locals,
            });
        }
    }

    pub(crate) fn note_late_call(&mut self, var: &Value, count: usize, span: Span) {
        self.late_calls.push(LateCall {
            var: var.clone(),
            count,
            span,
        });
    }

    pub(crate) fn set_signature(&mut self, var: &Value, signature: Option<Signature>) {
        match signature {
            Some(signature) => self.signatures.insert(var.word(), signature),
            None => self.signatures.remove(&var.word()),
        };
    }

    /// What a global takes: as this session defined it, else as its value says.
    pub(crate) fn signature(&self, var: &Value) -> Option<Signature> {
        let own = self.signatures.get(&var.word()).cloned();
        own.or_else(|| resolve::signature_of_value(var))
    }
}
