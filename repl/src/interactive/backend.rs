//! The prompt without a terminal: text in, outcomes out.
//!
//! One session and one actor serve all that is entered. A failing form ends its entry, never the
//! session. `*1 *2 *3` hold the last values, `*e` the last failure's reason.

use batuta_compiler::evaluate::Call;
use batuta_compiler::session::{EvaluationError, Session};
use batuta_lang::diagnostic::{Diagnostic, RenderStyle};
use batuta_lang::form::Form;
use batuta_runtime::actor;
use batuta_runtime::failure_state::Failure;
use batuta_runtime::namespace;
use batuta_runtime::value::{Value, print};

use super::meta_commands::{self, MetaCommand};
use crate::driver::set_core;
use crate::program::printer;
use crate::report;
use crate::signals::Interruptible;

/// What comes of an entry; drawn in the style that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A form's value, as text.
    Value(String),
    /// The answer of a meta command.
    Answer(String),
    /// Something to know; the form is run nonetheless.
    Warning(String),
    /// A form does not compile or failed.
    Failure(String),
    /// The user wants to leave.
    Quit,
}

/// Takes outcomes as they come.
pub type Show<'a> = dyn FnMut(Outcome) + 'a;

/// See the module's head.
pub struct Backend {
    session: Session,
    actor: Value,
    interruptible: Interruptible,
    entries: usize,
    values: [Value; 3],
}

impl Default for Backend {
    fn default() -> Backend {
        Backend::new()
    }
}

impl Backend {
    /// A session in the namespace `user`.
    pub fn new() -> Backend {
        let actor = actor::start_session();
        let interruptible = Interruptible::install(actor.clone());
        for name in ["*1", "*2", "*3", "*e"] {
            set_core(name, Value::NIL);
        }
        refer_tools();
        let values = [Value::NIL, Value::NIL, Value::NIL];
        Backend {
            session: Session::new(),
            actor,
            interruptible,
            entries: 0,
            values,
        }
    }

    /// What stands before an entry.
    pub fn prompt(&self) -> String {
        format!("{}=> ", self.session.namespace())
    }

    /// The namespace of what is entered next.
    pub fn namespace(&self) -> String {
        self.session.namespace().to_string()
    }

    /// The session, for meta commands.
    pub(super) fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// What stops the running entry from another thread.
    pub fn interruptible(&self) -> Interruptible {
        self.interruptible.clone()
    }

    /// Evaluates an entry: a meta command, or any number of forms.
    pub fn submit(&mut self, text: &str, style: RenderStyle, show: &mut Show<'_>) {
        let interruptible = self.interruptible.clone();
        interruptible.while_running(|| match MetaCommand::parse(text) {
            Some(command) => meta_commands::run(command, self, style, show),
            None => drop(self.evaluate(text, style, show)),
        });
    }

    /// Evaluates forms. False: one failed.
    pub(super) fn evaluate(&mut self, text: &str, style: RenderStyle, show: &mut Show<'_>) -> bool {
        let name = self.next_name();
        let forms = match self.session.read(&name, text) {
            Ok(forms) => forms,
            Err(errors) => {
                show(Outcome::Failure(report::diagnostics_text(&errors, style)));
                return false;
            }
        };
        forms
            .iter()
            .all(|form| self.evaluate_form(form, style, show))
    }

    /// A name for the next entry's text.
    pub(super) fn next_name(&mut self) -> String {
        self.entries += 1;
        format!("<repl {}>", self.entries)
    }

    fn evaluate_form(&mut self, form: &Form, style: RenderStyle, show: &mut Show<'_>) -> bool {
        let runner = self.runner();
        let result = self.session.evaluate(form, &mut |call| runner.run(call));
        self.warn(style, show);
        let text = match result {
            Ok(value) => self.remember(value),
            Err(EvaluationError::Failure(failure)) => Err(failure),
            Err(EvaluationError::Diagnostics(errors)) => {
                show(Outcome::Failure(report::diagnostics_text(&errors, style)));
                return false;
            }
        };
        match text {
            Ok(text) => {
                show(Outcome::Value(text));
                true
            }
            Err(failure) => {
                show(Outcome::Failure(report::failure_text(&failure, style)));
                set_core("*e", failure.reason);
                false
            }
        }
    }

    fn warn(&mut self, style: RenderStyle, show: &mut Show<'_>) {
        let mut warnings: Vec<Diagnostic> = self.session.take_warnings();
        warnings.extend(self.session.take_unresolved());
        if !warnings.is_empty() {
            show(Outcome::Warning(report::diagnostics_text(&warnings, style)));
        }
    }

    /// Makes a value the last one and gives its text.
    fn remember(&mut self, value: Value) -> Result<String, Box<Failure>> {
        self.values.rotate_right(1);
        self.values[0] = value.clone();
        for (name, value) in ["*1", "*2", "*3"].into_iter().zip(&self.values) {
            set_core(name, value.clone());
        }
        let Some(function) = printer(&value) else {
            return Ok(print::readable(&value));
        };
        let text = self.runner().run(Call {
            function,
            arguments: vec![value],
        })?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    fn runner(&self) -> Runner {
        Runner {
            actor: self.actor.clone(),
            interruptible: self.interruptible.clone(),
        }
    }
}

/// What the prompt's namespace has at hand beside the core library, as Clojure's has.
const TOOLS: [(&str, &[&str]); 2] = [
    ("clojure.pprint", &["pp", "pprint"]),
    (
        "clojure.repl",
        &["apropos", "dir", "doc", "find-doc", "pst", "source"],
    ),
];

fn refer_tools() {
    for (there, names) in TOOLS {
        for name in names {
            if let Some(var) = namespace::find(there, name) {
                namespace::refer("user", name, &var);
            }
        }
    }
}

/// Runs calls in the session's actor.
struct Runner {
    actor: Value,
    interruptible: Interruptible,
}

impl Runner {
    fn run(&self, call: Call) -> Result<Value, Box<Failure>> {
        let outcome = actor::run_in_actor(&self.actor, call.function, call.arguments);
        self.interruptible.job_started();
        match outcome.blocking_recv() {
            Ok(result) => result.map_err(Box::new),
            Err(_ended) => Err(Box::new(Failure::exit(Value::keyword("killed")))),
        }
    }
}
