//! What running a program and the prompt have in common: values as text, emitted stages.

use std::fmt::Display;
use std::sync::Arc;

use batuta_compiler::backends::jit::jit;
use batuta_compiler::backends::rust;
use batuta_compiler::code::{LazyFunction, code_of};
use batuta_compiler::core_tree::CoreFunction;
use batuta_compiler::ir::function::{IrFunction, Literal};
use batuta_compiler::ir::text::function_text;
use batuta_runtime::actor;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::failure_state::{Failure, FailureClass};
use batuta_runtime::function::{CodeSource, FnCode, FunctionBody, VarBody};
use batuta_runtime::namespace;
use batuta_runtime::value::{Value, class_name, print};

use crate::assembly;
use crate::cli::Emit;
use crate::driver::core_value;

/// The function that prints a value and what to give it: a query shows its rows, all else is
/// readable text. Run in an actor, because printing realises lazy sequences.
pub fn printer(value: &Value) -> Option<Value> {
    core_value(if class_name(value) == "query" {
        "str"
    } else {
        "pr-str"
    })
}

/// A value as text.
///
/// # Errors
/// A lazy sequence in it fails.
pub fn printed(value: Value) -> Result<String, Failure> {
    let Some(function) = printer(&value) else {
        return Ok(print::readable(&value));
    };
    let text = actor::run_main(function, vec![value])?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// The functions of a namespace and its top-level forms at a stage of compilation.
///
/// # Errors
/// A function does not compile.
pub fn emitted(
    namespace: &str,
    forms: &[Arc<CoreFunction>],
    emit: Emit,
) -> Result<String, Failure> {
    let mut text = String::new();
    for name in namespace::names(namespace) {
        let root = {
            let _pin = batuta_runtime::quiescence::pin();
            let var = namespace::find(namespace, &name);
            var.as_ref()
                .and_then(|var| var.as_object::<VarBody>())
                .and_then(VarBody::root)
        };
        if let Some(function) = root
            .as_ref()
            .and_then(|root| root.as_object::<FunctionBody>())
        {
            text.push_str(&emitted_code(&function.code, emit)?);
        }
    }
    for form in forms {
        text.push_str(&emitted_code(&code_of(form), emit)?);
    }
    Ok(text)
}

/// One function at a stage of compilation, and those that are made in it; empty for a native one.
///
/// # Errors
/// It does not compile.
pub fn emitted_code(code: &FnCode, emit: Emit) -> Result<String, Failure> {
    let CodeSource::Compiled(source) = &code.source else {
        return Ok(String::new());
    };
    let Some(function) = LazyFunction::behind(source) else {
        return Ok(String::new());
    };
    let arities = function.ir().map_err(failure_of)?;
    let mut text = String::new();
    for ir in arities.iter() {
        text.push_str(&stage_text(ir, emit)?);
        for literal in &ir.literals {
            if let Literal::Code(inner) = literal {
                text.push_str(&emitted_code(inner, emit)?);
            }
        }
    }
    Ok(text)
}

fn stage_text(ir: &IrFunction, emit: Emit) -> Result<String, Failure> {
    let broken = |error: &dyn Display| {
        let text = format!("`{}`: {error}", ir.name);
        failure_of(Fault::new(FaultKind::Panic, text))
    };
    let text = match emit {
        Emit::Ir => function_text(ir),
        Emit::Clif => jit().text(ir).map_err(|error| broken(&error))?,
        Emit::Asm => {
            let codes = jit().machine_code(ir).map_err(|error| broken(&error))?;
            codes.iter().map(assembly::text_of).collect()
        }
        Emit::Rust => rust::listing(ir),
    };
    Ok(text.trim_end().to_owned() + "\n\n")
}

fn failure_of(fault: Fault) -> Failure {
    Failure {
        class: FailureClass::Exception,
        reason: fault.into_value(),
        trace: Vec::new(),
        omitted: 0,
    }
}
