//! Sorted maps and sets: a counted B+-tree in the order of a comparison.
//!
//! The comparison is `compare`, or a Batuta function, which may wait and be ended in the middle.
//! So looking for a key ([`search`]) and changing the tree are apart: a search gives a [`Place`], a
//! rank in the order, and everything here works with ranks and never calls anything.
//! Invariant: keys are fully realised and strictly ascending under the comparison.

use crate::value::Value;
use crate::value::object::{Body, Kind, make};

mod iter;
pub mod search;
mod tree;

#[cfg(test)]
mod tests;

pub use iter::Iter;
pub use tree::SortedNode;

/// What a sorted map or set object holds.
pub(crate) struct Head {
    /// Root of the tree; nil if it is empty.
    root: Value,
    /// The comparison function; nil for `compare`.
    comparator: Value,
    meta: Value,
}

impl Head {
    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.root);
        visitor(&mut self.comparator);
        visitor(&mut self.meta);
    }
}

/// The body of a sorted map.
pub struct SortedMapBody(Head);

// SAFETY: the kind is this type's alone and the head shows its values.
unsafe impl Body for SortedMapBody {
    const KIND: Kind = Kind::SortedMap;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.0.visit(visitor);
    }
}

/// The body of a sorted set.
pub struct SortedSetBody(Head);

// SAFETY: as above.
unsafe impl Body for SortedSetBody {
    const KIND: Kind = Kind::SortedSet;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.0.visit(visitor);
    }
}

/// Where a key is, or would be, in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The key of this rank is equal.
    Found(usize),
    /// No key is equal; so many come before it.
    Missing(usize),
}

impl Place {
    /// How many keys come before.
    pub fn rank(self) -> usize {
        match self {
            Place::Found(rank) | Place::Missing(rank) => rank,
        }
    }
}

fn head(collection: &Value) -> Option<&Head> {
    match collection.kind()? {
        Kind::SortedMap => collection.as_object::<SortedMapBody>().map(|body| &body.0),
        Kind::SortedSet => collection.as_object::<SortedSetBody>().map(|body| &body.0),
        _ => None,
    }
}

fn unique_head(collection: &mut Value) -> Option<&mut Head> {
    match collection.kind()? {
        Kind::SortedMap => collection
            .as_unique::<SortedMapBody>()
            .map(|body| &mut body.0),
        Kind::SortedSet => collection
            .as_unique::<SortedSetBody>()
            .map(|body| &mut body.0),
        _ => None,
    }
}

fn with_head(kind: Option<Kind>, head: Head) -> Value {
    if kind == Some(Kind::SortedMap) {
        make(SortedMapBody(head))
    } else {
        make(SortedSetBody(head))
    }
}

/// Values per entry: key and value, or the member alone.
fn stride(collection: &Value) -> usize {
    if collection.kind() == Some(Kind::SortedMap) {
        2
    } else {
        1
    }
}

/// Is it a sorted map or a sorted set?
#[inline]
pub fn is_sorted(value: &Value) -> bool {
    matches!(value.kind(), Some(Kind::SortedMap | Kind::SortedSet))
}

/// The empty sorted map in the order of a comparison function, or of `compare` if that is nil.
pub fn empty_map(comparator: Value) -> Value {
    empty(Some(Kind::SortedMap), comparator, Value::NIL)
}

/// The empty sorted set in the order of a comparison function, or of `compare` if that is nil.
pub fn empty_set(comparator: Value) -> Value {
    empty(Some(Kind::SortedSet), comparator, Value::NIL)
}

fn empty(kind: Option<Kind>, comparator: Value, meta: Value) -> Value {
    let root = Value::NIL;
    with_head(
        kind,
        Head {
            root,
            comparator,
            meta,
        },
    )
}

/// An empty collection of the same kind, order and metadata.
pub fn emptied(collection: &Value) -> Value {
    let (comparator, meta) = match head(collection) {
        Some(head) => (head.comparator.clone(), head.meta.clone()),
        None => (Value::NIL, Value::NIL),
    };
    empty(collection.kind(), comparator, meta)
}

/// The comparison function; nil stands for `compare`. `None` for other values.
pub fn comparator(collection: &Value) -> Option<&Value> {
    head(collection).map(|head| &head.comparator)
}

/// Number of entries; `None` for other values.
pub fn len(collection: &Value) -> Option<usize> {
    head(collection).map(|head| tree::count(&head.root))
}

/// The entry of a rank: key and value, or the member alone.
pub fn entry_at(collection: &Value, rank: usize) -> Option<&[Value]> {
    let root = &head(collection)?.root;
    if rank >= tree::count(root) {
        return None;
    }
    let stride = stride(collection);
    let (leaf, at) = tree::leaf_of(root, rank);
    leaf.get(at * stride..(at + 1) * stride)
}

/// The entries from one rank up to another, ascending.
pub fn range(collection: &Value, from: usize, to: usize) -> Iter<'_> {
    match head(collection) {
        Some(head) => Iter::new(&head.root, stride(collection), from, to),
        None => Iter::empty(),
    }
}

/// All entries, ascending; none for other values.
pub fn iter(collection: &Value) -> Iter<'_> {
    range(collection, 0, len(collection).unwrap_or(0))
}

/// Puts an entry where a search for its key has led. Of a key that is there, that key stays and
/// the value of a map is replaced.
pub fn insert(collection: Value, place: Place, key: Value, value: Value) -> Value {
    let stride = stride(&collection);
    match place {
        Place::Found(_) if stride == 1 => collection,
        Place::Found(rank) => change(collection, |root| tree::replace(root, rank, value)),
        Place::Missing(rank) => change(collection, |root| {
            tree::insert(root, rank, tree::Entry { key, value, stride })
        }),
    }
}

/// Removes the entry that a search has found.
pub fn remove(collection: Value, place: Place) -> Value {
    let stride = stride(&collection);
    match place {
        Place::Missing(_) => collection,
        Place::Found(rank) => change(collection, |root| tree::remove(root, rank, stride)),
    }
}

/// The collection with another tree: in place if it has one owner.
fn change(mut collection: Value, edit: impl FnOnce(Value) -> Value) -> Value {
    if let Some(head) = unique_head(&mut collection) {
        head.root = edit(std::mem::take(&mut head.root));
        return collection;
    }
    let kind = collection.kind();
    let Some(head) = head(&collection) else {
        return collection;
    };
    let changed = Head {
        root: edit(head.root.clone()),
        comparator: head.comparator.clone(),
        meta: head.meta.clone(),
    };
    with_head(kind, changed)
}

pub(super) fn meta(collection: &Value) -> Option<&Value> {
    head(collection).map(|head| &head.meta)
}

pub(super) fn with_meta(mut collection: Value, meta: Value) -> Value {
    if let Some(head) = unique_head(&mut collection) {
        head.meta = meta;
        return collection;
    }
    let kind = collection.kind();
    match head(&collection) {
        Some(head) => with_head(
            kind,
            Head {
                root: head.root.clone(),
                comparator: head.comparator.clone(),
                meta,
            },
        ),
        None => collection,
    }
}
