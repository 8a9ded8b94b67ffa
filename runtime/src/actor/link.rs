//! Links: two actors that end together. The rules are Erlang's ("Processes" in its reference
//! manual): the signal of an end travels over the link with the reason; `:normal` ends nobody;
//! who traps exits gets `[:exit pid reason]` instead; `(exit pid :kill)` cannot be trapped and is
//! passed on as `:killed`.

use std::sync::Arc;

use super::Actor;
use super::identity::ActorId;
use super::private::Private;
use super::signal::{self, Exit, SignalKind};
use crate::value::Value;

/// Links the running actor to another.
pub(crate) fn link(actor: &Arc<Actor>, private: &mut Private, other: &Arc<Actor>) {
    if Arc::ptr_eq(actor, other) {
        return;
    }
    let rare = private.rare_mut();
    rare.links.insert(other.id, other.clone());
    // A task that links itself to who started it is linked as any other actor.
    rare.parent.take_if(|parent| Arc::ptr_eq(parent, other));
    signal::send(other, SignalKind::Link(actor.clone()));
}

/// Takes the running actor's link to another back: nothing comes over it any more.
pub(crate) fn unlink(actor: &Arc<Actor>, private: &mut Private, other: &Arc<Actor>) {
    let was_linked = private
        .rare_if_any()
        .is_some_and(|r| r.links.remove(&other.id).is_some());
    if was_linked {
        *private.rare_mut().unlinking.entry(other.id).or_default() += 1;
        signal::send(other, SignalKind::Unlink(actor.clone()));
    }
}

pub(super) fn receive_link(private: &mut Private, other: Arc<Actor>) {
    let rare = private.rare_mut();
    // The other made the link before it knew of this actor's unlink, which takes it back there.
    if rare.unlinking.contains_key(&other.id) {
        return;
    }
    rare.parent.take_if(|parent| Arc::ptr_eq(parent, &other));
    rare.links.insert(other.id, other);
}

pub(super) fn receive_unlink(actor: &Actor, private: &mut Private, other: &Arc<Actor>) {
    if let Some(rare) = private.rare_if_any() {
        rare.links.remove(&other.id);
    }
    signal::send(other, SignalKind::Unlinked(actor.id));
}

pub(super) fn receive_unlinked(private: &mut Private, other: ActorId) {
    let Some(rare) = private.rare_if_any() else {
        return;
    };
    if let Some(count) = rare.unlinking.get_mut(&other) {
        *count -= 1;
        if *count == 0 {
            rare.unlinking.remove(&other);
        }
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
        private.kill();
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
    let parent = rare.parent.take();
    for (_, other) in std::mem::take(&mut rare.links) {
        if parent.as_ref().is_some_and(|it| Arc::ptr_eq(it, &other)) {
            signal::send(&other, SignalKind::Unlink(actor.clone()));
            continue;
        }
        let exit = Exit {
            from: actor.clone(),
            reason: reason.clone(),
            by_link: true,
        };
        signal::send(&other, SignalKind::Exit(exit));
    }
}
