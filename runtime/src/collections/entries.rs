//! The entries of any map or set, by hash or sorted, for code that only reads them.

use super::champ::node;
use super::sorted::{self, search};
use crate::value::Value;
use crate::value::equality::keys_equal;

/// The entries in the collection's order, each a slice of key and value, or of the member.
#[derive(Clone)]
pub(super) enum Entries<'a> {
    Hashed(node::Iter<'a>),
    Sorted(sorted::Iter<'a>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a [Value];

    #[inline]
    fn next(&mut self) -> Option<&'a [Value]> {
        match self {
            Entries::Hashed(entries) => entries.next(),
            Entries::Sorted(entries) => entries.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Entries::Hashed(entries) => entries.size_hint(),
            Entries::Sorted(entries) => entries.size_hint(),
        }
    }
}

/// The entry of a key in a sorted collection, without calling anything: where a comparison function
/// would have to be asked, and for keys that `compare` cannot order, by `=`.
pub(super) fn find_sorted<'a>(collection: &'a Value, key: &Value) -> Option<&'a [Value]> {
    match search::place_at_once(collection, key) {
        Ok(Some(sorted::Place::Found(rank))) => sorted::entry_at(collection, rank),
        Ok(Some(sorted::Place::Missing(_))) | Err(_) => None,
        Ok(None) => sorted::iter(collection).find(|entry| keys_equal(&entry[0], key)),
    }
}
