//! What only the worker that runs an actor touches: what it is doing, its inbox, and, for those
//! that have any, its relations to others. Kept small: an idle actor is this, its head word and
//! the closure it waits with.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Actor;
use super::call::{Answer, Slot};
use super::coroutine::Coroutine;
use super::identity::ActorId;
use super::inbox::Inbox;
use super::monitor::Watcher;
use super::outcome::Sink;
use super::program::Job;
use super::timer::{self, TimerKey};
use crate::value::Value;

/// What an actor is doing between its turns.
pub(crate) enum Activity {
    /// Shall begin with this call.
    Start(Box<Start>),
    /// Waits for a message with this matcher, without a stack.
    Parked(Value),
    /// Waits in the middle of something.
    Suspended(Box<Coroutine>),
    /// A session without a job.
    Session,
    /// Runs, or has ended.
    None,
}

/// A call to begin with.
pub(crate) struct Start {
    pub(crate) function: Value,
    pub(crate) arguments: Vec<Value>,
}

/// Which part of an actor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// `init` of a definition; its spawn arguments are dropped.
    Init,
    /// The function it was spawned with, or a handler of a message.
    Body,
    /// `terminate` of a definition.
    Terminate,
    /// A job of a session.
    Job,
}

/// See the module's head.
pub(crate) struct Private {
    pub(crate) inbox: Inbox,
    pub(crate) activity: Activity,
    /// Who sent the last call that a clause took.
    pub(crate) caller: Option<Arc<Slot>>,
    rare: Option<Box<Rare>>,
    pub(crate) phase: Phase,
}

/// What few actors have.
#[derive(Default)]
pub(crate) struct Rare {
    pub(crate) links: HashMap<ActorId, Arc<Actor>, foldhash::fast::FixedState>,
    /// Who watches this actor, by reference number.
    pub(crate) watchers: HashMap<u64, Watcher, foldhash::fast::FixedState>,
    /// Whom this actor watches, by reference number.
    pub(crate) watched: HashMap<u64, Arc<Actor>, foldhash::fast::FixedState>,
    pub(crate) traps_exit: bool,
    /// The reason of an exit signal that shall end this actor (or the job of a session).
    pub(crate) doom: Option<Value>,
    /// The reason it ends with, while `terminate` runs.
    pub(crate) ending: Option<Value>,
    /// Dynamic bindings it was spawned with.
    pub(crate) inherited: Value,
    /// The definition it was spawned from, if that is still needed.
    pub(crate) definition: Option<Value>,
    /// Last state, for `terminate`.
    pub(crate) state: Option<Vec<Value>>,
    /// Calls that a later one replaced as current caller before they were answered.
    pub(super) unanswered: Vec<Arc<Slot>>,
    /// When the parked `receive` runs out of time.
    pub(super) deadline: Option<(Instant, TimerKey)>,
    pub(crate) is_session: bool,
    pub(crate) jobs: VecDeque<Job>,
    /// Where the result of the present job, or of the whole actor, goes.
    pub(crate) sink: Option<Sink>,
}

impl Private {
    pub(crate) fn new(activity: Activity, rare: Option<Box<Rare>>) -> Private {
        Private {
            inbox: Inbox::new(),
            activity,
            caller: None,
            rare,
            phase: Phase::Body,
        }
    }

    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    pub(crate) fn rare_if_any(&mut self) -> Option<&mut Rare> {
        self.rare.as_deref_mut()
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn is_session(&self) -> bool {
        self.rare.as_ref().is_some_and(|r| r.is_session)
    }

    pub(crate) fn doom(&self) -> Option<&Value> {
        self.rare.as_ref()?.doom.as_ref()
    }

    /// Ends the actor (or a session's job) at its next scheduling point. The first reason counts.
    /// `terminate` is not disturbed but by `:kill`.
    pub(crate) fn set_doom(&mut self, reason: Value) {
        let is_idle_session = self.is_session() && self.phase != Phase::Job;
        let is_protected = self.phase == Phase::Terminate && !reason.is_keyword("killed");
        if !is_idle_session && !is_protected {
            self.rare_mut().doom.get_or_insert(reason);
        }
    }

    /// A clause took a call.
    pub(crate) fn set_caller(&mut self, slot: Arc<Slot>) {
        if let Some(old) = self.caller.replace(slot) {
            self.keep_unanswered(old);
        }
    }

    /// A caller that may still be answered through its reference hears of this actor's end.
    pub(crate) fn keep_unanswered(&mut self, slot: Arc<Slot>) {
        if !slot.is_open() {
            return;
        }
        let unanswered = &mut self.rare_mut().unanswered;
        if unanswered.len() == unanswered.capacity() {
            unanswered.retain(|slot| slot.is_open());
        }
        unanswered.push(slot);
    }

    /// Tells all callers that no answer will come.
    pub(crate) fn refuse_callers(&mut self, reason: &Value) {
        let unanswered = self
            .rare
            .as_mut()
            .map(|r| std::mem::take(&mut r.unanswered));
        for slot in self
            .caller
            .take()
            .into_iter()
            .chain(unanswered.into_iter().flatten())
        {
            slot.fill(Answer::Down(reason.clone()));
        }
    }

    /// Starts to wait with a matcher.
    pub(crate) fn park(&mut self, matcher: Value, timeout: Option<Duration>, actor: &Arc<Actor>) {
        self.inbox.rewind();
        self.cancel_deadline();
        if let Some(at) = timeout.and_then(|t| Instant::now().checked_add(t)) {
            let key = timer::wake_at(at, actor.clone().into());
            self.rare_mut().deadline = Some((at, key));
        }
        self.phase = Phase::Body;
        self.activity = Activity::Parked(matcher);
    }

    /// Has the parked `receive` run out of time?
    pub(crate) fn is_overdue(&self) -> bool {
        let deadline = self.rare.as_ref().and_then(|r| r.deadline);
        deadline.is_some_and(|(at, _)| Instant::now() >= at)
    }

    pub(crate) fn cancel_deadline(&mut self) {
        let deadline = self.rare.as_mut().and_then(|r| r.deadline.take());
        if let Some((_, key)) = deadline {
            timer::cancel(key);
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.cancel_deadline();
    }
}
