//! Signals: what one actor does to another besides sending it messages. They travel in the
//! mailbox, so they keep their order among the messages of one sender, and each is handled by the
//! actor it reaches, which alone touches its own relations.
//!
//! To add one: a variant of [`SignalKind`], its arm in [`receive`] and, for what its sender must
//! hear when the actor has ended, in [`bounce`].

use std::sync::Arc;

use super::call::{Answer, Slot};
use super::envelope::{Envelope, Extra};
use super::identity::ActorId;
use super::monitor::Watcher;
use super::private::{Phase, Private};
use super::program::Job;
use super::{Actor, identity, link, monitor, scheduler};
use crate::collections::vector;
use crate::value::Value;

/// See the module's head.
pub(crate) enum SignalKind {
    /// Somebody ended, or asks this actor to end.
    Exit(Exit),
    /// A watched actor ended.
    Down {
        /// Number of the monitor.
        reference: u64,
        /// Who ended.
        from: Arc<Actor>,
        /// Why.
        reason: Value,
    },
    /// The sender is linked to this actor now.
    Link(Arc<Actor>),
    /// The sender is linked no more.
    Unlink(Arc<Actor>),
    /// An `Unlink` of this actor has reached the other.
    Unlinked(ActorId),
    /// This actor shall link itself to another.
    LinkWith(Arc<Actor>),
    /// Somebody watches this actor.
    Monitor {
        /// Number of the monitor.
        reference: u64,
        /// Who hears of the end.
        watcher: Watcher,
    },
    /// Somebody watches it no more.
    Demonitor {
        /// Number of the monitor.
        reference: u64,
    },
    /// Somebody waits until its `init` has returned.
    AwaitStart(Arc<Slot>),
    /// Its supervisor asks it to end: as an exit signal, which one who traps exits hears between two
    /// messages of its loop.
    Retire(Exit),
    /// It shall end with this reason, trapping exits or not.
    Doom(Value),
    /// It shall go on with the code of this definition.
    Reload(Value),
    /// The running job of a session shall fail with this reason.
    Interrupt(Value),
    /// A session shall do this.
    Job(Job),
    /// Somebody wants to know something that only this actor can look at.
    Inspect(Box<dyn FnOnce(&Private) + Send>),
}

/// An exit signal.
pub(crate) struct Exit {
    /// Who ended, or who asks.
    pub(crate) from: Arc<Actor>,
    /// Published.
    pub(crate) reason: Value,
    /// Came over a link; else by `(exit pid reason)`.
    pub(crate) by_link: bool,
}

/// Sends a signal.
pub(crate) fn send(to: &Arc<Actor>, kind: SignalKind) {
    match to.mailbox.push(Envelope::signal(kind)) {
        Ok(true) => scheduler::schedule(to.clone()),
        Ok(false) => {}
        Err(envelope) => bounce(to, *envelope, &Value::keyword("noproc")),
    }
}

/// What the sender of an envelope hears when the actor has ended.
pub(crate) fn bounce(to: &Arc<Actor>, envelope: Envelope, reason: &Value) {
    let kind = match envelope.extra {
        Extra::None | Extra::Retire => return,
        Extra::Call(slot) => {
            slot.fill(Answer::Down(reason.clone()));
            return;
        }
        Extra::Signal(kind) => *kind,
    };
    match kind {
        SignalKind::Link(other) => {
            let exit = Exit {
                from: to.clone(),
                reason: reason.clone(),
                by_link: true,
            };
            send(&other, SignalKind::Exit(exit));
        }
        SignalKind::Monitor { reference, watcher } => watcher.tell(reference, to, reason),
        SignalKind::Unlink(other) => send(&other, SignalKind::Unlinked(to.id)),
        SignalKind::AwaitStart(slot) => {
            slot.fill(Answer::Down(reason.clone()));
        }
        // The sender of these expects nothing; the outcome of a job and the answer of an
        // inspection tell by their drop.
        SignalKind::Exit(_)
        | SignalKind::Down { .. }
        | SignalKind::Unlinked(_)
        | SignalKind::LinkWith(_)
        | SignalKind::Demonitor { .. }
        | SignalKind::Retire(_)
        | SignalKind::Doom(_)
        | SignalKind::Reload(_)
        | SignalKind::Interrupt(_)
        | SignalKind::Job(_)
        | SignalKind::Inspect(_) => {}
    }
}

