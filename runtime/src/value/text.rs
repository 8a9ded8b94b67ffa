//! Strings.
//!
//! A string is immutable UTF-8; positions that a program sees count code points. The number of
//! code points is cached, so that a text of as many bytes is known to be ASCII and is indexed at
//! once. The keyed hash is cached at its first use. A short text lies in the object itself.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Value;
use super::object::{Body, Kind, make};

/// Bytes of a text that lies in its object.
const SHORT_MAX: usize = 30;

enum Chars {
    Short { len: u8, bytes: [u8; SHORT_MAX] },
    Long(Box<str>),
}

const _: () = assert!(size_of::<Chars>() == 32);

impl Chars {
    fn short(text: &str) -> Option<Chars> {
        let mut bytes = [0; SHORT_MAX];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let len = text.len() as u8;
        Some(Chars::Short { len, bytes })
    }

    #[inline]
    fn as_str(&self) -> &str {
        match self {
            // SAFETY: `short` has copied so many bytes from a text.
            Chars::Short { len, bytes } => unsafe {
                std::str::from_utf8_unchecked(bytes.get_unchecked(..usize::from(*len)))
            },
            Chars::Long(text) => text,
        }
    }
}

/// The body of a string.
pub struct Text {
    text: Chars,
    code_points: usize,
    /// Zero: not computed yet.
    key_hash: AtomicU64,
}

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for Text {
    const KIND: Kind = Kind::Str;
}

impl Text {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Length in code points.
    #[inline]
    pub fn code_points(&self) -> usize {
        self.code_points
    }

    /// The code point at an index.
    pub fn nth(&self, index: usize) -> Option<char> {
        if self.is_ascii() {
            self.as_str()
                .as_bytes()
                .get(index)
                .map(|byte| char::from(*byte))
        } else {
            self.as_str().chars().nth(index)
        }
    }

    /// The code points from `start` up to `end`; `None` if they are not all there.
    pub fn slice(&self, start: usize, end: usize) -> Option<&str> {
        if start > end || end > self.code_points {
            return None;
        }
        self.as_str().get(self.byte_at(start)..self.byte_at(end))
    }

    /// Byte offset of a code point's index; the length beyond the end.
    pub fn byte_at(&self, index: usize) -> usize {
        if self.is_ascii() {
            return index.min(self.as_str().len());
        }
        self.as_str()
            .char_indices()
            .nth(index)
            .map_or(self.as_str().len(), |(at, _)| at)
    }

    /// Index of the code point that starts at a byte offset.
    pub fn index_at(&self, byte: usize) -> usize {
        if self.is_ascii() {
            byte
        } else {
            self.as_str()[..byte].chars().count()
        }
    }

    /// The keyed hash, computed by `compute` at the first call. Racing calls agree.
    pub(crate) fn key_hash(&self, compute: impl FnOnce(&str) -> u64) -> u64 {
        match self.key_hash.load(Ordering::Relaxed) {
            0 => {
                let hash = compute(self.as_str()).max(1);
                self.key_hash.store(hash, Ordering::Relaxed);
                hash
            }
            hash => hash,
        }
    }

    fn is_ascii(&self) -> bool {
        self.code_points == self.as_str().len()
    }
}

impl Value {
    /// A string.
    pub fn str(text: &str) -> Value {
        let chars = Chars::short(text).unwrap_or_else(|| Chars::Long(text.into()));
        Value::of_chars(chars)
    }

    /// A string from text that may be given up.
    pub fn string(text: impl Into<String>) -> Value {
        let text = text.into();
        let chars = Chars::short(&text).unwrap_or_else(|| Chars::Long(text.into_boxed_str()));
        Value::of_chars(chars)
    }

    fn of_chars(text: Chars) -> Value {
        let code_points = text.as_str().chars().count();
        make(Text {
            text,
            code_points,
            key_hash: AtomicU64::new(0),
        })
    }

    /// The text of a string.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        self.as_object::<Text>().map(Text::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_come_back() {
        for len in [0, 1, SHORT_MAX - 1, SHORT_MAX, SHORT_MAX + 1, 1000] {
            let text = "é".repeat(len / 2) + &"x".repeat(len % 2);
            assert_eq!(Value::str(&text).as_str(), Some(&*text));
            assert_eq!(Value::string(text.clone()).as_str(), Some(&*text));
        }
    }

    #[test]
    fn positions_count_code_points() {
        let value = Value::str("aλ😀b");
        let text = value.as_object::<Text>().expect("a string");
        assert_eq!(text.code_points(), 4);
        assert_eq!(text.nth(2), Some('😀'));
        assert_eq!(text.slice(1, 3), Some("λ😀"));
        assert_eq!(text.slice(3, 5), None);
        assert_eq!(text.index_at(text.byte_at(3)), 3);
    }
}
