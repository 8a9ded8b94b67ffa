//! The sequence protocol over what is at hand: lists, slices, ranges, vectors, and lazy cells that are
//! done. `None` where something must be asked, or made of what is no sequence: the functions of the
//! module above do that.

use super::or_empty;
use crate::collections::{lazy_seq, list, range, slice, vector};
use crate::value::Value;
use crate::value::object::Kind;

/// `(first value)`
pub(crate) fn first(value: &Value) -> Option<Value> {
    if value.is_nil() {
        return Some(Value::NIL);
    }
    match value.kind()? {
        Kind::List => Some(list::as_list(value)?.first().clone()),
        Kind::Vector => Some(vector::nth(value, 0).cloned().unwrap_or_default()),
        Kind::Slice => Some(slice::nth(value, 0).cloned().unwrap_or_default()),
        Kind::Range => range::as_range(value).map(|range| range.at(0)),
        Kind::LazySeq => first(lazy_seq::realised(value)?),
        _ => None,
    }
}

/// `(seq value)`
pub(crate) fn seq(value: &Value) -> Option<Value> {
    if value.is_nil() {
        return Some(Value::NIL);
    }
    match value.kind()? {
        Kind::List if list::as_list(value)?.is_empty() => Some(Value::NIL),
        Kind::List | Kind::Slice | Kind::Range => Some(value.clone()),
        Kind::Vector => Some(slice::of(value.clone(), 0)),
        Kind::LazySeq => lazy_seq::realised(value).cloned(),
        _ => None,
    }
}

/// `(rest value)`
pub(crate) fn rest(value: &Value) -> Option<Value> {
    following(value).map(or_empty)
}

/// `(next value)`
pub(crate) fn next(value: &Value) -> Option<Value> {
    seq(&following(value)?)
}

/// What follows the first item: a sequence, perhaps unrealised, or nil.
fn following(value: &Value) -> Option<Value> {
    if value.is_nil() {
        return Some(Value::NIL);
    }
    match value.kind()? {
        Kind::List => Some(list::as_list(value)?.rest().clone()),
        Kind::Vector => Some(slice::of(value.clone(), 1)),
        Kind::Slice => Some(slice::drop_first(value.clone(), 1)),
        Kind::Range => Some(range::drop_first(value.clone(), 1)),
        Kind::LazySeq => following(lazy_seq::realised(value)?),
        _ => None,
    }
}