/// The running actor takes over what has come.
#[inline]
pub(crate) fn take_over(actor: &Arc<Actor>, private: &mut Private) {
    let before = private.inbox.len();
    for envelope in actor.mailbox.take() {
        if matches!(envelope.extra, Extra::Signal(_)) {
            if let Extra::Signal(kind) = envelope.extra {
                receive(actor, private, *kind);
            }
        } else {
            private.inbox.push(envelope);
        }
    }
    let now = private.inbox.len();
    if now >= MANY_MESSAGES && now.ilog2() > before.max(1).ilog2() {
        warn_of_growth(actor, now);
    }
}

/// From so many waiting messages on, each doubling is told.
const MANY_MESSAGES: u32 = 1 << 20;

#[cold]
fn warn_of_growth(actor: &Actor, count: u32) {
    let name = super::registry::name_of(actor.id).map_or_else(String::new, |name| {
        format!(" ({})", crate::value::print::short(&name))
    });
    eprintln!(
        "warning: {count} messages wait for {}{name}, which takes them slower than they come\n  \
         help: `(limit-mailbox n :block)` in it holds its senders up",
        actor.id
    );
}

fn receive(actor: &Arc<Actor>, private: &mut Private, kind: SignalKind) {
    match kind {
        SignalKind::Exit(exit) => link::receive_exit(private, exit),
        SignalKind::Down {
            reference,
            from,
            reason,
        } => {
            monitor::receive_down(private, reference, &from, reason);
        }
        SignalKind::Link(other) => link::receive_link(private, other),
        SignalKind::Unlink(other) => link::receive_unlink(actor, private, &other),
        SignalKind::Unlinked(other) => link::receive_unlinked(private, other),
        SignalKind::LinkWith(other) => link::link(actor, private, &other),
        SignalKind::Monitor { reference, watcher } => {
            private.rare_mut().watchers.insert(reference, watcher);
        }
        SignalKind::Demonitor { reference } => {
            if let Some(rare) = private.rare_if_any() {
                rare.watchers.remove(&reference);
            }
        }
        SignalKind::AwaitStart(slot) => {
            private.rare_mut().starters.push(slot);
            if private.phase != Phase::Init {
                private.tell_starters(None);
            }
        }
        SignalKind::Retire(exit) if private.traps_exit() => {
            let message = exit_message(&exit.from, exit.reason);
            private.count_in();
            private.inbox.push(Envelope::new(message, Extra::Retire));
        }
        SignalKind::Retire(exit) => link::receive_exit(private, exit),
        SignalKind::Doom(reason) => private.set_doom(reason),
        SignalKind::Reload(definition) => private.rare_mut().reload = Some(definition),
        SignalKind::Interrupt(reason) => {
            if private.is_session() {
                private.set_doom(reason);
            }
        }
        SignalKind::Job(job) => private.rare_mut().jobs.push_back(job),
        SignalKind::Inspect(look) => look(private),
    }
}

fn report(tag: &str, fields: impl IntoIterator<Item = Value>) -> Value {
    let items = std::iter::once(Value::keyword(tag)).chain(fields);
    let message = vector::from_iter(items);
    message.publish();
    message
}

fn exit_message(from: &Arc<Actor>, reason: Value) -> Value {
    report("exit", [identity::pid_of(from), reason])
}

/// Puts a message that tells of a signal into the actor's own inbox: `[:tag …]`.
pub(crate) fn deliver(private: &mut Private, tag: &str, fields: impl IntoIterator<Item = Value>) {
    let message = report(tag, fields);
    private.count_in();
    private.inbox.push(Envelope::new(message, Extra::None));
}

/// `[:exit pid reason]`.
pub(crate) fn deliver_exit(private: &mut Private, from: &Arc<Actor>, reason: Value) {
    deliver(private, "exit", [identity::pid_of(from), reason]);
}
