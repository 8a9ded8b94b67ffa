//! Running a macro: a Batuta function from forms to forms, in an actor of its own.
//!
//! Called on a compiler thread, which waits for the actor; so a macro may call functions that are
//! not compiled yet, `eval`, wait for a message, or be interrupted.

use std::sync::{Arc, OnceLock};

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::{Form, Name};
use batuta_lang::source::Span;
use batuta_runtime::actor;
use batuta_runtime::builtin::{Builtin, Flow, at_least, call_then, row};
use batuta_runtime::collections::meta::{meta, with_meta};
use batuta_runtime::collections::walk::realise;
use batuta_runtime::collections::{list, map};
use batuta_runtime::context::Cx;
use batuta_runtime::dynamic::{self, Dynamic};
use batuta_runtime::failure_state::{Failure, FailureClass};
use batuta_runtime::function::{FnCode, VarBody, make_immortal_function};
use batuta_runtime::namespace;
use batuta_runtime::number;
use batuta_runtime::value::form::{FormSpans, from_form, to_form};
use batuta_runtime::value::{Value, print};

use crate::ahead::record::Record;
use crate::analyze::{Host, MacroCall, Require};
use crate::core_tree::{CoreFunction, VarRef};
use crate::evaluate::define;
use crate::session::sources;
use crate::{load, messages};

/// Runs macros in actors and loads files.
#[derive(Default)]
pub struct ActorHost {
    /// The namespaces being loaded around this place, outermost first.
    pub loading: Vec<Arc<str>>,
    /// The dynamic bindings that macros and files see.
    pub inherited: Value,
    /// What the macro run last gave, as it gave it.
    pub expansion: Option<Value>,
    /// Who notes the forms of loaded files.
    pub record: Option<Arc<Record>>,
}

impl ActorHost {
    fn dynamic(&self, which: Dynamic) -> Value {
        let bindings = list::as_list(&self.inherited).map(|cell| cell.first());
        let bound = bindings.and_then(|bindings| map::get(bindings, dynamic::var(which)));
        bound.cloned().unwrap_or_else(|| dynamic::root(which))
    }
}

impl Host for ActorHost {
    fn read_tagged(&mut self, tag: &Name, inner: &Form) -> Result<Option<Form>, Diagnostic> {
        let symbol = Value::symbol(tag.to_string());
        let readers = self.dynamic(Dynamic::DataReaders);
        let Some(function) = map::get(&readers, &symbol).cloned() else {
            return Ok(None);
        };
        let failed = |text: String| messages::reader_failed(inner.span, &tag.to_string(), &text);
        let mut spans = FormSpans::new();
        let value = from_form(inner, &mut spans).map_err(|fault| failed(fault.message))?;
        let arguments = vec![function, value];
        let outcome = actor::evaluate_with(expander(), arguments, self.inherited.clone());
        match outcome.blocking_recv() {
            Ok(Ok(value)) => to_form(&value, &spans, inner.span)
                .map(Some)
                .map_err(|fault| failed(fault.message)),
            Ok(Err(failure)) => Err(failed(describe(&failure))),
            Err(_) => Err(failed("its actor ended".to_owned())),
        }
    }

    fn load(&mut self, require: &Require) -> Result<(), Diagnostic> {
        load::require(self, require)
    }

    fn define_macro(&mut self, var: &VarRef, function: &Arc<CoreFunction>) {
        define(var, function, true);
    }

    fn run_macro(&mut self, call: MacroCall<'_>) -> Result<Form, Diagnostic> {
        let name = call
            .var
            .0
            .as_object::<VarBody>()
            .map(VarBody::qualified)
            .unwrap_or_default();
        let failed = |text: String| messages::macro_failed(call.form.span, &name, &text);
        let mut spans = FormSpans::new();
        let mut values = Vec::with_capacity(call.arguments.len() + 3);
        let function = {
            let _pin = batuta_runtime::quiescence::pin();
            call.var.0.as_object::<VarBody>().and_then(VarBody::root)
        };
        values.push(function.ok_or_else(|| failed("it is not defined yet".to_owned()))?);
        let form = from_form(call.form, &mut spans).map_err(|fault| failed(fault.message))?;
        values.push(with_place(form, call.form.span));
        values.push(environment(&call.locals));
        for arg in &call.arguments {
            values.push(from_form(arg, &mut spans).map_err(|fault| failed(fault.message))?);
        }
        let here = namespace::create(&call.namespace);
        let inherited = dynamic::with_binding(&self.inherited, Dynamic::Ns, here);
        let outcome = actor::evaluate_with(expander(), values, inherited).blocking_recv();
        match outcome {
            Ok(Ok(value)) => {
                self.expansion = Some(value.clone());
                to_form(&value, &spans, call.form.span).map_err(|fault| failed(fault.message))
            }
            Ok(Err(failure)) => Err(failed(describe(&failure))),
            Err(_) => Err(failed("its actor ended".to_owned())),
        }
    }
}

/// The form with the place of the call in its metadata: `:file`, `:line` and `:column`.
fn with_place(form: Value, span: Span) -> Value {
    if span.is_none() {
        return form;
    }
    let (line, column) = sources().line_col(span);
    let place = [
        ("file", Value::str(&sources().name(span.source))),
        ("line", number::int(i64::from(line))),
        ("column", number::int(i64::from(column))),
    ];
    let mut metadata = meta(&form);
    if metadata.is_nil() {
        metadata = map::empty();
    }
    for (key, value) in place {
        metadata = map::assoc(metadata, Value::keyword(key), value);
    }
    with_meta(form.clone(), metadata).unwrap_or(form)
}

/// Calls a macro and realises what it gives: forms may hold lazy sequences.
static EXPAND: Builtin = row(
    "expand*",
    "[macro & args]",
    at_least(1),
    expand,
    "The realised expansion of a macro call.",
);

fn expand(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut args = args.iter_mut().map(std::mem::take);
    let function = args.next().unwrap_or_default();
    call_then(function, args.collect(), |cx, expansion| {
        realise(cx, expansion, |_, form| Ok(form))
    })
}

fn expander() -> Value {
    static FUNCTION: OnceLock<Value> = OnceLock::new();
    let make = || make_immortal_function(Arc::new(FnCode::native(EXPAND.name.into(), &EXPAND)));
    FUNCTION.get_or_init(make).clone()
}

/// What a macro sees as `&env`: a map from the names of locals to themselves.
fn environment(locals: &[Arc<str>]) -> Value {
    let symbols = locals.iter().map(|name| Value::symbol(name.clone()));
    batuta_runtime::collections::map::from_pairs(symbols.map(|symbol| (symbol.clone(), symbol)))
}

/// A failure in one line.
pub fn describe(failure: &Failure) -> String {
    use batuta_runtime::failure::ErrorBody;
    match failure.reason.as_object::<ErrorBody>() {
        Some(error) => error.message.as_str().unwrap_or_default().to_owned(),
        None if failure.class == FailureClass::Exit => {
            format!("it was ended: {}", print::short(&failure.reason))
        }
        None => format!("it threw {}", print::short(&failure.reason)),
    }
}
