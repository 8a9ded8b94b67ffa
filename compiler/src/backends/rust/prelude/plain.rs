//! What plain functions need: arrays as slices, and the ways between words and plain values.

use core::cell::Cell;
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering};

use super::layout::*;
use super::numbers::*;
use super::words::*;

/// Why a plain function gives no value.
pub enum Left {
    /// The result is none that it can have: the general function is to do the work.
    GivesUp,
    /// It failed; the reason lies in the context.
    Failed,
}

/// How often a plain function may still give up before it is tried no more.
pub struct Tries(AtomicU32);

impl Tries {
    pub const fn new() -> Tries {
        Tries(AtomicU32::new(8))
    }

    #[inline(always)]
    pub fn are_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    #[cold]
    #[inline(never)]
    pub fn one_less(&self) {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
    }
}

/// What a plain function gives that may have no value.
pub type Plainly<T> = Result<T, Left>;

/// An array of the program: its elements, and the word that it is to general functions.
#[derive(Clone, Copy)]
pub struct Array<'a, T> {
    pub word: Word,
    pub elements: &'a [Cell<T>],
}

impl<T: Copy> Array<'_, T> {
    /// The element at an index that is inside.
    #[inline(always)]
    pub fn get(self, index: i64) -> Option<T> {
        Some(self.elements.get(index as usize)?.get())
    }

    /// Puts an element there.
    #[inline(always)]
    pub fn set(self, index: i64, value: T) -> Option<T> {
        self.elements.get(index as usize)?.set(value);
        Some(value)
    }

    /// The number of elements.
    #[inline(always)]
    pub fn len(self) -> i64 {
        self.elements.len() as i64
    }
}

#[inline(always)]
unsafe fn array<'a, T>(word: Word, kind: u8) -> Option<Array<'a, T>> {
    if !is_kind(word, KIND_ARRAY) || *((word as i64 + ARRAY_ELEMENT) as *const u8) != kind {
        return None;
    }
    let elements: &[Cell<T>] = match load(word, ARRAY_LEN) {
        0 => &[],
        len => slice::from_raw_parts(load(word, ARRAY_WORDS) as *const Cell<T>, len as usize),
    };
    Some(Array { word, elements })
}

#[inline(always)]
pub unsafe fn as_longs<'a>(word: Word) -> Option<Array<'a, i64>> {
    array(word, ELEMENT_LONG)
}

#[inline(always)]
pub unsafe fn as_doubles<'a>(word: Word) -> Option<Array<'a, f64>> {
    array(word, ELEMENT_DOUBLE)
}

#[inline(always)]
pub unsafe fn as_i64(word: Word) -> Option<i64> {
    if word & 0b111 == 0 { Some(word as i64 >> 3) } else { None }
}

#[inline(always)]
pub unsafe fn as_f64(word: Word) -> Option<f64> {
    if (word ^ 0b100) & 0b110 == 0 {
        Some(f64::from_bits(word.wrapping_sub(1).rotate_right(4)))
    } else {
        None
    }
}

#[inline(always)]
pub unsafe fn as_bool(word: Word) -> Option<bool> {
    match word {
        TRUE => Some(true),
        FALSE => Some(false),
        _ => None,
    }
}

#[inline(always)]
pub unsafe fn as_nil(word: Word) -> Option<()> {
    if word == NIL { Some(()) } else { None }
}

/// The word of an integer.
#[inline(always)]
pub unsafe fn from_i64(cx: Cx, value: i64) -> Word {
    let word = value << 3;
    if word >> 3 == value { word as Word } else { from_wide(cx, value) }
}

#[cold]
#[inline(never)]
unsafe fn from_wide(cx: Cx, value: i64) -> Word {
    // Two small integers whose sum it is, whatever its size.
    let part = value >> 3;
    let mut sum = int(0);
    for more in [part, part, part, part, part, part, part, part, value & 0b111] {
        sum = add_slow(cx, sum, int(more), 3);
    }
    sum
}

