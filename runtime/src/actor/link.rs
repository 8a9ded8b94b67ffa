//! Links: two actors that end together. The rules are Erlang's ("Processes" in its reference
//! manual): the signal of an end travels over the link with the reason; `:normal` ends nobody;
//! who traps exits gets `[:exit pid reason]` instead; `(exit pid :kill)` cannot be trapped and is
//! passed on as `:killed`.

use std::sync::Arc;

use super::Actor;
use super::private::Private;
use super::signal::{self, Exit, SignalKind};
use crate::value::Value;

/// Links the running actor to another.
pub(crate) fn link(actor: &Arc<Actor>, private: &mut Private, other: &Arc<Actor>) {
    if Arc::ptr_eq(actor, other) {
        return;
    }
    private.rare_mut().links.insert(other.id, other.clone());
    signal::send(other, SignalKind::Link(actor.clone()));
}

/// Takes the running actor's link to another back: nothing comes over it any more.
pub(crate) fn unlink(actor: &Arc<Actor>, private: &mut Private, other: &Arc<Actor>) {
    let was_linked = private
        .rare_if_any()
        .is_some_and(|r| r.links.remove(&other.id).is_some());
    if was_linked {
        signal::send(other, SignalKind::Unlink(actor.clone()));
    }
}

pub(super) fn receive_link(private: &mut Private, other: Arc<Actor>) {
    private.rare_mut().links.insert(other.id, other);
}

pub(super) fn receive_unlink(private: &mut Private, other: &Arc<Actor>) {
    if let Some(rare) = private.rare_if_any() {
        rare.links.remove(&other.id);
    }
}

pub(super) fn receive_exit(private: &mut Private, exit: Exit) {
    if exit.by_link {
        let is_linked = private
            .rare_if_any()
            .is_some_and(|r| r.links.remove(&exit.from.id).is_some());
        if !is_linked {
            return;
        }
    } else if exit.reason.is_keyword("kill") {
        private.set_doom(Value::keyword("killed"));
        return;
    }
    if private.rare().is_some_and(|r| r.traps_exit) {
        signal::deliver_exit(private, &exit.from, exit.reason);
    } else if !exit.reason.is_keyword("normal") {
        private.set_doom(exit.reason);
    }
}

/// Tells everybody linked that the actor ended.
pub(crate) fn announce(actor: &Arc<Actor>, private: &mut Private, reason: &Value) {
    let Some(rare) = private.rare_if_any() else {
        return;
    };
    for (_, other) in std::mem::take(&mut rare.links) {
        let exit = Exit {
            from: actor.clone(),
            reason: reason.clone(),
            by_link: true,
        };
        signal::send(&other, SignalKind::Exit(exit));
    }
}
