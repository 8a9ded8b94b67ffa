//! Clojure's hash: Murmur3 (32 bits, seed 0) over what its `hasheq` mixes. Strings are hashed by
//! their UTF-16 units, as in Java.

use num_bigint::{BigInt, Sign};

use super::{Kind, PidBody, ReferenceBody, Scheme, Value};
use crate::number::Number;

/// Golden ratio, as `hashCombine` and keywords add it.
const GOLDEN: u32 = 0x9e37_79b9;

pub(super) struct Clojure;

impl Scheme for Clojure {
    const ORDERED: u64 = 1;

    fn leaf(value: &Value) -> u64 {
        u64::from(leaf(value))
    }

    fn ordered(so_far: u64, item: u64) -> u64 {
        u64::from((so_far as u32).wrapping_mul(31).wrapping_add(item as u32))
    }

    fn finish(so_far: u64, count: usize) -> u64 {
        let mixed = mix_h1(0, mix_k1(so_far as u32));
        u64::from(finalize(mixed, count as u32))
    }
}

fn leaf(value: &Value) -> u32 {
    if value.is_nil() {
        return 0;
    }
    if let Some(truth) = value.as_bool() {
        return if truth { 1231 } else { 1237 };
    }
    if let Some(c) = value.as_char() {
        return c as u32;
    }
    if let Some(keyword) = value.as_keyword() {
        return keyword.hash;
    }
    if let Some(number) = Number::of(value) {
        return number_hash(&number);
    }
    if let Some(text) = value.as_str() {
        return hash_int(java_string_hash(text));
    }
    match value.kind() {
        Some(Kind::Symbol) => value.as_symbol().map_or(0, |symbol| symbol.hash()),
        Some(Kind::Pid) => value.as_object::<PidBody>().map_or(0, |pid| {
            let (node, index, serial) = pid.key();
            hash_long(
                (i64::from(node) << 32 ^ i64::from(index)).wrapping_mul(31) ^ i64::from(serial),
            )
        }),
        Some(Kind::Reference) => value
            .as_object::<ReferenceBody>()
            .map_or(0, |r| hash_long(r.key().1 as i64)),
        Some(Kind::Native) => {
            if let Some(hash) = value.as_dyn_native().and_then(|n| n.clojure_hash()) {
                return hash as u32;
            }
            match value.native_key() {
                Some((class, key)) => combine(hash_units(class), super::clojure_hash(&key) as u32),
                None => hash_long(value.word() as i64),
            }
        }
        // By identity, as Java's objects.
        _ => hash_long(value.word() as i64),
    }
}

fn number_hash(number: &Number) -> u32 {
    match number {
        Number::Int(n) => hash_long(*n),
        Number::Big(n) => big_integer_hash(n),
        Number::Ratio(n, d) => big_integer_hash(n) ^ big_integer_hash(d),
        Number::Decimal(d) => {
            // Java's `BigDecimal.hashCode` without zeros at the end.
            let d = d.canonical();
            big_integer_hash(&d.unscaled)
                .wrapping_mul(31)
                .wrapping_add(d.scale as u32)
        }
        Number::Float(f) => {
            // Both zeros are equal; every other double as Java's `Double.hashCode`.
            let bits = if *f == 0.0 {
                0
            } else if f.is_nan() {
                0x7ff8_0000_0000_0000
            } else {
                f.to_bits()
            };
            (bits ^ bits >> 32) as u32
        }
    }
}

/// Java's `BigInteger.hashCode`.
fn big_integer_hash(n: &BigInt) -> u32 {
    let (sign, digits) = n.to_u32_digits();
    let hash = digits.iter().rev().fold(0u32, |hash, digit| {
        hash.wrapping_mul(31).wrapping_add(*digit)
    });
    if sign == Sign::Minus {
        hash.wrapping_neg()
    } else {
        hash
    }
}

