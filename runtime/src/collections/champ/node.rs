//! Nodes of the CHAMP trie.
//!
//! A node's slots hold its entries from the front, its child nodes from the back (the first child
//! last), and free room between. Bit `b` of `data` says that an entry's hash has `b` at this level,
//! bit `b` of `nodes` that a child does. Where all 60 bits of two hashes agree, a collision node
//! holds the entries unordered: `nodes` all ones and `data` their number (a node of 32 children
//! has no data). Recursion goes one frame per level: thirteen at most.

use super::{Entry, Table};
use crate::collections::copies;
use crate::value::Value;
use crate::value::equality::keys_equal;
use crate::value::hash::key_hash;
use crate::value::object::{Body, Kind, make_with_slots};

const BITS: u32 = 5;
/// From this shift on only collision nodes stand.
const COLLISION_SHIFT: u32 = 60;
const COLLISION: u32 = u32::MAX;
/// Nodes grow in steps of so many slots.
const STEP: usize = 4;

/// The body of a node.
pub struct MapNode {
    data: u32,
    nodes: u32,
}

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for MapNode {
    const KIND: Kind = Kind::MapNode;
}

impl MapNode {
    fn is_collision(&self) -> bool {
        self.nodes == COLLISION && self.data != 0
    }

    fn entries(&self) -> usize {
        if self.is_collision() {
            self.data as usize
        } else {
            self.data.count_ones() as usize
        }
    }

    fn children(&self) -> usize {
        if self.is_collision() {
            0
        } else {
            self.nodes.count_ones() as usize
        }
    }

    fn used(&self, stride: usize) -> usize {
        self.entries() * stride + self.children()
    }

    fn entry_at(&self, bit: u32, stride: usize) -> usize {
        (self.data & (bit - 1)).count_ones() as usize * stride
    }

    fn child_at(&self, bit: u32, slots: usize) -> usize {
        slots - 1 - (self.nodes & (bit - 1)).count_ones() as usize
    }
}

fn bit_of(hash: u64, shift: u32) -> u32 {
    1 << (hash >> shift & 31)
}

fn parts(node: &Value) -> (&MapNode, &[Value]) {
    let body = node
        .as_object::<MapNode>()
        .expect("a trie holds nodes only");
    (body, node.slots::<MapNode>().unwrap_or_default())
}

pub(crate) fn empty() -> Value {
    make_with_slots(MapNode { data: 0, nodes: 0 }, 0, |_| Value::UNBOUND)
}

/// The node for changing, with room for `extra` more slots; copied if it has another owner.
fn own(node: &mut Value, stride: usize, extra: usize) -> (&mut MapNode, &mut [Value]) {
    let (body, slots) = parts(node);
    let wanted = body.used(stride) + extra;
    let unique = node.header().is_some_and(|header| header.is_unique());
    if !unique || wanted > slots.len() {
        *node = relocated(node, stride, wanted.next_multiple_of(STEP), unique);
    }
    node.as_unique_with_slots::<MapNode>()
        .expect("a node, copied if it had another owner")
}

/// The node in a block of `capacity` slots: its values moved if it is the only owner, else copied.
fn relocated(node: &mut Value, stride: usize, capacity: usize, unique: bool) -> Value {
    let (body, slots) = parts(node);
    let head = MapNode {
        data: body.data,
        nodes: body.nodes,
    };
    let (front, back) = (head.entries() * stride, head.children());
    let length = slots.len();
    let source = |i: usize| {
        if i < front {
            Some(i)
        } else {
            (i + back >= capacity).then(|| length - (capacity - i))
        }
    };
    if unique {
        let (_, slots) = node
            .as_unique_with_slots::<MapNode>()
            .expect("checked by the caller");
        make_with_slots(head, capacity as u16, |i| match source(i) {
            Some(at) => std::mem::replace(&mut slots[at], Value::UNBOUND),
            None => Value::UNBOUND,
        })
    } else {
        copies::note();
        make_with_slots(head, capacity as u16, |i| {
            source(i).map_or(Value::UNBOUND, |at| slots[at].clone())
        })
    }
}

/// The entry of a key.
pub(crate) fn find<'a, T: Table>(root: &'a Value, hash: u64, key: &Value) -> Option<&'a [Value]> {
    find_from::<T>(root, 0, hash, key)
}

