//! What several tables need: taking arguments, reading positions, random numbers.

use std::cell::Cell;
use std::hash::BuildHasher;

use crate::actor::seeded;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;

/// Moves an argument out; nil if it was not given.
#[inline]
pub(super) fn take(args: &mut [Value], index: usize) -> Value {
    args.get_mut(index).map(std::mem::take).unwrap_or_default()
}

/// Moves all arguments from an index on out.
pub(super) fn take_all(args: &mut [Value], from: usize) -> Vec<Value> {
    args.get_mut(from..)
        .unwrap_or_default()
        .iter_mut()
        .map(std::mem::take)
        .collect()
}

/// The text of a string argument.
pub(super) fn text<'a>(who: &str, value: &'a Value) -> Result<&'a str, Fault> {
    value
        .as_str()
        .ok_or_else(|| Fault::wrong_type(who, "a string", value))
}

/// Makes a message ready for another actor. Arrays stay where they are: whoever gets a message must
/// find it as it was sent.
pub(super) fn publish_message(who: &str, message: &Value) -> Result<(), Fault> {
    if !message.publish_and_look() {
        return Ok(());
    }
    let shown = crate::value::print::short(message);
    let text = format!("`{who}`: {shown} holds an array, which may change after it was sent");
    Err(Fault::new(FaultKind::Type, text).hint("send what never changes: `(vec array)`"))
}

/// An index or a count argument.
pub(super) fn position(who: &str, value: &Value) -> Result<usize, Fault> {
    match number::as_i64(value) {
        Some(n) => usize::try_from(n).map_err(|_| {
            Fault::new(
                FaultKind::Index,
                format!("`{who}`: index {n} is below zero"),
            )
        }),
        None => Err(Fault::wrong_type(who, "an integer index", value)),
    }
}

#[cold]
pub(super) fn out_of_bounds(who: &str, index: usize, count: usize) -> Fault {
    let items = if count == 1 {
        "1 item".to_owned()
    } else {
        format!("{count} items")
    };
    Fault::new(
        FaultKind::Index,
        format!("`{who}`: index {index} is outside of {items}"),
    )
}

thread_local! {
    static RANDOM: Cell<u64> =
        Cell::new(foldhash::fast::RandomState::default().hash_one(std::process::id()));
}

/// 64 random bits (SplitMix64), good for simulation, not for secrets.
#[inline(never)]
pub(super) fn random() -> u64 {
    if let Some(drawn) = seeded::draw() {
        return drawn;
    }
    RANDOM.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        let mixed = (next ^ next >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    })
}
