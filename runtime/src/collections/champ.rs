//! What maps and sets have in common: a flat form up to eight entries, then a CHAMP trie
//! (Steindorfer and Vinju, 2015) over the keyed hash.
//!
//! An entry is `STRIDE` values: key and value, or the member alone. Flat: the entries stand in the
//! object's slots in the order of insertion, the root is nil; one made by [`flat`] may be larger. Trie: no slots, everything under the
//! root; it stays a trie however few entries remain, until none does. Order there is open.
//! Invariant: every key is fully realised, so hashing and comparing keys never calls Batuta code.

use crate::collections::copies;
use crate::types::DefinedType;
use crate::value::equality::keys_equal;
use crate::value::hash::key_hash;
use crate::value::object::{Body, make_with_slots};
use crate::value::{TAG_POINTER, Value};

pub(crate) mod node;

/// Entries of the flat form at most.
pub(crate) const FLAT_MAX: usize = 8;
/// As [`FLAT_MAX`], for records.
const FLAT_RECORD_MAX: usize = 64;

/// What a map or set object holds beside its slots.
pub(crate) struct Head {
    pub(crate) len: usize,
    /// Root of the trie; nil in the flat form.
    pub(crate) root: Value,
    pub(crate) meta: Value,
    /// The type of a map that is a record.
    pub(crate) record: Option<&'static DefinedType>,
}

impl Head {
    /// Without entries.
    fn empty(meta: Value) -> Head {
        Head {
            len: 0,
            root: Value::NIL,
            meta,
            record: None,
        }
    }

    /// The same, for another object.
    fn copy(&self) -> Head {
        Head {
            len: self.len,
            root: self.root.clone(),
            meta: self.meta.clone(),
            record: self.record,
        }
    }

    pub(crate) fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.root);
        visitor(&mut self.meta);
    }

    fn is_flat(&self) -> bool {
        self.root.is_nil()
    }
}

/// A map or set body.
pub(crate) trait Table: Body {
    /// Values per entry.
    const STRIDE: usize;
    fn new(head: Head) -> Self;
    fn head(&self) -> &Head;
    fn head_mut(&mut self) -> &mut Head;
}

/// An entry on its way in; the value of a set's member is unbound.
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

impl Entry {
    fn part(&mut self, index: usize) -> Value {
        std::mem::replace(
            if index == 0 {
                &mut self.key
            } else {
                &mut self.value
            },
            Value::UNBOUND,
        )
    }
}

pub(crate) fn empty<T: Table>(meta: Value) -> Value {
    make_with_slots(T::new(Head::empty(meta)), 0, |_| Value::UNBOUND)
}

/// A flat table of these entries, in order. Their keys must differ.
pub(crate) fn flat<T: Table>(values: Vec<Value>) -> Value {
    let mut head = Head::empty(Value::NIL);
    head.len = values.len() / T::STRIDE;
    let slots = values.len() as u16;
    let mut values = values.into_iter();
    make_with_slots(T::new(head), slots, |_| values.next().unwrap_or_default())
}

/// Room for so many entries, so that filling allocates once. None beyond the flat form.
pub(crate) fn with_capacity<T: Table>(entries: usize) -> Value {
    let head = Head::empty(Value::NIL);
    let slots = if entries <= FLAT_MAX {
        entries * T::STRIDE
    } else {
        FLAT_MAX * T::STRIDE
    };
    make_with_slots(T::new(head), slots as u16, |_| Value::UNBOUND)
}

fn parts<T: Table>(table: &Value) -> (&Head, &[Value]) {
    let head = table
        .as_object::<T>()
        .expect("callers give tables of this kind only")
        .head();
    let slots = table.slots::<T>().unwrap_or_default();
    (
        head,
        &slots[..if head.is_flat() {
            head.len * T::STRIDE
        } else {
            0
        }],
    )
}

fn find_flat<T: Table>(entries: &[Value], key: &Value) -> Option<usize> {
    let mut keys = entries.iter().step_by(T::STRIDE);
    if key.tag() != TAG_POINTER {
        // What is no pointer equals only its own word.
        return keys.position(|present| present.word() == key.word());
    }
    keys.position(|present| keys_equal(present, key))
}

