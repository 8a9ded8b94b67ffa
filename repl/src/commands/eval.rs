//! `batuta -e EXPR`: evaluates texts one after the other in one session, and prints what they come
//! to unless it is nil.

use std::process::ExitCode;

use batuta_compiler::evaluate::Program;
use batuta_compiler::session::Session;
use batuta_runtime::actor;

use crate::driver::{CRASHED, Driver, finish, write_out};
use crate::program::printed;
use crate::report;

/// Evaluates the texts.
pub fn run(texts: &[String], driver: &Driver) -> ExitCode {
    driver.load_from_here();
    driver.set_arguments(&[]);
    let mut session = Session::new();
    for text in texts {
        if let Err(code) = evaluate(&mut session, text) {
            finish();
            return code;
        }
    }
    actor::wait_until_idle();
    finish();
    ExitCode::SUCCESS
}

fn evaluate(session: &mut Session, text: &str) -> Result<(), ExitCode> {
    let loaded = session.load("<-e>", text).map_err(|errors| {
        report::tell_diagnostics(&errors);
        ExitCode::from(CRASHED)
    })?;
    report::tell_diagnostics(&loaded.warnings);
    let call = Program::call(loaded.forms);
    let value = actor::run_main(call.function, call.arguments);
    let text = value.and_then(|value| match value.is_nil() {
        true => Ok(None),
        false => printed(value).map(Some),
    });
    match text {
        Ok(None) => Ok(()),
        Ok(Some(text)) => {
            // A reader that has gone is no failure of the expression.
            let _ = write_out(&(text + "\n"));
            Ok(())
        }
        Err(failure) => {
            report::tell_failure(&failure);
            Err(ExitCode::from(CRASHED))
        }
    }
}