#[inline(always)]
pub unsafe fn from_nil(_: Cx, _: ()) -> Word {
    NIL
}

#[inline(always)]
pub unsafe fn from_truth(_: Cx, value: bool) -> Word {
    from_bool(value)
}

/// What the slow way of an operation came to: a failure, or a value that is not plain.
#[cold]
#[inline(never)]
pub unsafe fn left(cx: Cx, word: Word, sites: &[u32]) -> Left {
    if word == FAILED {
        fail(cx, sites, &[]);
        return Left::Failed;
    }
    release(cx, word);
    Left::GivesUp
}

/// A call that gave no value.
#[cold]
#[inline(never)]
pub unsafe fn passed(cx: Cx, why: Left, sites: &[u32]) -> Left {
    if let Left::Failed = why {
        fail(cx, sites, &[]);
    }
    why
}

/// The plain value that the general function gave.
#[inline(never)]
pub unsafe fn again<T>(cx: Cx, word: Word, plain: unsafe fn(Word) -> Option<T>) -> Plainly<T> {
    match plain(word) {
        Some(value) => Ok(value),
        None => Err(left(cx, word, &[])),
    }
}

/// On a loop's way back.
#[inline(always)]
pub unsafe fn poll_plainly(cx: Cx, sites: &[u32]) -> Plainly<()> {
    if must_stop(cx) && poll(cx) == FAILED {
        return Err(left(cx, FAILED, sites));
    }
    Ok(())
}

/// Is the integer one that plain functions take?
#[inline(always)]
pub fn argument(value: i64) -> Plainly<i64> {
    if value << 1 >> 1 == value { Ok(value) } else { Err(Left::GivesUp) }
}

/// Is the integer one that compares with floats as general functions do?
#[inline(always)]
pub fn small(value: i64) -> Plainly<i64> {
    if value << 3 >> 3 == value { Ok(value) } else { Err(Left::GivesUp) }
}

/// The quotient, rounded towards zero.
#[inline(always)]
pub fn quotient(a: i64, b: i64) -> Option<i64> {
    a.checked_div(b)
}

/// The quotient, if it is an integer.
#[inline(always)]
pub fn exact_quotient(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    if quotient.wrapping_mul(b) == a { Some(quotient) } else { None }
}

/// What `quotient` leaves.
#[inline(always)]
pub fn remainder(a: i64, b: i64) -> Option<i64> {
    match b {
        -1 => Some(0),
        b => a.checked_rem(b),
    }
}

/// The remainder with the sign of the divisor.
#[inline(always)]
pub fn modulus(a: i64, b: i64) -> Option<i64> {
    let rest = remainder(a, b)?;
    Some(if rest != 0 && (rest ^ b) < 0 { rest + b } else { rest })
}

/// Times a power of two, if it stays small.
#[inline(always)]
pub fn left_shifted(a: i64, by: i64) -> Option<i64> {
    if by as u64 > 60 || a << 3 >> 3 != a {
        return None;
    }
    let word = a << 3;
    if (word << by) >> by == word { Some(word << by >> 3) } else { None }
}

/// Divided by a power of two, rounded down.
#[inline(always)]
pub fn right_shifted(a: i64, by: i64) -> Option<i64> {
    if by as u64 > 60 { None } else { Some(a >> by) }
}

/// The integer part, if it is a modest one.
#[inline(always)]
pub fn integer_part(value: f64) -> Option<i64> {
    if value.abs() < (1u64 << 59) as f64 { Some(value as i64) } else { None }
}

/// The greater float.
#[inline(always)]
pub fn greater(a: f64, b: f64) -> f64 {
    if b > a || b != b { b } else { a }
}

/// The lesser float.
#[inline(always)]
pub fn lesser(a: f64, b: f64) -> f64 {
    if b < a || b != b { b } else { a }
}
