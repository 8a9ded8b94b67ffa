//! One turn of an actor: from being taken out of a run queue until it waits, ends, or has used up
//! its slice.
//!
//! Each step looks at what the actor is doing and at what has come for it, enters or resumes a
//! coroutine, and files what comes back. Between steps everything is in the actor's [`Private`],
//! so that after a successful `try_wait` another worker may go on with it at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::board::Board;
use super::call::Slot;
use super::coroutine::{self, Command, Coroutine, Through, Yielded};
use super::definition::ActorDefinition;
use super::ending::{self, Ending};
use super::envelope::{Envelope, Extra};
use super::identity::ActorId;
use super::mailbox::WaitFor;
use super::private::{Activity, Phase, Private, Start};
use super::waiting::{self, Pending};
use super::{Actor, load, signal};
use crate::collections::vector;
use crate::failure::{Fault, FaultKind};
use crate::value::{Control, Value};

/// Coroutines a worker keeps at hand.
const SPARE_MAX: usize = 8;

/// What a worker works with.
pub(super) struct Hands {
    #[expect(
        clippy::vec_box,
        reason = "it moves between pool, workers and actors as a box"
    )]
    spare: Vec<Box<Coroutine>>,
    board: Arc<Board>,
    /// Whose turn it is, to end that actor after a bug in this code.
    pub(super) current: Option<ActorId>,
}

enum Step {
    /// Nothing to do until something comes.
    Wait(WaitFor),
    /// Enter a function, its arguments being spilled.
    Enter(Box<Coroutine>, Value, u64),
    /// Go on where it was suspended.
    Resume(Box<Coroutine>, Command),
    /// The actor ends.
    End(Ending),
    /// It has ended.
    Gone,
}

impl Hands {
    pub(super) fn new(board: Arc<Board>) -> Hands {
        Hands {
            spare: Vec::new(),
            board,
            current: None,
        }
    }

    fn take(&mut self) -> Result<Box<Coroutine>, Fault> {
        match self.spare.pop() {
            Some(coroutine) => Ok(coroutine),
            None => coroutine::take().map_err(|error| {
                Fault::new(FaultKind::Memory, format!("no memory for a stack: {error}"))
            }),
        }
    }

    fn give_back(&mut self, mut coroutine: Box<Coroutine>) {
        coroutine.reset();
        if self.spare.len() < SPARE_MAX {
            self.spare.push(coroutine);
        } else {
            coroutine::give_back(coroutine);
        }
    }

    fn is_overdue(&self) -> bool {
        self.board.overdue.load(Ordering::Relaxed)
    }

    /// A stretch between two scheduling points is over.
    fn note_stretch(&self, begun: Option<u64>) {
        if let Some(begun) = begun {
            load::end(&self.board, begun);
        }
    }

    fn announce(&self, coroutine: &Coroutine) {
        self.board
            .running
            .store(coroutine.cx_pointer(), Ordering::Release);
    }
}

/// Runs an actor's turn. Gives the actor back if it used up its slice and wants to go on.
pub(super) fn turn(hands: &mut Hands, mut actor: Arc<Actor>) -> Option<Arc<Actor>> {
    hands.current = Some(actor.id);
    loop {
        let begun = load::begin();
        // SAFETY: this worker took the actor out of a run queue, so it is the one that runs it,
        // and borrows of earlier rounds have ended.
        let private = unsafe { actor.private.get() };
        signal::take_over(&actor, private);
        let (coroutine, yielded);
        match next_step(hands, &actor, private) {
            Step::Wait(wait_for) => {
                if actor.mailbox.try_wait(wait_for) {
                    return None;
                }
                continue;
            }
            Step::Enter(mut entered, function, count) => {
                hands.announce(&entered);
                (actor, yielded) = entered.enter(actor, function, count);
                coroutine = entered;
            }
            Step::Resume(mut resumed, command) => {
                hands.announce(&resumed);
                (actor, yielded) = resumed.resume(actor, command);
                coroutine = resumed;
            }
            Step::End(end) => {
                if ending::begin(&actor, private, end) {
                    return None;
                }
                continue;
            }
            Step::Gone => return None,
        }
        hands.note_stretch(begun);
        // SAFETY: as above; the coroutine has suspended, so nothing on it borrows.
        let private = unsafe { actor.private.get() };
        match yielded {
            Yielded::Finished(word) => {
                let end = finished(&actor, private, coroutine, word, hands);
                if end.is_some_and(|end| ending::begin(&actor, private, end)) {
                    return None;
                }
            }
            Yielded::Slice => {
                private.activity = Activity::Suspended(coroutine);
                return Some(actor);
            }
            Yielded::Future | Yielded::Message => {
                private.activity = Activity::Suspended(coroutine);
            }
        }
        if hands.is_overdue() {
            return Some(actor);
        }
    }
}

