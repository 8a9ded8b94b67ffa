//! What plain functions may come to besides a value: giving up, failing; and what they write.

use std::collections::BTreeSet;

use super::plain::{PlainFunction, PlainFunctions};
use super::plain_types::Plain;
use super::ranges::Ranges;
use crate::ir::entity::ValueId;
use crate::ir::instruction::{Inst, Op};
use crate::ir::operator::{ArithOp, UnaryOp};

/// May the instruction come to what is no plain value?
pub(super) fn may_give_up(inst: &Inst, types: &[Option<Plain>], ranges: &Ranges) -> bool {
    let is_integer = |value: &ValueId| types[value.index()] == Some(Plain::I64);
    match (&inst.op, inst.result) {
        (Op::Arith(op, ..), Some(result)) if is_integer(&result) => match op {
            ArithOp::Div => true,
            ArithOp::ShiftLeft | ArithOp::ShiftRight => true,
            ArithOp::BitAnd | ArithOp::BitOr | ArithOp::BitXor | ArithOp::Max | ArithOp::Min => {
                false
            }
            ArithOp::Rem | ArithOp::Mod => false,
            _ => !ranges.fits(result),
        },
        (Op::Unary(op, a), Some(_)) => match op {
            UnaryOp::Neg | UnaryOp::Abs => {
                is_integer(a) && inst.result.is_some_and(|r| !ranges.fits(r))
            }
            UnaryOp::ToLong => !is_integer(a),
            _ => false,
        },
        (Op::Compare(_, a, b), _) => {
            let is_wide = |value: &ValueId| is_integer(value) && !ranges.is_small(*value);
            is_integer(a) != is_integer(b) && (is_wide(a) || is_wide(b))
        }
        _ => false,
    }
}

/// May the instruction fail?
pub(super) fn may_fail(inst: &Inst, types: &[Option<Plain>], ranges: &Ranges) -> bool {
    let is_integer = |value: &ValueId| types[value.index()] == Some(Plain::I64);
    match &inst.op {
        Op::ArrayGet(..) | Op::ArraySet(..) | Op::Poll => true,
        Op::Arith(op, a, b) => match op {
            ArithOp::Div => is_integer(b) && !ranges.is_never_zero(*b),
            ArithOp::Quot | ArithOp::Rem | ArithOp::Mod => {
                is_integer(a) && !ranges.is_never_zero(*b)
            }
            _ => false,
        },
        _ => false,
    }
}

/// What a function does, all that it calls do.
pub(super) fn spread_effects(found: &mut PlainFunctions) {
    let all: Vec<usize> = found.keys().copied().collect();
    for place in &all {
        let is_recursive = reaches(found, *place, *place);
        if let Some(function) = found.get_mut(place) {
            function.is_recursive = is_recursive;
            function.gives_up |= is_recursive;
            function.may_fail |= is_recursive;
        }
    }
    let mut changed = true;
    while std::mem::replace(&mut changed, false) {
        for place in &all {
            let calls = found[place].calls.iter();
            let effects = calls.filter_map(|callee| found.get(callee));
            let effects = effects.fold((false, false, false), |all, one| {
                (
                    all.0 | one.gives_up,
                    all.1 | one.may_fail,
                    all.2 | one.writes,
                )
            });
            let Some(function) = found.get_mut(place) else {
                continue;
            };
            let before = (function.gives_up, function.may_fail, function.writes);
            function.gives_up |= effects.0;
            function.may_fail |= effects.1;
            function.writes |= effects.2;
            changed |= before != (function.gives_up, function.may_fail, function.writes);
        }
    }
}

/// Does one function call another one, perhaps through others?
fn reaches(found: &PlainFunctions, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending: Vec<usize> = found[&from].calls.iter().copied().collect();
    while let Some(place) = pending.pop() {
        if place == to {
            return true;
        }
        if seen.insert(place) {
            pending.extend(
                found
                    .get(&place)
                    .iter()
                    .flat_map(|function| &function.calls),
            );
        }
    }
    false
}

/// What writes must not begin again; nor can what calls it.
pub(super) fn without_writers_that_give_up(mut found: PlainFunctions) -> PlainFunctions {
    loop {
        let refused = |(place, function): (&usize, &PlainFunction)| {
            let is_missing = function
                .calls
                .iter()
                .any(|callee| !found.contains_key(callee));
            (is_missing || function.writes && function.gives_up).then_some(*place)
        };
        let refused: Vec<usize> = found.iter().filter_map(refused).collect();
        if refused.is_empty() {
            return found;
        }
        refused.iter().for_each(|place| drop(found.remove(place)));
    }
}
