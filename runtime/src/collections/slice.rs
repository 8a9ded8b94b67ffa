//! What `seq`, `rest` and `next` give of a vector: the same vector from an index on.

use super::vector;
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// The body of a slice. Never empty.
pub struct SliceBody {
    vector: Value,
    from: usize,
    meta: Value,
}

// SAFETY: the kind is this type's alone and both values are shown.
unsafe impl Body for SliceBody {
    const KIND: Kind = Kind::Slice;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.vector);
        visitor(&mut self.meta);
    }
}

impl SliceBody {
    /// The vector behind it.
    pub fn vector(&self) -> &Value {
        &self.vector
    }

    /// Where it begins.
    pub fn from(&self) -> usize {
        self.from
    }

    /// The metadata map or nil.
    pub fn meta(&self) -> &Value {
        &self.meta
    }

    pub(crate) fn with_meta(&self, meta: Value) -> Value {
        make(SliceBody {
            vector: self.vector.clone(),
            from: self.from,
            meta,
        })
    }
}

/// The elements of `vector` from an index on, as a sequence; nil if there are none.
pub fn of(vector: Value, from: usize) -> Value {
    match vector::len(&vector) {
        Some(len) if from < len => make(SliceBody {
            vector,
            from,
            meta: Value::NIL,
        }),
        _ => Value::NIL,
    }
}

/// The slice.
#[inline]
pub fn as_slice(value: &Value) -> Option<&SliceBody> {
    value.as_object()
}

/// Number of items.
pub fn len(value: &Value) -> Option<usize> {
    let slice = as_slice(value)?;
    vector::len(&slice.vector).map(|len| len - slice.from)
}

/// The item at an index.
pub fn nth(value: &Value, index: usize) -> Option<&Value> {
    let slice = as_slice(value)?;
    vector::nth(&slice.vector, slice.from.checked_add(index)?)
}

/// The slice without its first `count` items; nil if there are no more.
pub fn drop_first(mut value: Value, count: usize) -> Value {
    let left = len(&value).unwrap_or(0);
    if count >= left {
        return Value::NIL;
    }
    if let Some(slice) = value.as_unique::<SliceBody>() {
        slice.from += count;
        slice.meta = Value::NIL;
        return value;
    }
    match as_slice(&value) {
        Some(slice) => of(slice.vector.clone(), slice.from + count),
        None => Value::NIL,
    }
}
