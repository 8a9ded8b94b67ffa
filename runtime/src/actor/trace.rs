//! Tracing: an actor hears of the messages that another one gets and sends, as
//! `[:trace pid :receive message]`, `[:trace pid :send message to]` and `[:trace pid :exit reason]`.
//!
//! Who is traced carries a mark, so that everybody else pays one look at it. What tells of messages
//! is itself never traced.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;

use super::envelope::{Envelope, Extra};
use super::identity::{self, ActorId};
use super::{Actor, Mark, scheduler};
use crate::collections::vector;
use crate::value::Value;

static TRACERS: LazyLock<RwLock<HashMap<ActorId, Arc<Actor>>>> = LazyLock::new(Default::default);

/// Lets an actor hear of another's messages, or nobody any more.
pub(crate) fn set(actor: &Arc<Actor>, tracer: Option<Arc<Actor>>) {
    let mut tracers = TRACERS.write();
    match tracer {
        Some(tracer) => {
            tracers.insert(actor.id, tracer);
            actor.mark(Mark::Traced);
        }
        None => {
            tracers.remove(&actor.id);
            actor.unmark(Mark::Traced);
        }
    }
}

fn tell(actor: &Arc<Actor>, what: &str, fields: impl IntoIterator<Item = Value>) {
    let Some(tracer) = TRACERS.read().get(&actor.id).cloned() else {
        return;
    };
    let head = [
        Value::keyword("trace"),
        identity::pid_of(actor),
        Value::keyword(what),
    ];
    let event = vector::from_iter(head.into_iter().chain(fields));
    event.publish();
    if matches!(
        tracer.mailbox.push(Envelope::new(event, Extra::None)),
        Ok(true)
    ) {
        scheduler::schedule(tracer);
    }
}

/// A message came for a traced actor.
#[cold]
pub(super) fn received(actor: &Arc<Actor>, message: &Value) {
    tell(actor, "receive", [message.clone()]);
}

/// A traced actor sends a message.
#[cold]
pub(crate) fn sent(actor: &Arc<Actor>, message: &Value, to: &Value) {
    tell(actor, "send", [message.clone(), to.clone()]);
}

/// A traced actor has ended.
#[cold]
pub(super) fn ended(actor: &Arc<Actor>, reason: &Value) {
    tell(actor, "exit", [reason.clone()]);
    set(actor, None);
}
