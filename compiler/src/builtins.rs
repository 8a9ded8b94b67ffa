//! The builtins that need the compiler: `eval`, `load-string`, `require`, `macroexpand`.

use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::{Form, Name};
use batuta_lang::source::Span;
use batuta_runtime::actor;
use batuta_runtime::builtin::{
    BuiltinTable, Flow, Signal, Wait, at_least, exactly, row, tail_call,
};
use batuta_runtime::builtins::core_namespaces::current;
use batuta_runtime::collections::walk::realise;
use batuta_runtime::collections::{is_sequential, vector};
use batuta_runtime::context::Cx;
use batuta_runtime::dynamic::{self, Dynamic};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number::as_i64;
use batuta_runtime::value::Value;
use batuta_runtime::value::form::{FormSpans, from_form, to_form};
use batuta_runtime::value::object::Kind;

use crate::analyze::{Analyzer, Host, MacroCall, Require, TopLevel, parse_requires};
use crate::code::syntax_fault;
use crate::core_tree::{CoreFunction, VarRef};
use crate::evaluate::{call_of, define};
use crate::macro_run::ActorHost;
use crate::session::{EvaluationError, Session, form_text_at};
use crate::{load, messages};

/// The table, for `batuta.core`.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "eval",
            "[form]",
            exactly(1),
            eval,
            "Evaluates a form given as data.",
        ),
        row(
            "load-file",
            "[path]",
            exactly(1),
            load_file,
            "Reads and evaluates all forms of a file; gives the last value.",
        ),
        row(
            "load-string",
            "[text]",
            exactly(1),
            load_string,
            "Reads and evaluates all forms of a text; gives the last value.",
        ),
        row(
            "macroexpand",
            "[form]",
            exactly(1),
            macroexpand,
            "Expands the form until its head is no macro.",
        ),
        row(
            "macroexpand-1",
            "[form]",
            exactly(1),
            macroexpand_1,
            "Expands the form once, if its head is a macro.",
        ),
        row(
            "require",
            "[& specs]",
            at_least(0),
            |cx, args| require(cx, args, false),
            "Loads namespaces that are not loaded yet: `'[some.name :as n :refer [a b]]`.",
        ),
        row(
            "source-text*",
            "[file line column]",
            exactly(3),
            source_text,
            "The text of the form that holds a place, or nil.",
        ),
        row(
            "use",
            "[& specs]",
            at_least(0),
            |cx, args| require(cx, args, true),
            "As `require`, and refers to all public names; `:only`, `:exclude`, `:rename`.",
        ),
    ],
};

/// A host that refuses to run macros: for forms that are evaluated where they stand.
struct NoMacros;

impl Host for NoMacros {
    fn run_macro(&mut self, call: MacroCall<'_>) -> Result<Form, Diagnostic> {
        Err(messages::macro_refused(call.form.span))
    }

    fn read_tagged(&mut self, _: &Name, inner: &Form) -> Result<Option<Form>, Diagnostic> {
        Err(messages::macro_refused(inner.span))
    }

    fn load(&mut self, require: &Require) -> Result<(), Diagnostic> {
        Err(messages::macro_refused(require.span))
    }

    fn define_macro(&mut self, var: &VarRef, function: &Arc<CoreFunction>) {
        define(var, function, true);
    }
}

/// A session that goes on where an actor is: in its namespace, with its bindings.
fn session_of(cx: &Cx) -> Session {
    let mut session = Session::with_host(host_of(cx));
    session.set_namespace(&current(cx));
    session
}

fn host_of(cx: &Cx) -> ActorHost {
    let inherited = cx.coroutine.inherited.clone();
    inherited.publish();
    ActorHost {
        inherited,
        ..ActorHost::default()
    }
}

fn form_of(value: &Value) -> Result<Form, Fault> {
    to_form(value, &FormSpans::new(), Span::NONE)
}

/// Small forms without macros of the program's own are analysed where they stand; all others by a
/// compiler thread while the actor is parked.
fn eval(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |cx, form| {
        eval_realised(cx, &form)
    })
}

fn eval_realised(cx: &mut Cx, form: &Value) -> Flow {
    let form = form_of(form)?;
    let mut analyzer = Analyzer::new();
    analyzer.set_namespace(&current(cx));
    if let Ok(TopLevel::Thunk(thunk)) = analyzer.analyze_top_level(&mut NoMacros, &form)
        && analyzer.unresolved().is_empty()
    {
        let call = call_of(&thunk);
        return tail_call(call.function, call.arguments);
    }
    evaluate_all(session_of(cx), move |_| Ok(vec![form]))
}

