//! Hash maps. Up to eight entries keep the order of insertion; beyond that the order is open.
//! See [`super::champ`] for the structure. Keys must be fully realised
//! ([`super::walk::realise`]) before they come here.

pub use super::champ::node::MapNode;
use super::champ::{self, Entry, Head, Table};
use super::entries::{self, Entries};
use crate::types::DefinedType;
use crate::value::Value;
use crate::value::object::{Body, Kind};

/// The body of a map.
pub struct MapBody(Head);

// SAFETY: the kind is this type's alone and the head shows its values.
unsafe impl Body for MapBody {
    const KIND: Kind = Kind::Map;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.0.visit(visitor);
    }
}

impl Table for MapBody {
    const STRIDE: usize = 2;

    fn new(head: Head) -> MapBody {
        MapBody(head)
    }

    fn head(&self) -> &Head {
        &self.0
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.0
    }
}

/// The empty map.
pub fn empty() -> Value {
    champ::empty::<MapBody>(Value::NIL)
}

/// A map of these entries; of equal keys the last value counts.
pub fn from_pairs(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    let pairs = pairs.into_iter();
    let room = champ::with_capacity::<MapBody>(pairs.size_hint().0);
    pairs.fold(room, |map, (key, value)| assoc(map, key, value))
}

/// A map of these entries in their order, however many; of equal keys the last value counts. What
/// is added later may give it up.
pub fn in_order(pairs: Vec<(Value, Value)>) -> Value {
    if pairs.len() <= champ::FLAT_MAX || pairs.len() > IN_ORDER_MAX {
        return from_pairs(pairs);
    }
    let mut entries: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => entries.push((key, value)),
        }
    }
    champ::flat::<MapBody>(entries.into_iter().flat_map(|(k, v)| [k, v]).collect())
}

/// Entries that [`in_order`] keeps in order at most: looking one up goes through them all.
const IN_ORDER_MAX: usize = 1000;

/// Is it a map?
#[inline]
pub fn is_map(value: &Value) -> bool {
    matches!(value.kind(), Some(Kind::Map | Kind::SortedMap))
}

/// Number of entries of a map; `None` for other values.
#[inline]
pub fn len(map: &Value) -> Option<usize> {
    match map.as_object::<MapBody>() {
        Some(body) => Some(body.0.len),
        None if is_map(map) => super::sorted::len(map),
        None => None,
    }
}

#[inline]
fn entry<'a>(map: &'a Value, key: &Value) -> Option<&'a [Value]> {
    match map.kind()? {
        Kind::Map => champ::find::<MapBody>(map, key),
        Kind::SortedMap => entries::find_sorted(map, key),
        _ => None,
    }
}

/// The value of a key; `None` also for other values than maps.
#[inline]
pub fn get<'a>(map: &'a Value, key: &Value) -> Option<&'a Value> {
    entry(map, key).map(|entry| &entry[1])
}

/// The value of a keyword key.
pub fn get_keyword<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    get(map, &Value::keyword(key))
}

/// The entry of a key, with the key as it is stored.
pub fn find<'a>(map: &'a Value, key: &Value) -> Option<(&'a Value, &'a Value)> {
    entry(map, key).map(|entry| (&entry[0], &entry[1]))
}

/// Is the key there?
pub fn contains(map: &Value, key: &Value) -> bool {
    entry(map, key).is_some()
}

/// A map by hash: of a sorted one, its entries.
fn hashed(map: Value) -> Value {
    if map.kind() == Some(Kind::SortedMap) {
        return from_pairs(iter(&map).map(|(k, v)| (k.clone(), v.clone())));
    }
    map
}

/// Adds or replaces an entry. `map` must be a map; a sorted one becomes one by hash.
pub fn assoc(map: Value, key: Value, value: Value) -> Value {
    champ::insert::<MapBody>(hashed(map), Entry { key, value })
}

/// Takes the value of a key out of a map by hash and leaves nil in its place, as far as the map and
/// the nodes on the way have no other owner; else clones it. Nil if the key is not there.
pub fn detach(map: &mut Value, key: &Value) -> Value {
    champ::detach::<MapBody>(map, key)
}

/// Removes an entry. `map` must be a map; a sorted one becomes one by hash, and a record that loses
/// a field of its type a plain one.
pub fn dissoc(map: Value, key: &Value) -> Value {
    let is_field = record(&map).is_some_and(|record| record.has_field(key));
    let less = champ::remove::<MapBody>(hashed(map), key);
    if is_field { plain(less) } else { less }
}

/// The type of a map that is a record.
#[inline]
pub fn record(map: &Value) -> Option<&'static DefinedType> {
    map.as_object::<MapBody>()?.0.record
}

/// A record of this type with these entries, among which must be all of its fields.
pub fn new_record(
    record: &'static DefinedType,
    entries: impl IntoIterator<Item = (Value, Value)>,
) -> Value {
    let empty = champ::with_capacity::<MapBody>(record.fields.len());
    let empty = champ::with_record::<MapBody>(empty, Some(record));
    let mut entries = entries.into_iter();
    entries
        .by_ref()
        .fold(empty, |map, (key, value)| assoc(map, key, value))
}

/// The entries without the type of the record they may belong to.
pub fn plain(map: Value) -> Value {
    match record(&map) {
        Some(_) => champ::with_record::<MapBody>(map, None),
        None => map,
    }
}

/// The entries, in the map's order. `map` must be a map.
pub fn iter(map: &Value) -> impl Iterator<Item = (&Value, &Value)> + Clone {
    let entries = match map.kind() {
        Some(Kind::SortedMap) => Entries::Sorted(super::sorted::iter(map)),
        _ => Entries::Hashed(champ::iter::<MapBody>(map)),
    };
    entries.map(|entry| (&entry[0], &entry[1]))
}

pub(super) fn meta(map: &Value) -> Option<&Value> {
    champ::meta::<MapBody>(map)
}

pub(super) fn with_meta(map: Value, meta: Value) -> Value {
    champ::with_meta::<MapBody>(map, meta)
}

#[cfg(test)]
mod tests;
