//! `batuta log` of a batuta that was built without the database.

use std::process::ExitCode;

use crate::cli::Options;
use crate::cli::log::LogArguments;
use crate::driver::MISUSED;
use crate::report;

/// Says so.
pub fn run(_: &LogArguments, _: &Options) -> ExitCode {
    report::tell_line("this batuta was built without the database");
    ExitCode::from(MISUSED)
}
