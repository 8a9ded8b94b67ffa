//! A session: reads, analyses and evaluates forms in order, in a current namespace.
//!
//! The prompt keeps one session for all it is given; a file has one of its own. A session runs
//! nothing itself: it hands [`Call`]s to a runner, which is an actor.

use std::ops::Range;
use std::sync::Arc;

use batuta_lang::diagnostic::{Diagnostic, Severity};
use batuta_lang::form::Form;
use batuta_lang::reader::{ReadOptions, read, read_one};
use batuta_lang::source::{SourceId, Span};
use batuta_runtime::actor;
use batuta_runtime::dynamic::{self, Dynamic};
use batuta_runtime::failure_state::Failure;
use batuta_runtime::namespace::{self, as_namespace};
use batuta_runtime::value::Value;

use crate::ahead::record::Record;
use crate::analyze::{Analyzer, TopLevel};
use crate::core_tree::CoreFunction;
use crate::evaluate::{Call, call_of, define};
use crate::macro_run::ActorHost;
use crate::messages;

pub use batuta_runtime::site::sources;

/// The text of the top-level form that holds a place of a text that was read.
pub fn form_text_at(file: &str, line: i64, column: i64) -> Option<String> {
    let source = sources().find(file)?;
    let text = sources().text(source);
    let (forms, _) = read(source, &text, &ReadOptions::default());
    let place = (u32::try_from(line).ok()?, u32::try_from(column).ok()?);
    let starts = |form: &&Form| sources().line_col(form.span) <= place;
    let form = forms.iter().rev().find(starts)?;
    text.get(form.span.start as usize..form.span.end as usize)
        .map(str::to_owned)
}

/// Reads the form in a range of a text, in a namespace.
///
/// # Errors
/// The first read error.
pub(crate) fn read_form(
    source: SourceId,
    text: &str,
    range: Range<usize>,
    namespace: &str,
) -> Result<Form, Diagnostic> {
    let text = &text[..range.end];
    let read = with_options(namespace, |options| {
        read_one(source, text, range.start, options)
    })?;
    let place = Span::new(source, range.start as u32, range.end as u32);
    read.map(|(form, _)| form)
        .ok_or_else(|| messages::malformed(place, "library", "there is no form"))
}

