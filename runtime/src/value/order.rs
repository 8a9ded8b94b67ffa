//! `compare`: the total order of what Clojure compares: nil first, numbers, strings, characters,
//! booleans, keywords, symbols, vectors (shorter first), pids and references.
//!
//! Nothing that is compared can hold an unrealised sequence in a place that counts, so there is
//! nothing to ask for. The walk keeps its own stack.

use std::cmp::Ordering;

use super::Value;
use super::object::Kind;
use crate::actor::identity::{PidBody, ReferenceBody};
use crate::collections::vector;
use crate::failure::{Fault, FaultKind};
use crate::number;

/// `(compare a b)`
pub fn compare(a: &Value, b: &Value) -> Result<Ordering, Fault> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x.cmp(&y));
    }
    if let Some(order) = leaf(a, b)? {
        return Ok(order);
    }
    let mut open: Vec<(&Value, &Value, usize)> = vec![(a, b, 0)];
    while let Some((a, b, index)) = open.pop() {
        let (Some(x), Some(y)) = (vector::nth(a, index), vector::nth(b, index)) else {
            continue;
        };
        open.push((a, b, index + 1));
        match leaf(x, y)? {
            Some(Ordering::Equal) => {}
            Some(order) => return Ok(order),
            None => open.push((x, y, 0)),
        }
    }
    Ok(Ordering::Equal)
}

/// The number that `(compare a b)` gives: of texts and characters how far apart they are, as in Java.
pub fn difference(a: &Value, b: &Value) -> Result<i64, Fault> {
    if let (Some(a), Some(b)) = (a.as_char(), b.as_char()) {
        return Ok(i64::from(u32::from(a)) - i64::from(u32::from(b)));
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(text_difference(a, b));
    }
    let names = match (a.as_keyword(), b.as_keyword()) {
        (Some(a), Some(b)) => Some(((a.namespace(), a.name()), (b.namespace(), b.name()))),
        _ => match (a.as_symbol(), b.as_symbol()) {
            (Some(a), Some(b)) => Some(((a.namespace(), a.name()), (b.namespace(), b.name()))),
            _ => None,
        },
    };
    Ok(match names {
        Some(((Some(a), _), (Some(b), _))) if a != b => text_difference(a, b),
        Some(((a, name), (b, other))) if a == b => text_difference(name, other),
        _ => compare(a, b)? as i64,
    })
}

/// The difference of the first characters that differ, else of the lengths.
fn text_difference(a: &str, b: &str) -> i64 {
    let code = |c: char| i64::from(u32::from(c));
    match a.chars().zip(b.chars()).find(|(a, b)| a != b) {
        Some((a, b)) => code(a) - code(b),
        None => a.chars().count() as i64 - b.chars().count() as i64,
    }
}

/// The order of two values; `None` for two vectors of one length, whose elements decide.
fn leaf(a: &Value, b: &Value) -> Result<Option<Ordering>, Fault> {
    if a.is_nil() || b.is_nil() {
        return Ok(Some(b.is_nil().cmp(&a.is_nil())));
    }
    if number::is_number(a) && number::is_number(b) {
        return number::compare(a, b).map(Some);
    }
    if let (Some(a), Some(b)) = (a.as_char(), b.as_char()) {
        return Ok(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (a.as_keyword(), b.as_keyword()) {
        return Ok(Some(names(
            (a.namespace(), a.name()),
            (b.namespace(), b.name()),
        )));
    }
    if a.kind() != b.kind() {
        return Err(not_comparable(a, b));
    }
    match a.kind() {
        Some(Kind::Str) => Ok(Some(a.as_str().cmp(&b.as_str()))),
        Some(Kind::Symbol) => match (a.as_symbol(), b.as_symbol()) {
            (Some(a), Some(b)) => Ok(Some(names(
                (a.namespace(), a.name()),
                (b.namespace(), b.name()),
            ))),
            _ => Err(not_comparable(a, b)),
        },
        Some(Kind::Vector) => {
            let order = vector::len(a).cmp(&vector::len(b));
            Ok((order != Ordering::Equal).then_some(order))
        }
        Some(Kind::Pid) => {
            let key = |v: &Value| v.as_object::<PidBody>().map(PidBody::key);
            Ok(Some(key(a).cmp(&key(b))))
        }
        Some(Kind::Reference) => {
            let key = |v: &Value| v.as_object::<ReferenceBody>().map(ReferenceBody::key);
            Ok(Some(key(a).cmp(&key(b))))
        }
        Some(Kind::Native) => match (a.native_key(), b.native_key()) {
            (Some((class, x)), Some((other, y))) if class == other => compare(&x, &y).map(Some),
            _ => Err(not_comparable(a, b)),
        },
        _ => Err(not_comparable(a, b)),
    }
}

/// Names without a namespace come first, then by namespace, then by name.
fn names(a: (Option<&str>, &str), b: (Option<&str>, &str)) -> Ordering {
    a.cmp(&b)
}

#[cold]
fn not_comparable(a: &Value, b: &Value) -> Fault {
    let (class, other) = (super::class_name(a), super::class_name(b));
    let (shown, other_shown) = (super::print::short(a), super::print::short(b));
    let message = format!("`compare` cannot order {shown} ({class}) and {other_shown} ({other})");
    Fault::new(FaultKind::Type, message)
}
