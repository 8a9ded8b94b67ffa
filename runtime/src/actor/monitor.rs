//! Monitors: one-way watching. The watcher hears `[:down ref pid reason]` once, also of an actor
//! that has ended already (reason `:noproc`).

use std::sync::Arc;

use super::Actor;
use super::call::{Answer, Slot};
use super::identity::{self, Target};
use super::private::Private;
use super::signal::{self, SignalKind};
use crate::value::Value;

/// Who hears of an end.
pub(crate) enum Watcher {
    /// Gets a message.
    Actor(Arc<Actor>),
    /// Waits in the middle of something, or is no actor.
    Slot(Arc<Slot>),
}

impl Watcher {
    /// Tells that `who` ended.
    pub(super) fn tell(self, reference: u64, who: &Arc<Actor>, reason: &Value) {
        let reason = reason.clone();
        match self {
            Watcher::Actor(watcher) => {
                let down = SignalKind::Down {
                    reference,
                    from: who.clone(),
                    reason,
                };
                signal::send(&watcher, down);
            }
            Watcher::Slot(slot) => {
                slot.fill(Answer::Down(reason));
            }
        }
    }
}

/// The running actor watches another; gives the reference.
pub(crate) fn monitor(actor: &Arc<Actor>, private: &mut Private, other: &Arc<Actor>) -> Value {
    let reference = identity::new_reference_number();
    private.rare_mut().watched.insert(reference, other.clone());
    let watcher = Watcher::Actor(actor.clone());
    signal::send(other, SignalKind::Monitor { reference, watcher });
    identity::make_reference(reference, Target::Monitor)
}

/// The running actor watches no more; nothing comes for this reference afterwards.
pub(crate) fn demonitor(private: &mut Private, reference: u64) {
    let other = private
        .rare_if_any()
        .and_then(|r| r.watched.remove(&reference));
    if let Some(other) = other {
        signal::send(&other, SignalKind::Demonitor { reference });
    }
}

/// Fills the slot with the reason when the actor ends.
pub(crate) fn watch(other: &Arc<Actor>, slot: Arc<Slot>) {
    let reference = identity::new_reference_number();
    signal::send(
        other,
        SignalKind::Monitor {
            reference,
            watcher: Watcher::Slot(slot),
        },
    );
}

pub(super) fn receive_down(
    private: &mut Private,
    reference: u64,
    from: &Arc<Actor>,
    reason: Value,
) {
    let is_watched = private
        .rare_if_any()
        .is_some_and(|r| r.watched.remove(&reference).is_some());
    if is_watched {
        let reference = identity::make_reference(reference, Target::Monitor);
        signal::deliver(private, "down", [reference, identity::pid_of(from), reason]);
    }
}

/// Tells everybody who watches that the actor ended.
pub(crate) fn announce(actor: &Arc<Actor>, private: &mut Private, reason: &Value) {
    let Some(rare) = private.rare_if_any() else {
        return;
    };
    for (reference, watcher) in std::mem::take(&mut rare.watchers) {
        watcher.tell(reference, actor, reason);
    }
}