/// Reading in a namespace, whose aliases are known.
fn with_options<T>(namespace: &str, read: impl FnOnce(&ReadOptions<'_>) -> T) -> T {
    let resolve_alias = |alias: &str| namespace::alias_target(namespace, alias);
    read(&ReadOptions {
        current_ns: namespace,
        resolve_alias: &resolve_alias,
        ..ReadOptions::default()
    })
}

/// Why a form has no value.
#[derive(Debug)]
pub enum EvaluationError {
    /// It does not read or compile.
    Diagnostics(Vec<Diagnostic>),
    /// It ran and failed.
    Failure(Box<Failure>),
}

impl From<Diagnostic> for EvaluationError {
    fn from(diagnostic: Diagnostic) -> EvaluationError {
        EvaluationError::Diagnostics(vec![diagnostic])
    }
}

/// Calls a function and waits for its value.
pub type Runner<'a> = dyn FnMut(Call) -> Result<Value, Box<Failure>> + 'a;

/// See the module's head.
#[derive(Default)]
pub struct Session {
    analyzer: Analyzer,
    host: ActorHost,
    /// It evaluates for an actor that has bindings of its own, in the place of the prompt.
    is_for_other: bool,
}

/// What a file comes to.
pub struct Loaded {
    /// Its forms, to be run in order.
    pub forms: Vec<Arc<CoreFunction>>,
    /// What the analyzer wondered at.
    pub warnings: Vec<Diagnostic>,
}

impl Session {
    /// A session in the namespace `user`.
    pub fn new() -> Session {
        Session::default()
    }

    /// A session in the namespace `user` that notes the forms of the files it loads.
    pub fn recording(record: &Arc<Record>) -> Session {
        Session {
            host: ActorHost {
                record: Some(record.clone()),
                ..ActorHost::default()
            },
            ..Session::default()
        }
    }

    /// A session with this way to run macros and to load files.
    pub(crate) fn with_host(host: ActorHost) -> Session {
        Session {
            analyzer: Analyzer::new(),
            host,
            is_for_other: true,
        }
    }

    /// Runs a call in an actor of its own that sees the session's dynamic bindings.
    pub(crate) fn run(&self, call: Call) -> Result<Value, Box<Failure>> {
        run_with(call, self.host.inherited.clone())
    }

    /// The current namespace.
    pub fn namespace(&self) -> Arc<str> {
        self.analyzer.namespace()
    }

    /// Goes to a namespace.
    pub fn set_namespace(&mut self, name: &str) {
        self.analyzer.set_namespace(name);
    }

    /// Warnings since the last time this was asked.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        self.analyzer.take_warnings()
    }

    /// Names used so far that nothing defines, as warnings.
    pub fn take_unresolved(&mut self) -> Vec<Diagnostic> {
        let mut unresolved = self.analyzer.unresolved();
        for diagnostic in &mut unresolved {
            diagnostic.severity = Severity::Warning;
        }
        unresolved
    }

    /// Reads a text.
    ///
    /// # Errors
    /// All read errors.
    pub fn read(&self, name: &str, text: &str) -> Result<Vec<Form>, Vec<Diagnostic>> {
        let source = sources().add(name, text);
        let (forms, diagnostics) =
            with_options(&self.namespace(), |options| read(source, text, options));
        if diagnostics.iter().any(Diagnostic::is_error) {
            Err(diagnostics)
        } else {
            Ok(forms)
        }
    }

    /// Analyses one form without running or defining anything.
    ///
    /// # Errors
    /// All errors found in it.
    pub fn analyse_form(&mut self, form: &Form) -> Result<TopLevel, Vec<Diagnostic>> {
        self.analyzer.analyze_top_level(&mut self.host, form)
    }

    /// Evaluates one form.
    ///
    /// # Errors
    /// It does not compile, or it fails.
    pub fn evaluate(
        &mut self,
        form: &Form,
        run: &mut Runner<'_>,
    ) -> Result<Value, EvaluationError> {
        let analysed = self.analyzer.analyze_top_level(&mut self.host, form);
        match analysed.map_err(EvaluationError::Diagnostics)? {
            TopLevel::Thunk(thunk) => self.run_thunk(&thunk, run),
            TopLevel::Define {
                var,
                function,
                is_macro,
            } => {
                define(&var, &function, is_macro);
                Ok(var.0)
            }
            TopLevel::Forms(forms) => {
                let mut value = Value::NIL;
                for form in &forms {
                    value = self.evaluate(form, run)?;
                }
                Ok(value)
            }
        }
    }

    /// Evaluates one form in an actor of its own that sees the session's dynamic bindings.
    pub(crate) fn evaluate_here(&mut self, form: &Form) -> Result<Value, EvaluationError> {
        self.evaluate(form, &mut run_and_wait)
    }

    /// Runs a call with the session's namespace and bindings, as another actor goes on.
    fn run_as_other(&self, call: Call) -> Result<Value, Box<Failure>> {
        let here = namespace::create(&self.namespace());
        let inherited = dynamic::with_binding(&self.host.inherited, Dynamic::Ns, here);
        inherited.publish();
        run_with(call, inherited)
    }

    /// The namespace the form leaves the program in is the one the next form is read in.
    fn run_thunk(
        &mut self,
        thunk: &Arc<CoreFunction>,
        run: &mut Runner<'_>,
    ) -> Result<Value, EvaluationError> {
        if self.is_for_other {
            let result = self.run_as_other(call_of(thunk));
            return result.map_err(EvaluationError::Failure);
        }
        let before = dynamic::root(Dynamic::Ns);
        let result = run(call_of(thunk));
        let after = dynamic::root(Dynamic::Ns);
        if after.word() != before.word()
            && let Some(namespace) = as_namespace(&after)
        {
            self.set_namespace(&namespace.name);
        }
        result.map_err(EvaluationError::Failure)
    }

    /// Analyses a whole file before any of it runs. Functions are defined at once, so that macros
    /// further down can call them.
    ///
    /// # Errors
    /// All read errors, or all others of the file.
    pub fn load(&mut self, name: &str, text: &str) -> Result<Loaded, Vec<Diagnostic>> {
        let forms = self.read(name, text)?;
        self.analyzer.announce(&forms);
        let mut errors = Vec::new();
        let mut thunks = Vec::new();
        for form in &forms {
            self.analyse(form, &mut thunks, &mut errors);
        }
        errors.extend(self.analyzer.unresolved());
        if errors.iter().any(Diagnostic::is_error) {
            return Err(errors);
        }
        Ok(Loaded {
            forms: thunks,
            warnings: self.take_warnings(),
        })
    }

    /// Analyses one form, as [`Session::load`] does.
    ///
    /// # Errors
    /// All errors found in it.
    pub(crate) fn forms_of(
        &mut self,
        form: &Form,
    ) -> Result<Vec<Arc<CoreFunction>>, Vec<Diagnostic>> {
        let (mut thunks, mut errors) = (Vec::new(), Vec::new());
        self.analyse(form, &mut thunks, &mut errors);
        match errors.is_empty() {
            true => Ok(thunks),
            false => Err(errors),
        }
    }

    fn analyse(
        &mut self,
        form: &Form,
        thunks: &mut Vec<Arc<CoreFunction>>,
        errors: &mut Vec<Diagnostic>,
    ) {
        match self.analyzer.analyze_top_level(&mut self.host, form) {
            Ok(TopLevel::Thunk(thunk)) => thunks.push(thunk),
            Ok(TopLevel::Define {
                var,
                function,
                is_macro,
            }) => define(&var, &function, is_macro),
            Ok(TopLevel::Forms(forms)) => {
                for form in &forms {
                    self.analyse(form, thunks, errors);
                }
            }
            Err(found) => errors.extend(found),
        }
    }
}

/// Runs a call in an actor of its own and waits for it. Not for worker threads.
///
/// # Errors
/// The failure of the call.
pub fn run_and_wait(call: Call) -> Result<Value, Box<Failure>> {
    run_with(call, Value::NIL)
}

fn run_with(call: Call, inherited: Value) -> Result<Value, Box<Failure>> {
    match actor::evaluate_with(call.function, call.arguments, inherited).blocking_recv() {
        Ok(result) => result.map_err(Box::new),
        Err(_ended) => Err(Box::new(Failure::exit(Value::keyword("killed")))),
    }
}
