//! Persistent collections over value words, and the sequence protocol over them.
//!
//! Functions that change a collection take it by value: with one owner it is changed in place,
//! otherwise the path to the change is copied. None of them calls Batuta code; what may meet an
//! unrealised lazy sequence goes through [`seq`] and [`walk`], which ask for it with a signal.

pub mod array;
pub(crate) mod champ;
pub mod copies;
pub mod entries;
pub mod lazy_seq;
pub mod list;
pub mod map;
pub mod meta;
pub mod queue;
pub mod range;
pub mod seq;
pub mod set;
pub mod slice;
pub mod sorted;
pub mod vector;
pub mod walk;

use crate::value::Value;
use crate::value::object::Kind;

/// Is it a list, vector or other sequence: something that `=` compares item by item?
#[inline]
pub fn is_sequential(value: &Value) -> bool {
    matches!(
        value.kind(),
        Some(Kind::Vector | Kind::List | Kind::LazySeq | Kind::Range | Kind::Slice | Kind::Queue)
    )
}

/// Is it a sequence: sequential, but no vector and no queue?
#[inline]
pub fn is_seq(value: &Value) -> bool {
    is_sequential(value) && !matches!(value.kind(), Some(Kind::Vector | Kind::Queue))
}

/// Number of items where it is known without walking.
pub fn known_count(value: &Value) -> Option<usize> {
    if value.is_nil() {
        return Some(0);
    }
    match value.kind()? {
        Kind::Vector => vector::len(value),
        Kind::Map => map::len(value),
        Kind::Set => set::len(value),
        Kind::SortedMap | Kind::SortedSet => sorted::len(value),
        Kind::Queue => queue::len(value),
        Kind::Array => array::len(value),
        Kind::Slice => slice::len(value),
        Kind::Range => range::as_range(value).map(range::RangeBody::len),
        Kind::List => list::known_count(value),
        Kind::Str => value
            .as_object::<crate::value::text::Text>()
            .map(|text| text.code_points()),
        _ => None,
    }
}
