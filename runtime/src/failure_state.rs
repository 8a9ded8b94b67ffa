//! The failure under way in a context: its reason, and where it came through.
//!
//! Invariant: set exactly while the sentinel [`crate::value::Control::Failed`] travels up the
//! frames. Each frame adds the site it was left at; a `catch` takes the whole.

use crate::value::Value;

/// Sites kept at the inner and at the outer end of a deep stack.
const TRACE_KEPT: usize = 64;

/// Where in the source a call stands: an index into the process-wide table of sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SiteId(pub u32);

/// Is it an exception or an exit signal?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// `throw`, `panic`, a fault: `catch` sees it.
    Exception,
    /// An exit signal from another actor, `(exit reason)`, Ctrl-C: `catch` never sees it and
    /// `finally` does not run for it.
    Exit,
}

/// A failure taken out of a context.
#[derive(Debug)]
pub struct Failure {
    /// Exception or exit signal.
    pub class: FailureClass,
    /// The reason.
    pub reason: Value,
    /// Sites from the innermost outwards.
    pub trace: Vec<SiteId>,
    /// How many sites in the middle of a deep stack were not kept.
    pub omitted: u64,
}

impl Failure {
    /// An exit signal with this reason.
    pub fn exit(reason: Value) -> Failure {
        Failure {
            class: FailureClass::Exit,
            reason,
            trace: Vec::new(),
            omitted: 0,
        }
    }
}

/// See the module's head.
#[derive(Default)]
pub struct FailureState {
    current: Option<Box<Failure>>,
}

impl FailureState {
    /// Starts a failure; one under way is replaced.
    #[cold]
    pub fn raise(&mut self, class: FailureClass, reason: Value) {
        self.current = Some(Box::new(Failure {
            class,
            reason,
            trace: Vec::new(),
            omitted: 0,
        }));
    }

    /// Adds the site a frame was left at.
    #[cold]
    pub fn add_site(&mut self, site: SiteId) {
        let Some(failure) = &mut self.current else {
            return;
        };
        if failure.trace.len() < 2 * TRACE_KEPT {
            failure.trace.push(site);
        } else {
            failure.trace.remove(TRACE_KEPT);
            failure.trace.push(site);
            failure.omitted += 1;
        }
    }

    /// Is the failure under way one that `catch` and `finally` see?
    pub fn is_exception(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|f| f.class == FailureClass::Exception)
    }

    /// The failure under way.
    pub fn current(&self) -> Option<&Failure> {
        self.current.as_deref()
    }

    /// Ends the failure under way and gives it to the caller.
    pub fn take(&mut self) -> Option<Box<Failure>> {
        self.current.take()
    }

    /// Puts a failure back that was taken (rethrow keeps the trace).
    pub fn put_back(&mut self, failure: Box<Failure>) {
        self.current = Some(failure);
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::value::print::short(self))
    }
}
