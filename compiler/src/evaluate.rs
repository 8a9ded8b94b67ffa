//! Evaluating top-level forms: what to call for an analysed form, and programs of many forms.
//!
//! A form without loop, closure or handler runs in the IR interpreter, which leaves no code
//! behind; others are compiled. A [`Program`] is run by the builtin [`RUN_PROGRAM`], which calls
//! one form after the other, so that a script runs in its actor like any function.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use batuta_runtime::builtin::{Builtin, Flow, Signal, exactly, row};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::Fault;
use batuta_runtime::function::{FnCode, VarBody, make_closure, make_immortal_function, var_flags};
use batuta_runtime::value::Value;
use batuta_runtime::value::object::{Native, make_native};

use crate::code::{Nest, code_of, lowered};
use crate::core_tree::{CoreFunction, VarRef};
use crate::ir::interpret::{INTERPRET, interpreted, is_cheap};
use crate::lower::Target;
use crate::passes::inline::NoBodies;

/// A function to call with its arguments.
pub struct Call {
    /// The function.
    pub function: Value,
    /// Its arguments.
    pub arguments: Vec<Value>,
}

/// What to call to evaluate a thunk.
pub fn call_of(thunk: &Arc<CoreFunction>) -> Call {
    let target = Target {
        arity: 0,
        arguments: None,
    };
    let ir = lowered(thunk, target, &mut Nest::default(), &NoBodies);
    if is_cheap(&ir) {
        let arguments = vec![interpreted(Arc::new(ir)), Value::NIL];
        return Call {
            function: interpreter(),
            arguments,
        };
    }
    Call {
        function: make_closure(code_of(thunk), Vec::new()),
        arguments: Vec::new(),
    }
}

/// The function that runs IR.
pub(crate) fn interpreter() -> Value {
    static FUNCTION: OnceLock<Value> = OnceLock::new();
    FUNCTION.get_or_init(|| native(&INTERPRET)).clone()
}

fn program_runner() -> Value {
    static FUNCTION: OnceLock<Value> = OnceLock::new();
    FUNCTION.get_or_init(|| native(&RUN_PROGRAM)).clone()
}

/// A builtin outside of any namespace as a function.
fn native(builtin: &'static Builtin) -> Value {
    make_immortal_function(Arc::new(FnCode::native(builtin.name.into(), builtin)))
}

/// Gives a var the function that a form defines.
pub fn define(var: &VarRef, function: &Arc<CoreFunction>, is_macro: bool) {
    define_code(var, code_of(function), is_macro);
}

/// Gives a var a function with this code.
pub fn define_code(var: &VarRef, code: Arc<FnCode>, is_macro: bool) {
    if let Some(body) = var.0.as_object::<VarBody>() {
        body.set_root(&var.0, make_immortal_function(code));
        body.put(var_flags::MACRO, is_macro);
    }
}

/// Analysed forms, to be run one after the other.
pub struct Program(Mutex<std::vec::IntoIter<Arc<CoreFunction>>>);

impl Native for Program {
    fn class(&self) -> &'static str {
        "program"
    }

    fn print(&self) -> String {
        "#program".to_owned()
    }
}

impl Program {
    /// What to call to run the forms; the value is the last form's.
    pub fn call(forms: Vec<Arc<CoreFunction>>) -> Call {
        let program = make_native(Program(Mutex::new(forms.into_iter())));
        Call {
            function: program_runner(),
            arguments: vec![program, Value::NIL],
        }
    }

    fn next(&self) -> Option<Arc<CoreFunction>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

/// Runs a [`Program`]: `(run-program* program last-value)`.
pub static RUN_PROGRAM: Builtin = row(
    "run-program*",
    "[program value]",
    exactly(2),
    run_program,
    "Runs the forms of a program that are left.",
);

fn run_program(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let program = std::mem::take(&mut args[0]);
    let Some(forms) = program.as_native::<Program>() else {
        return Err(Fault::wrong_type("run-program*", "a program", &program).into());
    };
    let Some(form) = forms.next() else {
        return Ok(std::mem::take(&mut args[1]));
    };
    let call = call_of(&form);
    Err(Box::new(Signal::Call {
        function: call.function,
        arguments: call.arguments,
        then: Some(Box::new(move |cx: &mut Cx, value| {
            run_program(cx, &mut [program, value])
        })),
    }))
}