fn find_from<'a, T: Table>(
    node: &'a Value,
    mut shift: u32,
    hash: u64,
    key: &Value,
) -> Option<&'a [Value]> {
    let (mut body, mut slots) = parts(node);
    loop {
        if body.is_collision() {
            let mut entries = slots[..body.entries() * T::STRIDE].chunks_exact(T::STRIDE);
            return entries.find(|entry| keys_equal(&entry[0], key));
        }
        let bit = bit_of(hash, shift);
        if body.data & bit != 0 {
            let at = body.entry_at(bit, T::STRIDE);
            return keys_equal(&slots[at], key).then(|| &slots[at..at + T::STRIDE]);
        }
        if body.nodes & bit == 0 {
            return None;
        }
        (body, slots) = parts(&slots[body.child_at(bit, slots.len())]);
        shift += BITS;
    }
}

/// Takes the value of a key out and leaves nil, if every node on the way has one owner; else
/// clones it.
pub(crate) fn detach<T: Table>(root: &mut Value, hash: u64, key: &Value) -> Option<Value> {
    let mut node = root;
    let mut shift = 0;
    loop {
        let (body, slots) = parts(node);
        let bit = bit_of(hash, shift);
        let is_unique = node.header().is_some_and(|header| header.is_unique());
        if !is_unique || body.is_collision() {
            let rest = find_from::<T>(node, shift, hash, key);
            return rest.map(|entry| entry[1].clone());
        }
        if body.data & bit != 0 {
            let at = body.entry_at(bit, T::STRIDE);
            if !keys_equal(&slots[at], key) {
                return None;
            }
            let (_, slots) = own(node, T::STRIDE, 0);
            return Some(std::mem::take(&mut slots[at + 1]));
        }
        if body.nodes & bit == 0 {
            return None;
        }
        let at = body.child_at(bit, slots.len());
        node = &mut own(node, T::STRIDE, 0).1[at];
        shift += BITS;
    }
}

/// Adds an entry or replaces its value. True if the key is new.
pub(crate) fn insert<T: Table>(node: &mut Value, shift: u32, hash: u64, entry: Entry) -> bool {
    let (body, slots) = parts(node);
    if shift >= COLLISION_SHIFT {
        return insert_colliding::<T>(node, entry);
    }
    let bit = bit_of(hash, shift);
    if body.nodes & bit != 0 {
        let at = body.child_at(bit, slots.len());
        let capacity = slots.len();
        let (_, slots) = own(node, T::STRIDE, 0);
        // A copy may have another number of slots: children are counted from the end.
        let at = slots.len() - (capacity - at);
        return insert::<T>(&mut slots[at], shift + BITS, hash, entry);
    }
    if body.data & bit == 0 {
        add_entry::<T>(node, bit, entry);
        return true;
    }
    let at = body.entry_at(bit, T::STRIDE);
    if keys_equal(&slots[at], &entry.key) {
        if T::STRIDE > 1 {
            own(node, T::STRIDE, 0).1[at + 1] = entry.value;
        }
        return false;
    }
    let present = take_entry::<T>(node, bit);
    let mut child = empty();
    let present_hash = key_hash(&present.key);
    insert::<T>(&mut child, shift + BITS, present_hash, present);
    insert::<T>(&mut child, shift + BITS, hash, entry);
    add_child(node, T::STRIDE, bit, child);
    true
}

fn insert_colliding<T: Table>(node: &mut Value, mut entry: Entry) -> bool {
    let (body, slots) = parts(node);
    let count = body.data as usize;
    let keys = slots[..count * T::STRIDE].iter().step_by(T::STRIDE);
    if let Some(at) = keys
        .clone()
        .position(|present| keys_equal(present, &entry.key))
    {
        if T::STRIDE > 1 {
            own(node, T::STRIDE, 0).1[at * T::STRIDE + 1] = entry.value;
        }
        return false;
    }
    let (body, slots) = own(node, T::STRIDE, T::STRIDE);
    body.nodes = COLLISION;
    body.data += 1;
    for (index, slot) in slots[count * T::STRIDE..][..T::STRIDE]
        .iter_mut()
        .enumerate()
    {
        *slot = entry.part(index);
    }
    true
}

