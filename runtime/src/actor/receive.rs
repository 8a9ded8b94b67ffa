//! `receive` in the middle of a function: compiled code walks over the messages with these,
//! called on the coroutine's stack.
//!
//! `next` shows the message behind the cursor; asked again without `accept`, it takes that one as
//! refused and goes on. Refused messages stay where they are.

use std::time::Instant;

use super::coroutine::{private_of, wait_for_message};
use super::envelope::Extra;
use crate::context::Cx;
use crate::value::Value;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    Look,
    /// Until then.
    Until(Instant),
    /// For ever.
    Forever,
}

/// What [`next`] finds.
#[derive(Debug)]
pub enum Next {
    /// A message that was not examined yet; it still stands in the mailbox.
    Message(Value),
    /// None came in time.
    Timeout,
    /// The actor shall end; the failure is raised in the context.
    Failed,
}

/// Begins a `receive`: the cursor stands before the first message.
pub fn start(cx: &mut Cx) {
    rewind(cx);
}

/// Puts the cursor before the first message again, to try the next clause.
pub fn rewind(cx: &mut Cx) {
    if let Some((_, private)) = private_of(cx) {
        private.inbox.rewind();
    }
}

/// The next message that was not examined.
pub fn next(cx: &mut Cx, patience: Patience) -> Next {
    loop {
        match show_next(cx) {
            Some(message) => return Next::Message(message),
            None => match await_message(cx, patience) {
                Next::Message(_) => {}
                end => return end,
            },
        }
    }
}

/// Waits until there is a message that was not examined; shows none.
pub fn wait(cx: &mut Cx, patience: Patience) -> Next {
    match private_of(cx) {
        Some((_, private)) if private.inbox.has_unexamined() => Next::Message(Value::NIL),
        _ => await_message(cx, patience),
    }
}

/// Takes the message that was shown out of the mailbox. If it is a call, its sender is the
/// current caller now.
pub fn accept(cx: &mut Cx) {
    let Some((_, private)) = private_of(cx) else {
        return;
    };
    let Some(envelope) = private.inbox.take_candidate() else {
        return;
    };
    private.count_out();
    private.inbox.rewind();
    if let Extra::Call(slot) = envelope.extra {
        private.set_caller(slot);
    }
}

fn show_next(cx: &mut Cx) -> Option<Value> {
    let (actor, private) = private_of(cx)?;
    let shown = private.inbox.show_next().cloned();
    if shown.is_some() {
        return shown;
    }
    // Something may have come since the turn began.
    super::signal::take_over(actor, private);
    private.inbox.show_next().cloned()
}

fn await_message(cx: &mut Cx, patience: Patience) -> Next {
    let deadline = match patience {
        Patience::Look => return Next::Timeout,
        Patience::Until(deadline) => Some(deadline),
        Patience::Forever => None,
    };
    if !wait_for_message(cx, deadline) {
        return Next::Failed;
    }
    match private_of(cx) {
        Some((_, private)) if private.inbox.has_unexamined() => Next::Message(Value::NIL),
        _ => Next::Timeout,
    }
}
