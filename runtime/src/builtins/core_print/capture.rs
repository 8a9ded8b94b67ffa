//! `with-out-str`: what is printed while a function runs, as a string.
//!
//! The capture is a dynamic binding under a key that is no var, so actors spawned meanwhile print
//! into it too.

use parking_lot::Mutex;

use crate::builtin::{Flow, Resume, Signal};
use crate::builtins::core_state::{bound_value, pop_bindings, push_binding};
use crate::builtins::support::take;
use crate::context::Cx;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// Takes the place of standard output.
struct Capture(Mutex<String>);

impl Native for Capture {
    fn class(&self) -> &'static str {
        "output"
    }

    fn print(&self) -> String {
        "#output<string>".to_owned()
    }
}

fn key() -> Value {
    Value::keyword("batuta.core/out")
}

/// Adds text to the capture that this actor prints to. False if there is none.
pub(super) fn add(cx: &Cx, text: &str) -> bool {
    let bound = bound_value(cx, &key());
    match bound
        .as_ref()
        .and_then(|bound| bound.as_native::<Capture>())
    {
        Some(capture) => {
            capture.0.lock().push_str(text);
            true
        }
        None => false,
    }
}

pub(super) fn with_out_str(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let capture = make_native(Capture(Mutex::new(String::new())));
    push_binding(cx, key(), capture.clone());
    Err(Box::new(Signal::Call {
        function: take(args, 0),
        arguments: Vec::new(),
        then: Some(Box::new(Capturing(capture))),
    }))
}

/// Waits for the end of what is captured.
struct Capturing(Value);

impl Resume for Capturing {
    fn resume(self: Box<Self>, cx: &mut Cx, _: Value) -> Flow {
        pop_bindings(cx);
        let text = self
            .0
            .as_native::<Capture>()
            .map(|capture| capture.0.lock().clone());
        Ok(Value::string(text.unwrap_or_default()))
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        pop_bindings(cx);
    }
}
