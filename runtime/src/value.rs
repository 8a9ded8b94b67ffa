//! The value word: one 8-byte word whose low three bits are a tag.
//!
//! | tag | meaning |
//! | --- | --- |
//! | `000` | 61-bit integer, shifted left by three |
//! | `001` | pointer to a counted heap object ([`object::Header`]) |
//! | `010` | `nil`, `false`, `true`, characters |
//! | `011` | keyword: pointer to its immortal [`keyword::KeywordData`] |
//! | `100` `101` | self-tagged float: the bits rotated left by four, plus one |
//! | `110` | control word ([`Control`]), never visible to a program |
//!
//! Invariant: a [`Value`] owns one count of the object it points at; [`Clone`] takes another and
//! [`Drop`] gives it back. Counts follow Lean 4 (Ullrich, de Moura, 2019): positive = one actor
//! has it, negative = published, zero = immortal. A new heap kind is added in [`object`].

use std::mem::ManuallyDrop;

pub mod bytes;
pub mod cell;
pub mod class;
pub mod equality;
pub mod form;
pub mod hash;
pub mod instant;
pub mod keyword;
pub mod literal;
pub mod object;
pub mod order;
pub mod print;
pub(crate) mod reachable;
pub mod regex;
pub mod symbol;
pub mod tagged;
pub mod temporal;
pub mod text;
pub mod uuid;

pub use class::class_name;
use object::{Header, Kind};

pub(crate) const TAG_MASK: u64 = 0b111;
/// Tag of a 61-bit integer.
pub const TAG_INT: u64 = 0b000;
/// Tag of a pointer to a counted heap object.
pub const TAG_POINTER: u64 = 0b001;
/// Tag of `nil`, booleans and characters.
pub const TAG_IMMEDIATE: u64 = 0b010;
/// Tag of a keyword.
pub const TAG_KEYWORD: u64 = 0b011;
/// Tag of a control word.
pub const TAG_CONTROL: u64 = 0b110;

/// The word of `nil`.
pub const WORD_NIL: u64 = TAG_IMMEDIATE;
/// The word of `false`: differs from `nil` in one bit, so that one mask tests both.
pub const WORD_FALSE: u64 = 0b0_1000 | TAG_IMMEDIATE;
/// The word of `true`.
pub const WORD_TRUE: u64 = 0b1_0000 | TAG_IMMEDIATE;
const CHAR_MARK: u64 = 0b10_0000 | TAG_IMMEDIATE;

/// Smallest integer that fits the word.
pub const SMALL_INT_MIN: i64 = -(1 << 60);
/// Largest integer that fits the word.
pub const SMALL_INT_MAX: i64 = (1 << 60) - 1;

/// Words that steer compiled code instead of being values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Control {
    /// A failure is under way; its reason lies in the context.
    Failed = TAG_CONTROL,
    /// The builtin asks for a call: function, arguments and resume state lie in the context.
    Call = 0b01_0000 | TAG_CONTROL,
    /// The builtin waits for a future that lies in the context.
    Pending = 0b10_0000 | TAG_CONTROL,
    /// No clause of a `receive` matched the message it was shown.
    NoMatch = 0b11_0000 | TAG_CONTROL,
    /// An actor's body gave its next `receive` (in the context) and its stack back.
    Park = 0b100_0000 | TAG_CONTROL,
    /// A var without a value, a slot not filled yet.
    Unbound = 0b101_0000 | TAG_CONTROL,
    /// A `receive` ran out of time.
    Timeout = 0b110_0000 | TAG_CONTROL,
}

impl Control {
    /// The word compiled code compares with.
    pub const fn word(self) -> u64 {
        self as u64
    }
}

/// One owned value.
#[repr(transparent)]
pub struct Value(u64);

// SAFETY: a value that crosses threads is either inside an actor that migrates as a whole (the
// scheduler's queues order the accesses) or published, and published counts are atomic.
unsafe impl Send for Value {}
// SAFETY: shared access from several threads happens to published values only.
unsafe impl Sync for Value {}

impl Value {
    /// `nil`.
    pub const NIL: Value = Value(WORD_NIL);
    /// `true`.
    pub const TRUE: Value = Value(WORD_TRUE);
    /// `false`.
    pub const FALSE: Value = Value(WORD_FALSE);
    /// The mark of a slot that holds nothing, never seen by a program.
    pub const UNBOUND: Value = Value(Control::Unbound as u64);

    /// The word itself; ownership stays with `self`.
    #[inline]
    pub const fn word(&self) -> u64 {
        self.0
    }

    /// Gives up ownership and returns the word.
    #[inline]
    pub fn into_word(self) -> u64 {
        ManuallyDrop::new(self).0
    }

    /// Takes ownership of a word.
    ///
    /// # Safety
    /// `word` must be a valid value word and the caller must own one count of what it points at.
    #[inline]
    pub const unsafe fn from_word(word: u64) -> Value {
        Value(word)
    }

    /// Views a word that somebody else owns.
    ///
    /// # Safety
    /// `word` must stay a live value word as long as the view is used.
    #[inline]
    pub const unsafe fn borrow_word(word: &u64) -> &Value {
        // SAFETY: `Value` is a transparent wrapper of `u64`.
        unsafe { &*(word as *const u64).cast::<Value>() }
    }

    /// `true` or `false`.
    #[inline]
    pub const fn bool(value: bool) -> Value {
        Value(if value { WORD_TRUE } else { WORD_FALSE })
    }