/// The entry of a key.
pub(crate) fn find<'a, T: Table>(table: &'a Value, key: &Value) -> Option<&'a [Value]> {
    let head = table.as_object::<T>()?.head();
    if head.is_flat() {
        let (_, entries) = parts::<T>(table);
        let at = find_flat::<T>(entries, key)? * T::STRIDE;
        return Some(&entries[at..at + T::STRIDE]);
    }
    node::find::<T>(&head.root, key_hash(key), key)
}

/// Takes the value of a key out, as far as all on the way to it has one owner; else clones it.
pub(crate) fn detach<T: Table>(table: &mut Value, key: &Value) -> Value {
    let is_unique = table.header().is_some_and(|header| header.is_unique());
    if !is_unique {
        let found = find::<T>(table, key);
        return found.map(|entry| entry[1].clone()).unwrap_or_default();
    }
    let (head, entries) = parts::<T>(table);
    if head.is_flat() {
        let at = find_flat::<T>(entries, key);
        let taken = at.map(|at| std::mem::take(&mut flat_slots::<T>(table)[at * T::STRIDE + 1]));
        return taken.unwrap_or_default();
    }
    let head = own_head::<T>(table);
    node::detach::<T>(&mut head.root, key_hash(key), key).unwrap_or_default()
}

/// The entries, each a slice of `STRIDE` values.
pub(crate) fn iter<T: Table>(table: &Value) -> node::Iter<'_> {
    let (head, entries) = parts::<T>(table);
    node::Iter::new(entries, (!head.is_flat()).then_some(&head.root), T::STRIDE)
}

/// Adds an entry. Of an equal key that is there the key stays and the value is replaced.
pub(crate) fn insert<T: Table>(mut table: Value, entry: Entry) -> Value {
    if table
        .as_object::<T>()
        .is_some_and(|body| body.head().is_flat())
    {
        return insert_flat::<T>(table, entry);
    }
    let head = own_head::<T>(&mut table);
    let hash = key_hash(&entry.key);
    if node::insert::<T>(&mut head.root, 0, hash, entry) {
        head.len += 1;
    }
    table
}

/// The head for changing; a table with another owner is copied first (trie form).
fn own_head<T: Table>(table: &mut Value) -> &mut Head {
    if !table.header().is_some_and(|header| header.is_unique()) {
        copies::note();
        let (head, _) = parts::<T>(table);
        let copy = head.copy();
        *table = make_with_slots(T::new(copy), 0, |_| Value::UNBOUND);
    }
    table
        .as_unique::<T>()
        .expect("a table, copied if it had another owner")
        .head_mut()
}

/// Records keep the order of their fields, with as much room for further entries as a map has.
fn flat_max(head: &Head) -> usize {
    head.record.map_or(FLAT_MAX, |record| {
        (record.fields.len() + FLAT_MAX).min(FLAT_RECORD_MAX)
    })
}

fn insert_flat<T: Table>(mut table: Value, mut entry: Entry) -> Value {
    let (head, entries) = parts::<T>(&table);
    let len = head.len;
    match find_flat::<T>(entries, &entry.key) {
        Some(_) if T::STRIDE == 1 => table,
        Some(at) => {
            table = own_flat::<T>(table, len);
            flat_slots::<T>(&mut table)[at * T::STRIDE + 1] = entry.value;
            table
        }
        None if len < flat_max(head) => {
            table = own_flat::<T>(table, len + 1);
            let slots = flat_slots::<T>(&mut table);
            for (index, slot) in slots[len * T::STRIDE..(len + 1) * T::STRIDE]
                .iter_mut()
                .enumerate()
            {
                *slot = entry.part(index);
            }
            set_len::<T>(&mut table, len + 1);
            table
        }
        None => insert::<T>(to_trie::<T>(&table), entry),
    }
}