fn next_step(hands: &mut Hands, actor: &Arc<Actor>, private: &mut Private) -> Step {
    match std::mem::replace(&mut private.activity, Activity::None) {
        Activity::Start(start) => match private.doom() {
            Some(reason) => Step::End(Ending::signalled(reason.clone())),
            None => begin(hands, private, *start),
        },
        Activity::Parked(matcher) => parked(hands, actor, private, matcher),
        Activity::Suspended(coroutine) => suspended(actor, private, coroutine),
        Activity::Session => session(hands, private),
        Activity::None => Step::Gone,
    }
}

fn begin(hands: &mut Hands, private: &Private, start: Start) -> Step {
    match hands.take() {
        Ok(mut coroutine) => {
            let count = coroutine.spill(start.arguments);
            inherit(&mut coroutine, private);
            coroutine.cx().coroutine.began_with = start.function.clone();
            Step::Enter(coroutine, start.function, count)
        }
        Err(fault) => Step::End(Ending::fault(fault)),
    }
}

fn inherit(coroutine: &mut Coroutine, private: &Private) {
    let inherited = private
        .rare()
        .map_or(Value::NIL, |rare| rare.inherited.clone());
    coroutine.cx().coroutine.inherited = inherited;
}

fn parked(hands: &mut Hands, actor: &Actor, private: &mut Private, matcher: Value) -> Step {
    if let Some(reason) = private.doom() {
        return Step::End(Ending::signalled(reason.clone()));
    }
    if let Some(start) = reloaded(actor, private, &matcher) {
        return begin(hands, private, start);
    }
    let has_message = private.inbox.has_unexamined();
    if !has_message && !private.is_overdue() {
        private.activity = Activity::Parked(matcher);
        return Step::Wait(WaitFor::Messages);
    }
    let mut coroutine = match hands.take() {
        Ok(coroutine) => coroutine,
        Err(fault) => return Step::End(Ending::fault(fault)),
    };
    inherit(&mut coroutine, private);
    match private.inbox.take_candidate() {
        Some(envelope) if matches!(envelope.extra, Extra::Retire) => {
            let reason = vector::iter(&envelope.message).nth(2).cloned();
            hands.give_back(coroutine);
            return Step::End(Ending::signalled(reason.unwrap_or_default()));
        }
        Some(envelope) => {
            private.count_out();
            coroutine.show(private, *envelope);
        }
        None => {
            private.cancel_deadline();
            coroutine.cx().spill[0] = Control::Timeout.word();
        }
    }
    Step::Enter(coroutine, matcher, 1)
}

/// What an actor that has been given newer code does next, with the state it has.
fn reloaded(actor: &Actor, private: &mut Private, matcher: &Value) -> Option<Start> {
    let definition = private.rare_if_any()?.reload.take()?;
    let state = actor.state_in(matcher, private)?;
    let (start, phase) = definition
        .as_native::<ActorDefinition>()?
        .after_reload(state);
    let rare = private.rare_mut();
    rare.definition = Some(definition.clone());
    rare.reloaded = Some(definition);
    private.cancel_deadline();
    private.phase = phase;
    Some(start)
}

