//! `batuta check FILE`: all errors and warnings of a program, without running it.

use std::process::ExitCode;

use batuta_compiler::session::Session;

use crate::cli::Place;
use crate::driver::{CRASHED, Driver};
use crate::report;

/// Checks a program.
pub fn run(place: &Place, driver: &Driver) -> ExitCode {
    let (name, text) = match driver.read_program(place) {
        Ok(program) => program,
        Err(code) => return code,
    };
    match Session::new().load(&name, &text) {
        Ok(loaded) => {
            report::tell_diagnostics(&loaded.warnings);
            ExitCode::SUCCESS
        }
        Err(errors) => {
            report::tell_diagnostics(&errors);
            ExitCode::from(CRASHED)
        }
    }
}