fn flat_slots<T: Table>(table: &mut Value) -> &mut [Value] {
    table
        .as_unique_with_slots::<T>()
        .expect("made the only owner by the caller")
        .1
}

fn set_len<T: Table>(table: &mut Value, len: usize) {
    table
        .as_unique::<T>()
        .expect("made the only owner by the caller")
        .head_mut()
        .len = len;
}

/// The flat table with one owner and room for `wanted` entries.
fn own_flat<T: Table>(mut table: Value, wanted: usize) -> Value {
    let wanted_slots = wanted * T::STRIDE;
    let capacity = (wanted.next_power_of_two() * T::STRIDE) as u16;
    if let Some((body, slots)) = table.as_unique_with_slots::<T>() {
        if slots.len() >= wanted_slots {
            return table;
        }
        let head = body.head_mut();
        let moved = Head {
            len: head.len,
            root: Value::NIL,
            meta: std::mem::take(&mut head.meta),
            record: head.record,
        };
        return make_with_slots(T::new(moved), capacity, |i| match slots.get_mut(i) {
            Some(slot) => std::mem::replace(slot, Value::UNBOUND),
            None => Value::UNBOUND,
        });
    }
    copies::note();
    let (head, entries) = parts::<T>(&table);
    let copy = head.copy();
    make_with_slots(T::new(copy), capacity, |i| {
        entries.get(i).cloned().unwrap_or(Value::UNBOUND)
    })
}

fn to_trie<T: Table>(table: &Value) -> Value {
    let (head, entries) = parts::<T>(table);
    let mut root = node::empty();
    for entry in entries.chunks_exact(T::STRIDE) {
        let key = entry[0].clone();
        let value = entry.get(1).cloned().unwrap_or(Value::UNBOUND);
        node::insert::<T>(&mut root, 0, key_hash(&key), Entry { key, value });
    }
    let head = Head {
        root,
        ..head.copy()
    };
    make_with_slots(T::new(head), 0, |_| Value::UNBOUND)
}

/// Removes the entry of a key, if there is one.
pub(crate) fn remove<T: Table>(mut table: Value, key: &Value) -> Value {
    let (head, entries) = parts::<T>(&table);
    let len = head.len;
    if !head.is_flat() {
        let hash = key_hash(key);
        if node::find::<T>(&head.root, hash, key).is_none() {
            return table;
        }
        if len == 1 && head.record.is_none() {
            return empty::<T>(head.meta.clone());
        }
        let head = own_head::<T>(&mut table);
        node::remove::<T>(&mut head.root, 0, hash, key);
        head.len -= 1;
        return table;
    }
    let Some(at) = find_flat::<T>(entries, key) else {
        return table;
    };
    table = own_flat::<T>(table, len);
    let slots = &mut flat_slots::<T>(&mut table)[at * T::STRIDE..len * T::STRIDE];
    slots.rotate_left(T::STRIDE);
    let end = slots.len() - T::STRIDE;
    slots[end..].fill(Value::UNBOUND);
    set_len::<T>(&mut table, len - 1);
    table
}

pub(crate) fn meta<T: Table>(table: &Value) -> Option<&Value> {
    table.as_object::<T>().map(|body| &body.head().meta)
}

/// The table with other metadata.
pub(crate) fn with_meta<T: Table>(table: Value, meta: Value) -> Value {
    with_head::<T>(table, |head| head.meta = meta)
}

/// The table as a record of this type, or as none.
pub(crate) fn with_record<T: Table>(table: Value, record: Option<&'static DefinedType>) -> Value {
    with_head::<T>(table, |head| head.record = record)
}

/// The table with a changed head; one that is shared is left as it was.
fn with_head<T: Table>(mut table: Value, change: impl FnOnce(&mut Head)) -> Value {
    let (head, _) = parts::<T>(&table);
    if head.is_flat() {
        let len = head.len;
        table = own_flat::<T>(table, len);
    } else {
        own_head::<T>(&mut table);
    }
    let body = table.as_unique::<T>();
    change(body.expect("made the only owner above").head_mut());
    table
}