/// Java's hash code of what has one that does not depend on the machine; Clojure's hash of others.
pub(super) fn java_hash(value: &Value) -> u32 {
    if let Some(text) = value.as_str() {
        return java_string_hash(text);
    }
    if let Some(n) = crate::number::as_i64(value) {
        return (n as u64 ^ (n as u64) >> 32) as u32;
    }
    let name_hash = |namespace: Option<&str>, name: &str| {
        combine(
            java_string_hash(name),
            namespace.map_or(0, java_string_hash),
        )
    };
    if let Some(symbol) = value.as_symbol() {
        return name_hash(symbol.namespace(), symbol.name());
    }
    if let Some(keyword) = value.as_keyword() {
        return name_hash(keyword.namespace(), keyword.name()).wrapping_add(GOLDEN);
    }
    super::clojure_hash(value) as u32
}

/// Java's `String.hashCode`.
fn java_string_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
}

fn mix_k1(k: u32) -> u32 {
    k.wrapping_mul(0xcc9e_2d51)
        .rotate_left(15)
        .wrapping_mul(0x1b87_3593)
}

fn mix_h1(h: u32, k: u32) -> u32 {
    (h ^ k)
        .rotate_left(13)
        .wrapping_mul(5)
        .wrapping_add(0xe654_6b64)
}

fn finalize(hash: u32, length: u32) -> u32 {
    let mut h = hash ^ length;
    h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

fn hash_int(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    finalize(mix_h1(0, mix_k1(n)), 4)
}

fn hash_long(n: i64) -> u32 {
    if n == 0 {
        return 0;
    }
    let low = mix_h1(0, mix_k1(n as u32));
    let high = mix_h1(low, mix_k1((n as u64 >> 32) as u32));
    finalize(high, 8)
}

/// Murmur3 over pairs of UTF-16 units.
fn hash_units(text: &str) -> u32 {
    let units: Vec<u32> = text.encode_utf16().map(u32::from).collect();
    let pairs = units.chunks_exact(2);
    let last = pairs.remainder().first().map_or(0, |unit| mix_k1(*unit));
    let h = pairs.fold(0, |h, pair| mix_h1(h, mix_k1(pair[0] | pair[1] << 16)));
    finalize(h ^ last, 2 * units.len() as u32)
}

pub(super) fn combine(seed: u32, hash: u32) -> u32 {
    let shifted = ((seed as i32) >> 2) as u32;
    seed ^ hash
        .wrapping_add(GOLDEN)
        .wrapping_add(seed << 6)
        .wrapping_add(shifted)
}

/// Clojure's hash of a symbol. `slash` as in [`crate::value::keyword::split_at`], 0 for none.
pub(crate) fn symbol_hash(text: &str, slash: usize) -> u32 {
    if slash == 0 {
        return combine(hash_units(text), 0);
    }
    combine(
        hash_units(&text[slash + 1..]),
        java_string_hash(&text[..slash]),
    )
}

/// Clojure's hash of a keyword.
pub(crate) fn keyword_hash(text: &str, slash: usize) -> u32 {
    symbol_hash(text, slash).wrapping_add(GOLDEN)
}

#[cfg(test)]
mod tests {
    use super::super::clojure_hash;
    use crate::collections::{list, map, set, vector};
    use crate::number::int;
    use crate::value::Value;

    /// The right-hand sides are what Clojure 1.12 prints.
    #[test]
    fn hashes_are_those_of_clojure() {
        let ints = |n: i64| (1..=n).map(int).collect::<Vec<_>>();
        assert_eq!(clojure_hash(&int(1)), 1392991556);
        assert_eq!(clojure_hash(&Value::keyword("a")), -2123407586);
        assert_eq!(clojure_hash(&Value::str("a")), 1455541201);
        assert_eq!(clojure_hash(&vector::from_vec(ints(3))), 736442005);
        assert_eq!(clojure_hash(&list::from_vec(ints(3))), 736442005);
        assert_eq!(clojure_hash(&vector::empty()), -2017569654);
        assert_eq!(clojure_hash(&map::empty()), -15128758);
        assert_eq!(clojure_hash(&set::empty()), -15128758);
        assert_eq!(clojure_hash(&Value::float(1.5)), 1073217536);
        assert_eq!(clojure_hash(&Value::char('a')), 97);
    }

    #[test]
    fn both_zeros_hash_alike() {
        assert_eq!(
            clojure_hash(&Value::float(-0.0)),
            clojure_hash(&Value::float(0.0))
        );
    }
}
