//! What actors cost: `runtime/stats`, and all actors at once for who watches them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::mpsc;

use super::actor::milliseconds;
use super::actor_inspection::{cpu_of, doing, kind_of, memory_of};
use crate::actor::identity::{self, pid_of};
use crate::actor::private::Private;
use crate::actor::signal::{self, SignalKind};
use crate::actor::timer::Sleep;
use crate::actor::{Actor, clock, load, registry, scheduler, waits_for_actors};
use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row, wait};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;

/// Objects that a survey looks at in each actor.
const SURVEYED_OBJECTS: usize = 10_000;

/// `(runtime/measure wanted)`
fn measure(_: &mut Cx, args: &mut [Value]) -> Flow {
    load::measure(args[0].is_truthy());
    Ok(Value::NIL)
}

/// `(runtime/stats)`
fn stats(_: &mut Cx, _: &mut [Value]) -> Flow {
    let (workers, handed_over) = scheduler::workers();
    let (counts, longest) = load::kept();
    let kept = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let kept = map::from_pairs(kept.map(|(at, count)| {
        let below = 1_usize << at;
        (
            number::from_usize(below),
            number::from_i128(i128::from(*count)),
        )
    }));
    Ok(map::from_pairs([
        (Value::keyword("workers"), number::from_usize(workers)),
        (
            Value::keyword("actors"),
            number::from_usize(identity::count()),
        ),
        (
            Value::keyword("handed-over"),
            number::from_i128(i128::from(handed_over)),
        ),
        (Value::keyword("kept-us"), kept),
        (
            Value::keyword("longest-us"),
            Value::float(longest as f64 / 1e3),
        ),
    ]))
}

/// What a survey tells of an actor.
fn row_of(actor: &Arc<Actor>, private: &Private) -> Value {
    let (status, function) = doing(actor, private);
    let name = registry::name_of(actor.id()).unwrap_or_default();
    let waiting = number::from_usize(private.inbox.len() as usize);
    let seen = map::from_pairs([
        (Value::keyword("pid"), pid_of(actor)),
        (Value::keyword("name"), name),
        (Value::keyword("kind"), kind_of(actor)),
        (Value::keyword("status"), status),
        (Value::keyword("function"), function),
        (Value::keyword("mailbox-size"), waiting),
        (Value::keyword("cpu-ms"), cpu_of(actor)),
        (
            Value::keyword("memory"),
            memory_of(private, SURVEYED_OBJECTS),
        ),
    ]);
    seen.publish();
    seen
}

/// `(survey* milliseconds)`: those that do not answer in time are not among them.
fn survey(_: &mut Cx, args: &mut [Value]) -> Flow {
    let patience = milliseconds("survey*", &args[0])?;
    let deadline = clock::now().checked_add(patience).ok_or_else(|| {
        let text = "`survey*`: that is longer than time goes";
        Fault::new(FaultKind::Number, text)
    })?;
    let (sender, mut answers) = mpsc::unbounded_channel();
    for actor in identity::all() {
        let (sender, looked_at) = (sender.clone(), actor.clone());
        let look = move |private: &Private| {
            // Who asked may have ended, or not want to know any more.
            let _ = sender.send(row_of(&looked_at, private));
        };
        signal::send(&actor, SignalKind::Inspect(Box::new(look)));
    }
    drop(sender);
    let mut sleep = Sleep::until(deadline);
    let mut seen = Vec::new();
    wait(std::future::poll_fn(move |context| {
        waits_for_actors();
        while let Poll::Ready(answer) = answers.poll_recv(context) {
            match answer {
                Some(answer) => seen.push(answer),
                None => return Poll::Ready(Ok(vector::from_vec(std::mem::take(&mut seen)))),
            }
        }
        Pin::new(&mut sleep)
            .poll(context)
            .map(|()| Ok(vector::from_vec(std::mem::take(&mut seen))))
    }))
}

/// Of `runtime`.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "runtime",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "measure",
        "[wanted]",
        exactly(1),
        measure,
        "Begins to measure for how long workers are kept between scheduling points, or stops; `stats` tells. It costs two system calls for each message.",
    ),
    row(
        "stats",
        "[]",
        exactly(0),
        stats,
        "How it goes: a map with :workers (threads that run actors at a time), :actors, :handed-over (how often another thread took the place of one that a long builtin kept) and, while `measure` is on, :kept-us (how often a worker was kept for less than that many microseconds of CPU time between two scheduling points, in powers of two) and :longest-us.",
    ),
];

/// Of core.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[row(
        "survey*",
        "[milliseconds]",
        exactly(1),
        survey,
        "What `inspect` tells in short, of all actors that answer in time.",
    )],
};
