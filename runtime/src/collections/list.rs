//! List cells: an item before a sequence of any kind, and the empty list.

use std::sync::LazyLock;

use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// The count of a cell before a sequence whose count is not known.
const UNKNOWN: usize = usize::MAX >> 1;
/// Set in the count of a cell that `cons` made: a sequence, but no list to `list?`.
const CONS: usize = !UNKNOWN;

/// The body of a list cell. The empty list has count 0 and nothing else.
pub struct ListCell {
    first: Value,
    rest: Value,
    count: usize,
    meta: Value,
}

// SAFETY: the kind is this type's alone and all three values are shown.
unsafe impl Body for ListCell {
    const KIND: Kind = Kind::List;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.first);
        visitor(&mut self.rest);
        visitor(&mut self.meta);
    }
}

impl ListCell {
    /// Is it the empty list?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Is it a list proper, and not only an item before some sequence?
    #[inline]
    pub fn is_list(&self) -> bool {
        self.count & CONS == 0
    }

    /// The first item; nil of the empty list.
    #[inline]
    pub fn first(&self) -> &Value {
        &self.first
    }

    /// What follows: any sequence, perhaps an unrealised one, or nil.
    #[inline]
    pub fn rest(&self) -> &Value {
        &self.rest
    }

    /// The metadata map or nil.
    pub fn meta(&self) -> &Value {
        &self.meta
    }

    pub(crate) fn meta_mut(&mut self) -> &mut Value {
        &mut self.meta
    }

    pub(crate) fn with_meta(&self, meta: Value) -> Value {
        make(ListCell {
            first: self.first.clone(),
            rest: self.rest.clone(),
            count: self.count,
            meta,
        })
    }
}

/// The empty list `()`.
pub fn empty() -> Value {
    static EMPTY: LazyLock<Value> = LazyLock::new(|| {
        let list = make(ListCell {
            first: Value::NIL,
            rest: Value::NIL,
            count: 0,
            meta: Value::NIL,
        });
        if let Some(header) = list.header() {
            header.make_immortal();
        }
        list
    });
    EMPTY.clone()
}

/// `first` before `rest`, which must be nil (taken as the empty list) or a sequence. A list if
/// `rest` is one.
pub fn cons(first: Value, rest: Value) -> Value {
    let rest = if rest.is_nil() { empty() } else { rest };
    let mark = match as_list(&rest) {
        Some(cell) => cell.count & CONS,
        None => CONS,
    };
    cell(first, rest, mark)
}

/// As [`cons`], but a list only if `rest` is nil.
pub fn cons_cell(first: Value, rest: Value) -> Value {
    if rest.is_nil() {
        return cons(first, rest);
    }
    cell(first, rest, CONS)
}

fn cell(first: Value, rest: Value, mark: usize) -> Value {
    let count = mark
        | match super::known_count(&rest) {
            Some(count) => count + 1,
            None => UNKNOWN,
        };
    make(ListCell {
        first,
        rest,
        count,
        meta: Value::NIL,
    })
}

/// A list of these items.
pub fn from_vec(items: Vec<Value>) -> Value {
    items
        .into_iter()
        .rev()
        .fold(empty(), |rest, first| cons(first, rest))
}

/// The list cell.
#[inline]
pub fn as_list(value: &Value) -> Option<&ListCell> {
    value.as_object()
}

/// Number of items, if every cell up to the end knows it.
#[inline]
pub fn known_count(value: &Value) -> Option<usize> {
    as_list(value)
        .map(|cell| cell.count & !CONS)
        .filter(|count| *count != UNKNOWN)
}

/// First item and rest, owned; moved out if the cell has no other owner. `None` for the empty list
/// and other values.
pub fn take_apart(mut list: Value) -> Option<(Value, Value)> {
    if let Some(cell) = list.as_unique::<ListCell>() {
        let parts = (
            std::mem::take(&mut cell.first),
            std::mem::take(&mut cell.rest),
        );
        return (cell.count > 0).then_some(parts);
    }
    let cell = as_list(&list).filter(|cell| !cell.is_empty())?;
    Some((cell.first.clone(), cell.rest.clone()))
}

#[cfg(test)]
mod tests;