fn suspended(actor: &Arc<Actor>, private: &mut Private, mut coroutine: Box<Coroutine>) -> Step {
    coroutine.outside = None;
    if let Some(reason) = private.doom() {
        coroutine.raise_exit(reason.clone());
        coroutine.end_wait();
        return Step::Resume(coroutine, Command::Fail);
    }
    match coroutine.why {
        Yielded::Slice | Yielded::Finished(_) => Step::Resume(coroutine, Command::Go),
        Yielded::Future => await_future(actor, private, coroutine),
        Yielded::Message => {
            if private.inbox.has_unexamined() || coroutine.is_overdue(actor) {
                coroutine.end_wait();
                return Step::Resume(coroutine, Command::Go);
            }
            private.activity = Activity::Suspended(coroutine);
            Step::Wait(WaitFor::Messages)
        }
    }
}

fn await_future(actor: &Arc<Actor>, private: &mut Private, mut coroutine: Box<Coroutine>) -> Step {
    let Some(future) = coroutine.future() else {
        return Step::Resume(coroutine, Command::Go);
    };
    match waiting::poll(future, &actor.clone().into()) {
        Ok(outcome) => {
            coroutine.set_outcome(outcome);
            Step::Resume(coroutine, Command::Go)
        }
        Err(pending) => {
            coroutine.outside = matches!(pending, Pending::Outside).then(waiting::keep_alive);
            private.activity = Activity::Suspended(coroutine);
            Step::Wait(WaitFor::Wakers)
        }
    }
}

fn session(hands: &mut Hands, private: &mut Private) -> Step {
    let job = private.rare_if_any().and_then(|rare| rare.jobs.pop_front());
    let Some(job) = job else {
        private.activity = Activity::Session;
        return Step::Wait(WaitFor::Wakers);
    };
    private.phase = Phase::Job;
    private.rare_mut().sink = Some(job.sink);
    begin(
        hands,
        private,
        Start {
            function: job.function,
            arguments: job.arguments,
        },
    )
}

/// Files what an entered function gave. `Some`: the actor ends.
fn finished(
    actor: &Arc<Actor>,
    private: &mut Private,
    mut coroutine: Box<Coroutine>,
    word: u64,
    hands: &mut Hands,
) -> Option<Ending> {
    let through = coroutine.through(word);
    let refused = matches!(through, Through::Refused { .. });
    let slot = coroutine.settle_caller(private, !refused);
    let end = match (private.phase, through) {
        (Phase::Body, Through::Parked(parked)) => {
            private.park(parked.matcher, parked.timeout, actor);
            None
        }
        (Phase::Body, Through::Refused { message, matcher }) => {
            refuse(private, message, slot);
            private.activity = Activity::Parked(matcher);
            None
        }
        (Phase::Init, Through::Value(state)) => after_init(private, state),
        (_, Through::Value(value)) => Some(Ending::normal(value)),
        (_, Through::Failed) => Some(Ending::failed(&mut coroutine)),
        (_, Through::Parked(_) | Through::Refused { .. }) => Some(Ending::fault(misplaced())),
    };
    hands.give_back(coroutine);
    end
}

fn refuse(private: &mut Private, message: Value, slot: Option<Arc<Slot>>) {
    if !message.is_control() {
        let extra = slot.map_or(Extra::None, Extra::Call);
        private.count_in();
        private.inbox.refuse(Envelope::new(message, extra));
    }
}

fn after_init(private: &mut Private, state: Value) -> Option<Ending> {
    let definition = private
        .rare_if_any()
        .and_then(|rare| rare.definition.clone())?;
    let definition_body = definition.as_native::<ActorDefinition>()?;
    match definition_body.after_init(state) {
        Ok(start) => {
            if !definition_body.has_terminate() {
                private.rare_mut().definition = None;
            }
            private.phase = Phase::Body;
            private.tell_starters(None);
            private.activity = Activity::Start(Box::new(start));
            None
        }
        Err(fault) => Some(Ending::fault(fault)),
    }
}

#[cold]
fn misplaced() -> Fault {
    Fault::new(
        FaultKind::Call,
        "a `receive` that an actor waits with cannot stand here",
    )
    .hint("spawn the actor, and send it messages")
}
