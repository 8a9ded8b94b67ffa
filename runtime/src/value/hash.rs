//! The two hashes of a value: Clojure's, which `(hash x)` shows, and the keyed one that maps and
//! sets index by.
//!
//! Both walk with a stack of their own, and both want the value realised to its depths; an
//! unrealised place counts as the end. Equal values have equal hashes in both.
//! The key is random per process unless `BATUTA_HASH_SEED` fixes it.

use std::hash::{BuildHasher, Hasher};
use std::sync::{LazyLock, OnceLock};

use super::object::Kind;
use super::text::Text;
use super::{TAG_POINTER, Value};
use crate::actor::identity::{PidBody, ReferenceBody};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_sequential, map, set};
use crate::number::Number;

mod murmur;
mod walk;

pub(crate) use murmur::{keyword_hash, symbol_hash};

/// Clojure's hash, as `(hash x)` shows it.
pub fn clojure_hash(value: &Value) -> i32 {
    walk::hash::<murmur::Clojure>(value) as u32 as i32
}

/// Clojure's hash of items in any order.
pub fn unordered(items: &[Value]) -> i32 {
    let sum = items.iter().fold(0u32, |sum, item| {
        sum.wrapping_add(clojure_hash(item) as u32)
    });
    mix_collection(sum as i32, items.len() as i32)
}

/// The last step of Clojure's hash of a collection of so many items.
pub fn mix_collection(basis: i32, count: i32) -> i32 {
    murmur::Clojure::finish(u64::from(basis as u32), count as u32 as usize) as u32 as i32
}

/// A seed mixed with Java's hash code of a value.
pub fn combine(seed: i32, value: &Value) -> i32 {
    murmur::combine(seed as u32, murmur::java_hash(value)) as i32
}

/// The keyed hash that maps and sets index by.
#[inline]
pub fn key_hash(value: &Value) -> u64 {
    if value.tag() != TAG_POINTER {
        return mix(value.word());
    }
    if let Some(text) = value.as_object::<Text>() {
        return text.key_hash(hash_text);
    }
    walk::hash::<Keyed>(value)
}

/// How one of the two hashes is made.
trait Scheme {
    /// Of what has no items.
    fn leaf(value: &Value) -> u64;
    /// Before the first item of an ordered collection.
    const ORDERED: u64;
    /// Takes the hash of the next item in.
    fn ordered(so_far: u64, item: u64) -> u64;
    /// Of a collection of so many items.
    fn finish(so_far: u64, count: usize) -> u64;
}

struct Keyed;

/// Odd constants without pattern, as every multiplying hash wants them.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const ITEM: u64 = 0xbf58_476d_1ce4_e5b9;

static SEED: LazyLock<u64> = LazyLock::new(|| {
    let fixed = |text: &str| foldhash::fast::FixedState::with_seed(0).hash_one(text);
    match std::env::var("BATUTA_HASH_SEED") {
        Ok(text) => fixed(text.trim()),
        Err(_) => match PREFERRED.get() {
            Some(seed) => fixed(&seed.to_string()),
            None => foldhash::fast::RandomState::default().hash_one(SPREAD),
        },
    }
});

static PREFERRED: OnceLock<u64> = OnceLock::new();

/// The seed where `BATUTA_HASH_SEED` names none. Of no effect once something was hashed.
pub fn prefer_seed(seed: u64) {
    PREFERRED.get_or_init(|| seed);
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn mix(word: u64) -> u64 {
    // The second fold carries the high bits' influence down: tries consume the low ones first.
    fold(fold(word ^ *SEED, SPREAD) ^ *SEED, ITEM)
}

impl Scheme for Keyed {
    const ORDERED: u64 = SPREAD;

    fn leaf(value: &Value) -> u64 {
        let Some(kind) = value.kind() else {
            return mix(value.word());
        };
        match kind {
            Kind::Str => value
                .as_object::<Text>()
                .map_or(0, |text| text.key_hash(hash_text)),
            Kind::Symbol => value
                .as_symbol()
                .map_or(0, |symbol| mix(hash_text(symbol.text()))),
            Kind::WideInt | Kind::BigInt | Kind::Ratio | Kind::Decimal | Kind::Float => {
                hash_number(value)
            }
            Kind::Pid => value
                .as_object::<PidBody>()
                .map_or(0, |pid| hash_with(&pid.key())),
            Kind::Reference => value
                .as_object::<ReferenceBody>()
                .map_or(0, |reference| hash_with(&reference.key())),
            Kind::Native => match value.native_key() {
                Some((class, key)) => fold(hash_text(class), key_hash(&key)),
                None => mix(value.word()),
            },
            _ => mix(value.word()),
        }
    }

    fn ordered(so_far: u64, item: u64) -> u64 {
        fold(so_far ^ item, ITEM).wrapping_add(SPREAD)
    }

    fn finish(so_far: u64, count: usize) -> u64 {
        mix(so_far ^ count as u64)
    }
}

fn hash_text(text: &str) -> u64 {
    foldhash::fast::FixedState::with_seed(*SEED).hash_one(text)
}

fn hash_with(key: &impl std::hash::Hash) -> u64 {
    foldhash::fast::FixedState::with_seed(*SEED).hash_one(key)
}

fn hash_number(value: &Value) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(*SEED).build_hasher();
    match Number::of(value) {
        Some(Number::Int(n)) => hasher.write_i64(n),
        Some(Number::Big(n)) => std::hash::Hash::hash(n, &mut hasher),
        Some(Number::Ratio(n, d)) => std::hash::Hash::hash(&(n, d), &mut hasher),
        Some(Number::Decimal(d)) => {
            let d = d.canonical();
            std::hash::Hash::hash(&(d.unscaled, d.scale), &mut hasher);
        }
        // Both zeros are equal.
        Some(Number::Float(f)) => hasher.write_u64(if f == 0.0 { 0 } else { f.to_bits() }),
        None => {}
    }
    hasher.finish()
}
