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
    let walk = Walk::over(std::slice::from_ref(&value), usize::MAX);
    walk.go_on(cx, move |cx| then(cx, value))
}

/// Realises everything in all `values`, then goes on with them.
pub fn realise_all(
    cx: &mut Cx,
    values: Vec<Value>,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    realise_some(cx, values, usize::MAX, then)
}

/// Realises so many items of every sequence in all `values`, then goes on with them.
pub fn realise_some(
    cx: &mut Cx,
    values: Vec<Value>,
    length: usize,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    let walk = Walk::over(&values, length);
    walk.go_on(cx, move |cx| then(cx, values))
}

/// The places still to be walked, innermost last, each with the number of items to look at.
struct Walk {
    places: Vec<(Cursor, usize)>,
    length: usize,
}

impl Walk {
    fn over(values: &[Value], length: usize) -> Walk {
        let composite = values.iter().filter(|v| is_composite(v)).cloned();
        let places = composite.filter_map(cursor_of);
        Walk {
            places: places.map(|cursor| (cursor, length)).collect(),
            length,
        }
    }

    fn go_on(mut self, cx: &mut Cx, then: impl FnOnce(&mut Cx) -> Flow + Send + 'static) -> Flow {
        while let Some((mut cursor, left)) = self.places.pop() {
            if left == 0 {
                continue;
            }
            match cursor.next() {
                Step::Item(item) => {
                    self.places.push((cursor, left - 1));
                    if is_composite(&item) {
                        let inner = cursor_of(item).map(|cursor| (cursor, self.length));
                        self.places.extend(inner);
                    }
                }
                Step::End => {}
                Step::Ask => {
                    return cursor.realise(cx, move |cx, cursor| {
                        self.places.push((cursor, left));
                        self.go_on(cx, then)
                    });
                }
            }
        }
        then(cx)
    }
}