fn load_string(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(text) = args[0].as_str().map(str::to_owned) else {
        return Err(Fault::wrong_type("load-string", "a string", &args[0]).into());
    };
    evaluate_all(session_of(cx), move |session| {
        session
            .read("load-string", &text)
            .map_err(EvaluationError::Diagnostics)
    })
}

fn load_file(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(path) = args[0].as_str().map(str::to_owned) else {
        return Err(Fault::wrong_type("load-file", "a path", &args[0]).into());
    };
    let mut session = session_of(cx);
    let job = actor::blocking(move || {
        let text = load::text_of_file(&path)
            .map_err(|text| Fault::new(FaultKind::Io, format!("`load-file`: {text}")))?;
        let here = dynamic::root(Dynamic::Ns);
        let outcome = run_all(&mut session, |session| {
            session
                .read(&path, &text)
                .map_err(EvaluationError::Diagnostics)
        });
        dynamic::set_root(Dynamic::Ns, here);
        outcome
    });
    wait_for_outcome(job)
}

/// Evaluates forms on a compiler thread; each runs in an actor of its own, whose failure becomes
/// this one's.
fn evaluate_all(
    mut session: Session,
    forms: impl FnOnce(&mut Session) -> Result<Vec<Form>, EvaluationError> + Send + 'static,
) -> Flow {
    wait_for_outcome(actor::blocking(move || run_all(&mut session, forms)))
}

fn run_all(
    session: &mut Session,
    forms: impl FnOnce(&mut Session) -> Result<Vec<Form>, EvaluationError>,
) -> Result<Value, Fault> {
    let run = || {
        let mut value = Value::NIL;
        for form in forms(session)? {
            value = session.evaluate_here(&form)?;
        }
        Ok(value)
    };
    match run() {
        Ok(value) => Ok(outcome("value", value)),
        Err(EvaluationError::Diagnostics(errors)) => Err(syntax_fault(&errors)),
        Err(EvaluationError::Failure(failure)) => Ok(outcome("thrown", failure.reason)),
    }
}

fn wait_for_outcome(job: Wait) -> Flow {
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

/// `require` and `use` as functions, where nothing foresaw them.
fn require(cx: &mut Cx, args: &mut [Value], is_use: bool) -> Flow {
    let specs: Vec<Form> = args.iter().map(form_of).collect::<Result<_, Fault>>()?;
    let here = current(cx);
    let mut host = host_of(cx);
    batuta_runtime::builtin::wait(actor::blocking(move || {
        let mut analyzer = Analyzer::new();
        analyzer.set_namespace(&here);
        let mut load = || -> Result<Value, Diagnostic> {
            for require in parse_requires(specs.iter().collect(), is_use)? {
                host.load(&require)?;
                analyzer.apply_require(&require)?;
            }
            Ok(Value::NIL)
        };
        load().map_err(|error| syntax_fault(&[error]))
    }))
}

fn outcome(kind: &str, value: Value) -> Value {
    let pair = vector::from_vec(vec![Value::keyword(kind), value]);
    pair.publish();
    pair
}

fn source_text(_: &mut Cx, args: &mut [Value]) -> Flow {
    let place = (args[0].as_str(), as_i64(&args[1]), as_i64(&args[2]));
    let (Some(file), Some(line), Some(column)) = place else {
        return Ok(Value::NIL);
    };
    let text = form_text_at(file, line, column);
    Ok(text.map(|text| Value::str(&text)).unwrap_or_default())
}

fn macroexpand(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |cx, form| {
        expand(cx, &form, usize::MAX)
    })
}

fn macroexpand_1(cx: &mut Cx, args: &mut [Value]) -> Flow {
    realise(cx, std::mem::take(&mut args[0]), |cx, form| {
        expand(cx, &form, 1)
    })
}

fn expand(cx: &mut Cx, value: &Value, steps: usize) -> Flow {
    // What is no call stays what it is, whatever it is.
    if !is_sequential(value) || value.kind() == Some(Kind::Vector) {
        return Ok(value.clone());
    }
    let mut form = form_of(value)?;
    let here = current(cx);
    let mut host = host_of(cx);
    batuta_runtime::builtin::wait(actor::blocking(move || {
        let mut analyzer = Analyzer::new();
        analyzer.set_namespace(&here);
        let mut expansion = None;
        for _ in 0..steps {
            let expanded = analyzer.expand_once(&mut host, &form);
            match expanded.map_err(|error| syntax_fault(&[error]))? {
                Some(next) => form = next,
                None => break,
            }
            expansion = host.expansion.take();
        }
        if let Some(value) = expansion {
            return Ok(value);
        }
        let value = from_form(&form, &mut FormSpans::new())
            .map_err(|fault| Fault::new(FaultKind::Syntax, fault.message))?;
        value.publish();
        Ok(value)
    }))
}
