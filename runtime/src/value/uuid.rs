//! Universally unique identifiers, written `#uuid "…"`. Order is that of the 128 bits.

use num_bigint::BigInt;
use uuid::Uuid;

use super::Value;
use super::object::{Native, make_native};
use crate::number;

/// The body of an identifier.
struct UuidBody(Uuid);

impl Native for UuidBody {
    fn class(&self) -> &'static str {
        "uuid"
    }

    fn print(&self) -> String {
        format!("#uuid \"{}\"", self.0)
    }

    fn display(&self) -> String {
        self.0.to_string()
    }

    fn key(&self) -> Option<Value> {
        Some(number::from_bigint(BigInt::from(self.0.as_u128())))
    }

    fn clojure_hash(&self) -> Option<i32> {
        let (high, low) = self.0.as_u64_pair();
        let mixed = high ^ low;
        Some((mixed >> 32) as i32 ^ mixed as i32)
    }
}

/// The identifier that a text writes, as Java's `UUID.fromString` takes it: five groups of
/// hexadecimal digits, leading zeros may be missing.
pub fn parse(text: &str) -> Option<Uuid> {
    const BITS: [u32; 5] = [32, 16, 16, 16, 48];
    if text.len() > 36 {
        return None;
    }
    let mut groups = text.split('-');
    let mut number = 0_u128;
    for bits in BITS {
        let group = groups.next()?;
        if group.is_empty() || !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = u128::from_str_radix(group, 16).ok()?;
        number = number << bits | part & ((1 << bits) - 1);
    }
    groups.next().is_none().then(|| Uuid::from_u128(number))
}

impl Value {
    /// An identifier.
    pub fn uuid(uuid: Uuid) -> Value {
        make_native(UuidBody(uuid))
    }

    /// The identifier.
    pub fn as_uuid(&self) -> Option<Uuid> {
        self.as_native::<UuidBody>().map(|body| body.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_as_java_takes_them() {
        let text = "b6883c0a-0342-4007-9966-bc2dfa6b109e";
        assert_eq!(parse(text).map(|u| u.to_string()).as_deref(), Some(text));
        assert_eq!(parse(&text.to_uppercase()), parse(text));
        assert_eq!(parse("0-0-0-0-1").map(|u| u.as_u128()), Some(1));
        for wrong in [
            "",
            "0",
            "b6883c0a00342-4007-9966-bc2dfa6b109e",
            "+-1-1-1-1",
            "1-1-1-1-1-1",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
