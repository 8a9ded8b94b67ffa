//! Bytes: immutable octets, written `#bytes "00ff"`.

use std::sync::Arc;

use super::Value;
use super::object::{Native, make_native};
use crate::builtin::Flow;
use crate::collections::{slice, vector};
use crate::failure::{Fault, FaultKind};
use crate::number;

/// The body of bytes.
struct Bytes(Arc<[u8]>);

impl Native for Bytes {
    fn class(&self) -> &'static str {
        "bytes"
    }

    fn print(&self) -> String {
        format!("#bytes \"{}\"", hex(&self.0))
    }

    /// Text of as many characters orders as the bytes do.
    fn key(&self) -> Option<Value> {
        let text: String = self.0.iter().map(|byte| char::from(*byte)).collect();
        Some(Value::string(text))
    }

    fn seq(&self) -> Option<Flow> {
        if self.0.is_empty() {
            return Some(Ok(Value::NIL));
        }
        let items = self.0.iter().map(|byte| number::int(i64::from(*byte)));
        Some(Ok(slice::of(vector::from_iter(items), 0)))
    }

    fn get(&self, key: &Value) -> Option<Option<Value>> {
        let byte = number::as_usize(key).and_then(|index| self.0.get(index));
        Some(byte.map(|byte| number::int(i64::from(*byte))))
    }
}

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

/// The bytes that pairs of hexadecimal digits write.
///
/// # Errors
/// A syntax fault for any other text.
pub fn from_hex(text: &str) -> Result<Vec<u8>, Fault> {
    let wrong = || {
        let message = format!("bytes are pairs of hexadecimal digits, not {text:?}");
        Fault::new(FaultKind::Syntax, message)
    };
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => Ok(digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()),
        _ => Err(wrong()),
    }
}

impl Value {
    /// Bytes.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Value {
        make_native(Bytes(bytes.into()))
    }

    /// The bytes, shared.
    pub fn as_bytes(&self) -> Option<&Arc<[u8]>> {
        self.as_native::<Bytes>().map(|bytes| &bytes.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_round_trip() {
        assert_eq!(from_hex("00Ff").ok(), Some(vec![0, 255]));
        assert_eq!(hex(&[0, 255]), "00ff");
        assert!(from_hex("0").is_err());
        assert!(from_hex("0g").is_err());
        assert!(from_hex("+1").is_err());
    }
}