    /// A character.
    #[inline]
    pub const fn char(value: char) -> Value {
        Value(((value as u64) << 8) | CHAR_MARK)
    }

    /// A small integer, if it fits the word; larger ones are made by [`crate::number`].
    #[inline]
    pub const fn small_int(value: i64) -> Option<Value> {
        if value >= SMALL_INT_MIN && value <= SMALL_INT_MAX {
            Some(Value((value << 3) as u64))
        } else {
            None
        }
    }

    /// A float whose exponent carries the tag, if it has a common one.
    #[inline]
    pub const fn inline_float(value: f64) -> Option<Value> {
        let word = value.to_bits().rotate_left(4).wrapping_add(1);
        if (word ^ 0b100) & 0b110 == 0 {
            Some(Value(word))
        } else {
            None
        }
    }

    /// A float: inline, or one of the rare ones in a box.
    #[inline]
    pub fn float(value: f64) -> Value {
        match Value::inline_float(value) {
            Some(word) => word,
            None => object::boxed_float(value),
        }
    }

    /// The low three bits.
    #[inline]
    pub const fn tag(&self) -> u64 {
        self.0 & TAG_MASK
    }

    /// Neither `nil` nor `false`.
    #[inline]
    pub const fn is_truthy(&self) -> bool {
        self.0 & !0b1000 != WORD_NIL
    }

    /// Is it `nil`?
    #[inline]
    pub const fn is_nil(&self) -> bool {
        self.0 == WORD_NIL
    }

    /// Is it the mark of an empty slot?
    #[inline]
    pub const fn is_unbound(&self) -> bool {
        self.0 == Control::Unbound as u64
    }

    /// Is it a word that steers compiled code?
    #[inline]
    pub const fn is_control(&self) -> bool {
        self.0 & TAG_MASK == TAG_CONTROL
    }

    /// The small integer in the word.
    #[inline]
    pub const fn as_small_int(&self) -> Option<i64> {
        if self.0 & TAG_MASK == TAG_INT {
            Some((self.0 as i64) >> 3)
        } else {
            None
        }
    }

    /// The float, inline or boxed.
    #[inline]
    pub fn as_float(&self) -> Option<f64> {
        if (self.0 ^ 0b100) & 0b110 == 0 {
            return Some(f64::from_bits(self.0.wrapping_sub(1).rotate_right(4)));
        }
        self.as_object::<object::FloatBox>().map(|b| b.0)
    }

    /// The boolean.
    #[inline]
    pub const fn as_bool(&self) -> Option<bool> {
        match self.0 {
            WORD_TRUE => Some(true),
            WORD_FALSE => Some(false),
            _ => None,
        }
    }

    /// The character.
    #[inline]
    pub const fn as_char(&self) -> Option<char> {
        if self.0 & 0xff == CHAR_MARK {
            char::from_u32((self.0 >> 8) as u32)
        } else {
            None
        }
    }

    /// The heap object's kind, if the word is a pointer.
    #[inline]
    pub fn kind(&self) -> Option<Kind> {
        self.header().map(Header::kind)
    }

    /// The heap object's header, if the word is a pointer.
    #[inline]
    pub fn header(&self) -> Option<&Header> {
        if self.0 & TAG_MASK == TAG_POINTER {
            // SAFETY: a pointer word owns a count, so the object is alive while `self` is.
            Some(unsafe { &*self.header_pointer() })
        } else {
            None
        }
    }

    #[inline]
    pub(crate) const fn header_pointer(&self) -> *mut Header {
        (self.0 & !TAG_MASK) as *mut Header
    }
}

impl Default for Value {
    fn default() -> Value {
        Value::NIL
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Value {
        if let Some(header) = self.header() {
            header.retain();
        }
        Value(self.0)
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        if self.0 & TAG_MASK == TAG_POINTER {
            // SAFETY: this value owns the count that is given back.
            unsafe { object::release(self.header_pointer()) }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::bool(value)
    }
}

impl From<char> for Value {
    fn from(value: char) -> Value {
        Value::char(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::float(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_round_trip_at_the_edges() {
        for n in [0, 1, -1, SMALL_INT_MIN, SMALL_INT_MAX] {
            assert_eq!(Value::small_int(n).and_then(|v| v.as_small_int()), Some(n));
        }
        assert!(Value::small_int(SMALL_INT_MAX + 1).is_none());
        assert!(Value::small_int(SMALL_INT_MIN - 1).is_none());
    }

    #[test]
    fn floats_round_trip_inline_and_boxed() {
        for f in [
            1.0,
            -1.5,
            1e-70,
            1e70,
            0.0,
            -0.0,
            f64::INFINITY,
            1e300,
            5e-324,
        ] {
            let value = Value::float(f);
            assert_eq!(value.as_float().map(f64::to_bits), Some(f.to_bits()));
        }
        assert!(Value::float(f64::NAN).as_float().is_some_and(f64::is_nan));
    }

    #[test]
    fn only_nil_and_false_are_falsy() {
        assert!(!Value::NIL.is_truthy() && !Value::FALSE.is_truthy());
        for v in [
            Value::TRUE,
            Value::char('a'),
            Value::float(0.0),
            Value::float(1.0),
        ] {
            assert!(v.is_truthy());
        }
        assert!(Value::small_int(0).is_some_and(|v| v.is_truthy()));
    }

    #[test]
    fn characters_round_trip() {
        for c in ['a', '\0', '\u{10FFFF}', 'λ'] {
            assert_eq!(Value::char(c).as_char(), Some(c));
        }
    }
}
