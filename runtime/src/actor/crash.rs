//! Crash reports: what the program is told when an actor ends by a failure of its own.

use std::sync::OnceLock;

use super::{Actor, Mark, identity, registry};
use crate::failure_state::Failure;
use crate::value::Value;

/// An actor's failure.
#[derive(Debug)]
pub struct CrashReport<'a> {
    /// Who.
    pub pid: Value,
    /// Its registered name.
    pub name: Option<Value>,
    /// Why and where.
    pub failure: &'a Failure,
    /// The message it was handling.
    pub last_message: Option<Value>,
}

static REPORTER: OnceLock<fn(&CrashReport<'_>)> = OnceLock::new();

/// Sets who draws the reports. The first call counts; without one they go to standard error as
/// plain text.
pub fn set_crash_reporter(reporter: fn(&CrashReport<'_>)) {
    REPORTER.get_or_init(|| reporter);
}

pub(crate) fn report(
    actor: &std::sync::Arc<Actor>,
    failure: &Failure,
    last_message: Option<Value>,
) {
    let report = CrashReport {
        pid: identity::pid_of(actor),
        name: actor
            .is(Mark::Registered)
            .then(|| registry::name_of(actor.id))
            .flatten(),
        failure,
        last_message,
    };
    match REPORTER.get() {
        Some(reporter) => reporter(&report),
        None => eprintln!(
            "actor {} crashed: {}",
            actor.id,
            crate::value::print::short(&report.failure.reason)
        ),
    }
}
