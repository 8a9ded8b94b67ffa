//! Realising a value to its depths, so that hashing, printing and key lookup never meet an
//! unrealised lazy sequence. Keeps its own stack: depth of data costs no native stack.

use super::map;
use super::seq::{Cursor, Step};
use super::vector;
use crate::builtin::Flow;
use crate::context::Cx;
use crate::value::Value;
use crate::value::object::Kind;

/// Can something unrealised be inside?
#[inline]
pub(crate) fn is_composite(value: &Value) -> bool {
    matches!(
        value.kind(),
        Some(
            Kind::Vector
                | Kind::List
                | Kind::LazySeq
                | Kind::Slice
                | Kind::Queue
                | Kind::Map
                | Kind::SortedMap
        )
    )
}

/// The places to walk in a composite value. Keys and members are realised already.
fn cursor_of(value: Value) -> Option<Cursor> {
    let value = if map::is_map(&value) {
        let composite = map::iter(&value)
            .map(|(_, v)| v)
            .filter(|v| is_composite(v))
            .cloned();
        vector::from_iter(composite)
    } else {
        value
    };
    Cursor::new("seq", value).ok()
}

/// Realises everything in `value`, then goes on with it.
#[inline]
pub fn realise(
    cx: &mut Cx,
    value: Value,
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    if !is_composite(&value) {
        return then(cx, value);
    }
    let walk = cursor_of(value.clone()).into_iter().collect();
    go_on(cx, walk, move |cx| then(cx, value))
}

/// Realises everything in all `values`, then goes on with them.
pub fn realise_all(
    cx: &mut Cx,
    values: Vec<Value>,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    let walk = values
        .iter()
        .filter(|v| is_composite(v))
        .cloned()
        .filter_map(cursor_of)
        .collect();
    go_on(cx, walk, move |cx| then(cx, values))
}

fn go_on(
    cx: &mut Cx,
    mut walk: Vec<Cursor>,
    then: impl FnOnce(&mut Cx) -> Flow + Send + 'static,
) -> Flow {
    while let Some(mut cursor) = walk.pop() {
        match cursor.next() {
            Step::Item(item) => {
                walk.push(cursor);
                if is_composite(&item) {
                    walk.extend(cursor_of(item));
                }
            }
            Step::End => {}
            Step::Ask => {
                return cursor.realise(cx, move |cx, cursor| {
                    walk.push(cursor);
                    go_on(cx, walk, then)
                });
            }
        }
    }
    then(cx)
}
