//! The builtins that need the compiler: `eval`, `load-string`, `macroexpand`.

use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::actor;
use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, Signal, exactly, tail_call};
use batuta_runtime::collections::vector;
use batuta_runtime::collections::walk::realise;
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::value::Value;
use batuta_runtime::value::form::{FormSpans, from_form, to_form};

use crate::analyze::{Analyzer, Host, TopLevel};
use crate::code::syntax_fault;
use crate::core_tree::VarRef;
use crate::evaluate::call_of;
use crate::messages;
use crate::session::{EvaluationError, Session, run_and_wait};

/// The table, for `batuta.core`.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        Builtin {
            name: "eval",
            arglists: "[form]",
            doc: "Evaluates a form given as data.",
            arity: exactly(1),
            function: eval,
        },
        Builtin {
            name: "load-string",
            arglists: "[text]",
            doc: "Reads and evaluates all forms of a text; gives the last value.",
            arity: exactly(1),
            function: load_string,
        },
        Builtin {
            name: "macroexpand",
            arglists: "[form]",
            doc: "Expands the form until its head is no macro.",
            arity: exactly(1),
            function: macroexpand,
        },
        Builtin {
            name: "macroexpand-1",
            arglists: "[form]",
            doc: "Expands the form once, if its head is a macro.",
            arity: exactly(1),
            function: macroexpand_1,
        },
    ],
};

/// A host that refuses to run macros: for forms that are evaluated where they stand.
struct NoMacros;

impl Host for NoMacros {
    fn run_macro(
        &mut self,
        _macro_var: &VarRef,
        _args: Vec<Form>,
        call: &Form,
        _locals: Vec<Arc<str>>,
    ) -> Result<Form, Diagnostic> {
        Err(messages::macro_refused(call.span))
    }
}

fn form_of(value: &Value) -> Result<Form, Fault> {
    to_form(value, &FormSpans::new(), Span::NONE)
}

/// Small forms without macros of the program's own are analysed where they stand; all others by a
/// compiler thread while the actor is parked.
fn eval(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |_, form| {
        eval_realised(&form)
    })
}

fn eval_realised(form: &Value) -> Flow {
    let form = form_of(form)?;
    let mut analyzer = Analyzer::new();
    if let Ok(TopLevel::Thunk(thunk)) = analyzer.analyze_top_level(&mut NoMacros, &form)
        && analyzer.unresolved().is_empty()
    {
        let call = call_of(&thunk);
        return tail_call(call.function, call.arguments);
    }
    evaluate_all(move |_| Ok(vec![form]))
}

fn load_string(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(text) = args[0].as_str().map(str::to_owned) else {
        return Err(Fault::wrong_type("load-string", "a string", &args[0]).into());
    };
    evaluate_all(move |session| {
        session
            .read("load-string", &text)
            .map_err(EvaluationError::Diagnostics)
    })
}

/// Evaluates forms on a compiler thread; each runs in an actor of its own, whose failure becomes
/// this one's.
fn evaluate_all(
    forms: impl FnOnce(&mut Session) -> Result<Vec<Form>, EvaluationError> + Send + 'static,
) -> Flow {
    let job = actor::blocking(move || {
        let mut session = Session::new();
        let run = || {
            let mut value = Value::NIL;
            for form in forms(&mut session)? {
                value = session.evaluate(&form, &mut run_and_wait)?;
            }
            Ok(value)
        };
        Ok(match run() {
            Ok(value) => outcome("value", value),
            Err(EvaluationError::Diagnostics(errors)) => return Err(syntax_fault(&errors)),
            Err(EvaluationError::Failure(failure)) => outcome("thrown", failure.reason),
        })
    });
    let then = |_: &mut Cx, outcome: Value| {
        let part = |index| vector::nth(&outcome, index).cloned().unwrap_or_default();
        if part(0).is_keyword("value") {
            Ok(part(1))
        } else {
            Err(Box::new(Signal::Throw(part(1))))
        }
    };
    Err(Box::new(Signal::Wait {
        future: job,
        then: Some(Box::new(then)),
    }))
}

fn outcome(kind: &str, value: Value) -> Value {
    let pair = vector::from_vec(vec![Value::keyword(kind), value]);
    pair.publish();
    pair
}

fn macroexpand(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |_, form| {
        expand(&form, usize::MAX)
    })
}

fn macroexpand_1(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |_, form| expand(&form, 1))
}

fn expand(value: &Value, steps: usize) -> Flow {
    let mut form = form_of(value)?;
    batuta_runtime::builtin::wait(actor::blocking(move || {
        let mut analyzer = Analyzer::new();
        for _ in 0..steps {
            let expanded = analyzer.expand_once(&mut crate::macro_run::ActorHost, &form);
            match expanded.map_err(|error| syntax_fault(&[error]))? {
                Some(next) => form = next,
                None => break,
            }
        }
        let value = from_form(&form, &mut FormSpans::new())
            .map_err(|fault| Fault::new(FaultKind::Syntax, fault.message))?;
        value.publish();
        Ok(value)
    }))
}
