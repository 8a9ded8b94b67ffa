//! What only the worker that runs an actor touches: what it is doing, its inbox, and, for those
//! that have any, its relations to others. Kept small: an idle actor is this, its head word and
//! the closure it waits with.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Actor;
use super::bound::Bound;
use super::call::{Answer, Slot};
use super::clock;
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
    /// Unlinks that the other has not answered yet: its links of before are void.
    pub(super) unlinking: HashMap<ActorId, u32, foldhash::fast::FixedState>,
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
    /// Who waits until `init` has returned.
    pub(super) starters: Vec<Arc<Slot>>,
    /// Ends by `:kill`: `terminate` does not run.
    pub(super) is_killed: bool,
    /// The definition whose code it goes on with at its next message.
    pub(super) reload: Option<Value>,
    /// The definition of the code it runs, if that is not the one it was spawned from.
    pub(super) reloaded: Option<Value>,
    /// How many messages may wait.
    pub(super) bound: Option<Arc<Bound>>,
    /// Of a task: who started it. Its end ends the task, but not the other way round.
    pub(super) parent: Option<Arc<Actor>>,
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

    /// A session that has nothing to do: there is nothing to end. A job that came together with the
    /// wish to end it has not begun yet.
    fn is_idle_session(&self) -> bool {
        let is_idle = |rare: &Rare| rare.is_session && rare.jobs.is_empty();
        self.phase != Phase::Job && self.rare.as_deref().is_some_and(is_idle)
    }

    pub(crate) fn doom(&self) -> Option<&Value> {
        self.rare.as_ref()?.doom.as_ref()
    }

    /// Ends the actor (or a session's job) at its next scheduling point. The first reason counts.
    /// `terminate` is not disturbed.
    pub(crate) fn set_doom(&mut self, reason: Value) {
        if !self.is_idle_session() && self.phase != Phase::Terminate {
            self.rare_mut().doom.get_or_insert(reason);
        }
    }

    /// Ends the actor at its next scheduling point, whatever it is doing.
    pub(crate) fn kill(&mut self) {
        if !self.is_idle_session() {
            let rare = self.rare_mut();
            rare.is_killed = true;
            rare.doom = Some(Value::keyword("killed"));
        }
    }

    /// Is it ending by `:kill`?
    pub(crate) fn is_killed(&self) -> bool {
        self.rare.as_ref().is_some_and(|r| r.is_killed)
    }

    /// The actor has begun (or ended, with this reason): who waits for that hears it.
    pub(crate) fn tell_starters(&mut self, ended: Option<&Value>) {
        let starters = self.rare.as_mut().map(|r| std::mem::take(&mut r.starters));
        for slot in starters.into_iter().flatten() {
            slot.fill(match ended {
                None => Answer::Reply(Value::NIL),
                Some(reason) => Answer::Down(reason.clone()),
            });
        }
    }

    /// The actors it is linked to.
    pub(crate) fn linked(&self) -> Vec<Arc<Actor>> {
        let links = self.rare.iter().flat_map(|rare| rare.links.values());
        links.cloned().collect()
    }

    /// A message came into the inbox that no sender has counted.
    pub(super) fn count_in(&self) {
        let bound = self.rare.as_ref().and_then(|rare| rare.bound.as_ref());
        bound.into_iter().for_each(|bound| bound.came());
    }

    /// A message was taken out of the inbox.
    pub(crate) fn count_out(&self) {
        let bound = self.rare.as_ref().and_then(|rare| rare.bound.as_ref());
        bound.into_iter().for_each(|bound| bound.left());
    }

    /// The actors it watches.
    pub(crate) fn watching(&self) -> Vec<Arc<Actor>> {
        let watched = self.rare.iter().flat_map(|rare| rare.watched.values());
        watched.cloned().collect()
    }

    pub(crate) fn traps_exit(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.traps_exit)
    }

    pub(crate) fn is_linked_to(&self, other: &Arc<Actor>) -> bool {
        let links = self.rare.as_ref().map(|rare| &rare.links);
        links.is_some_and(|links| links.contains_key(&other.id))
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
        if let Some(at) = timeout.and_then(|t| clock::now().checked_add(t)) {
            let key = timer::wake_at(at, actor.clone().into());
            self.rare_mut().deadline = Some((at, key));
        }
        self.phase = Phase::Body;
        self.activity = Activity::Parked(matcher);
    }

    /// Has the parked `receive` run out of time?
    pub(crate) fn is_overdue(&self) -> bool {
        let deadline = self.rare.as_ref().and_then(|r| r.deadline);
        deadline.is_some_and(|(at, _)| clock::now() >= at)
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