fn add_entry<T: Table>(node: &mut Value, bit: u32, mut entry: Entry) {
    let (body, slots) = own(node, T::STRIDE, T::STRIDE);
    let at = body.entry_at(bit, T::STRIDE);
    let end = body.entries() * T::STRIDE;
    slots[at..end + T::STRIDE].rotate_right(T::STRIDE);
    for (index, slot) in slots[at..at + T::STRIDE].iter_mut().enumerate() {
        *slot = entry.part(index);
    }
    body.data |= bit;
}

fn take_entry<T: Table>(node: &mut Value, bit: u32) -> Entry {
    let (body, slots) = own(node, T::STRIDE, 0);
    let at = body.entry_at(bit, T::STRIDE);
    let end = body.entries() * T::STRIDE;
    slots[at..end].rotate_left(T::STRIDE);
    body.data &= !bit;
    taken::<T>(&mut slots[end - T::STRIDE..end])
}

fn taken<T: Table>(slots: &mut [Value]) -> Entry {
    let mut take = |index: usize| match slots.get_mut(index) {
        Some(slot) => std::mem::replace(slot, Value::UNBOUND),
        None => Value::UNBOUND,
    };
    Entry {
        key: take(0),
        value: if T::STRIDE > 1 {
            take(1)
        } else {
            Value::UNBOUND
        },
    }
}

fn add_child(node: &mut Value, stride: usize, bit: u32, child: Value) {
    let (body, slots) = own(node, stride, 1);
    let at = body.child_at(bit, slots.len());
    let low = slots.len() - 1 - body.children();
    slots[low..=at].rotate_left(1);
    slots[at] = child;
    body.nodes |= bit;
}

fn take_child(node: &mut Value, stride: usize, bit: u32) -> Value {
    let (body, slots) = own(node, stride, 0);
    let at = body.child_at(bit, slots.len());
    let low = slots.len() - body.children();
    slots[low..=at].rotate_right(1);
    body.nodes &= !bit;
    std::mem::replace(&mut slots[low], Value::UNBOUND)
}

/// Removes the entry of a key that is there.
pub(crate) fn remove<T: Table>(node: &mut Value, shift: u32, hash: u64, key: &Value) {
    let (body, slots) = parts(node);
    if body.is_collision() {
        return remove_colliding::<T>(node, key);
    }
    let bit = bit_of(hash, shift);
    if body.data & bit != 0 {
        take_entry::<T>(node, bit);
        return;
    }
    let from_end = slots.len() - body.child_at(bit, slots.len());
    let (_, slots) = own(node, T::STRIDE, 0);
    let at = slots.len() - from_end;
    remove::<T>(&mut slots[at], shift + BITS, hash, key);
    let (child, _) = parts(&slots[at]);
    if child.entries() == 1 && child.children() == 0 {
        // A lone entry stands in its parent, so that equal tables have equal shapes.
        let mut child = take_child(node, T::STRIDE, bit);
        let (_, slots) = own(&mut child, T::STRIDE, 0);
        let entry = taken::<T>(&mut slots[..T::STRIDE]);
        add_entry::<T>(node, bit, entry);
    }
}

fn remove_colliding<T: Table>(node: &mut Value, key: &Value) {
    let (body, slots) = own(node, T::STRIDE, 0);
    let end = body.entries() * T::STRIDE;
    let mut keys = slots[..end].iter().step_by(T::STRIDE);
    if let Some(at) = keys.position(|present| keys_equal(present, key)) {
        slots[at * T::STRIDE..end].rotate_left(T::STRIDE);
        slots[end - T::STRIDE..end].fill(Value::UNBOUND);
        body.data -= 1;
    }
}

/// The entries of a table, each a slice of `stride` values.
#[derive(Clone)]
pub(crate) struct Iter<'a> {
    entries: std::slice::ChunksExact<'a, Value>,
    pending: Vec<&'a Value>,
    stride: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(flat: &'a [Value], root: Option<&'a Value>, stride: usize) -> Iter<'a> {
        Iter {
            entries: flat.chunks_exact(stride),
            pending: root.into_iter().collect(),
            stride,
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [Value];

    fn next(&mut self) -> Option<&'a [Value]> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(entry);
            }
            let (body, slots) = parts(self.pending.pop()?);
            self.entries = slots[..body.entries() * self.stride].chunks_exact(self.stride);
            self.pending.extend(&slots[slots.len() - body.children()..]);
        }
    }
}
