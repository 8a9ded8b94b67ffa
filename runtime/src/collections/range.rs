//! Ranges of integers: any length in one object.

use crate::number;
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// The body of a range: `len` integers from `start`, each `step` after the one before. Never empty.
pub struct RangeBody {
    start: i64,
    step: i64,
    len: usize,
}

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for RangeBody {
    const KIND: Kind = Kind::Range;
}

impl RangeBody {
    /// Number of integers.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The integer at an index below the length.
    #[inline]
    pub fn at(&self, index: usize) -> Value {
        // Fits: the constructor checked the last one.
        number::int(
            self.start
                .wrapping_add(self.step.wrapping_mul(index as i64)),
        )
    }
}

/// The integers from `start` up to, not including, `end`; the empty list if there are none.
/// `None` if `step` is zero: such a sequence never ends.
pub fn range(start: i64, end: i64, step: i64) -> Option<Value> {
    let distance = i128::from(end) - i128::from(start);
    let step_wide = i128::from(step);
    if step == 0 {
        return None;
    }
    if distance == 0 || (distance > 0) != (step > 0) {
        return Some(super::list::empty());
    }
    let len = (distance.unsigned_abs()).div_ceil(step_wide.unsigned_abs());
    Some(make(RangeBody {
        start,
        step,
        len: len as usize,
    }))
}

/// The range.
#[inline]
pub fn as_range(value: &Value) -> Option<&RangeBody> {
    value.as_object()
}

/// The range without its first `count` integers; the empty list if there are no more.
pub fn drop_first(mut value: Value, count: usize) -> Value {
    if let Some(range) = value.as_unique::<RangeBody>()
        && count < range.len
    {
        range.start = range
            .start
            .wrapping_add(range.step.wrapping_mul(count as i64));
        range.len -= count;
        return value;
    }
    match as_range(&value) {
        Some(range) if count < range.len => make(RangeBody {
            start: range
                .start
                .wrapping_add(range.step.wrapping_mul(count as i64)),
            step: range.step,
            len: range.len - count,
        }),
        _ => super::list::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_64_bits_do_not_wrap() {
        let all = range(i64::MIN, i64::MAX, i64::MAX).expect("a step");
        let body = as_range(&all).expect("not empty");
        assert_eq!(body.len(), 3);
        assert_eq!(number::as_i64(&body.at(2)), Some(i64::MAX - 1));
        assert!(range(1, 5, 0).is_none());
        assert!(as_range(&range(5, 1, 1).expect("a step")).is_none());
    }
}
