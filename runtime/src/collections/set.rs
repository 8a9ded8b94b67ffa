//! Hash sets: as [`super::map`], with members instead of entries.

use super::champ::{self, Entry, Head, Table};
use super::entries::{self, Entries};
use crate::value::Value;
use crate::value::object::{Body, Kind};

/// The body of a set.
pub struct SetBody(Head);

// SAFETY: the kind is this type's alone and the head shows its values.
unsafe impl Body for SetBody {
    const KIND: Kind = Kind::Set;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.0.visit(visitor);
    }
}

impl Table for SetBody {
    const STRIDE: usize = 1;

    fn new(head: Head) -> SetBody {
        SetBody(head)
    }

    fn head(&self) -> &Head {
        &self.0
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.0
    }
}

/// The empty set.
pub fn empty() -> Value {
    champ::empty::<SetBody>(Value::NIL)
}

/// A set of these members.
pub fn from_iter(members: impl IntoIterator<Item = Value>) -> Value {
    let members = members.into_iter();
    let room = champ::with_capacity::<SetBody>(members.size_hint().0);
    members.fold(room, conj)
}

/// Is it a set?
#[inline]
pub fn is_set(value: &Value) -> bool {
    matches!(value.kind(), Some(Kind::Set | Kind::SortedSet))
}

/// Number of members of a set; `None` for other values.
#[inline]
pub fn len(set: &Value) -> Option<usize> {
    match set.as_object::<SetBody>() {
        Some(body) => Some(body.0.len),
        None if is_set(set) => super::sorted::len(set),
        None => None,
    }
}

/// The member that equals `key`, as it is stored; `None` also for other values than sets.
pub fn get<'a>(set: &'a Value, key: &Value) -> Option<&'a Value> {
    let entry = match set.kind()? {
        Kind::Set => champ::find::<SetBody>(set, key),
        Kind::SortedSet => entries::find_sorted(set, key),
        _ => None,
    };
    entry.map(|entry| &entry[0])
}

/// Is it a member?
pub fn contains(set: &Value, key: &Value) -> bool {
    get(set, key).is_some()
}

/// A set by hash: of a sorted one, its members.
fn hashed(set: Value) -> Value {
    if set.kind() == Some(Kind::SortedSet) {
        return from_iter(iter(&set).cloned());
    }
    set
}

/// Adds a member; an equal one that is there stays. `set` must be a set; a sorted one becomes one
/// by hash.
pub fn conj(set: Value, member: Value) -> Value {
    champ::insert::<SetBody>(
        hashed(set),
        Entry {
            key: member,
            value: Value::UNBOUND,
        },
    )
}

/// Removes a member. `set` must be a set; a sorted one becomes one by hash.
pub fn disj(set: Value, member: &Value) -> Value {
    champ::remove::<SetBody>(hashed(set), member)
}

/// The members, in the set's order. `set` must be a set.
pub fn iter(set: &Value) -> impl Iterator<Item = &Value> + Clone {
    let entries = match set.kind() {
        Some(Kind::SortedSet) => Entries::Sorted(super::sorted::iter(set)),
        _ => Entries::Hashed(champ::iter::<SetBody>(set)),
    };
    entries.map(|entry| &entry[0])
}

pub(super) fn meta(set: &Value) -> Option<&Value> {
    champ::meta::<SetBody>(set)
}

pub(super) fn with_meta(set: Value, meta: Value) -> Value {
    champ::with_meta::<SetBody>(set, meta)
}

#[cfg(test)]
mod tests;
