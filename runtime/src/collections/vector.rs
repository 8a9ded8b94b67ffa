//! Persistent vectors: a 32-way trie of leaves and, in the vector object itself, the tail.
//!
//! Elements `0 .. trie_len` stand in the trie, the last 1 to 32 in the slots of the
//! [`VectorBody`]; so a short vector is one block. Slots beyond the tail are unbound and wait for
//! pushes. Invariants: `trie_len` is a multiple of 32, every leaf is full, the depth is the least
//! that holds them. Who owns the only reference to a node changes it in place; others copy it.

use crate::collections::copies;
use crate::value::Value;
use crate::value::object::{Body, Kind, make_with_slots};

mod trie;

/// Elements per node.
pub const WIDTH: usize = 32;
const MASK: usize = WIDTH - 1;
/// Bits of an index that a level of the trie takes.
pub const BITS: u32 = 5;
const FIRST_CAPACITY: usize = 4;

/// The vector object: its slots are the tail. Compiled code knows where they are.
#[repr(C)]
pub struct VectorBody {
    len: usize,
    /// Root of the trie, nil while it is empty.
    root: Value,
    meta: Value,
}

// SAFETY: the kind is this type's alone and both values are shown.
unsafe impl Body for VectorBody {
    const KIND: Kind = Kind::Vector;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.root);
        visitor(&mut self.meta);
    }
}

/// A node of the trie: 32 elements or up to 32 nodes in its slots.
pub struct VectorNode;

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for VectorNode {
    const KIND: Kind = Kind::VectorNode;
}

impl VectorBody {
    /// Offset of the root of the trie in the body.
    pub const ROOT: usize = std::mem::offset_of!(VectorBody, root);
    /// Offset of the number of elements in the body.
    pub const LEN: usize = std::mem::offset_of!(VectorBody, len);

    /// Number of elements.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "nobody asks a body that")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The metadata map or nil.
    pub fn meta(&self) -> &Value {
        &self.meta
    }

    pub(crate) fn meta_mut(&mut self) -> &mut Value {
        &mut self.meta
    }

    #[inline]
    fn trie_len(&self) -> usize {
        trie_len(self.len)
    }
}

#[inline]
fn trie_len(len: usize) -> usize {
    len.saturating_sub(1) & !MASK
}

/// The empty vector.
pub fn empty() -> Value {
    make_vector(0, Value::NIL, Value::NIL, 0, |_| Value::UNBOUND)
}

fn make_vector(
    len: usize,
    root: Value,
    meta: Value,
    capacity: usize,
    fill: impl FnMut(usize) -> Value,
) -> Value {
    make_with_slots(VectorBody { len, root, meta }, capacity as u16, fill)
}

/// A vector of these elements.
pub fn from_vec(items: Vec<Value>) -> Value {
    let len = items.len();
    let mut items = items.into_iter();
    let mut root = Value::NIL;
    let in_trie = trie_len(len);
    for built in (0..in_trie).step_by(WIDTH) {
        let leaf = make_with_slots(VectorNode, WIDTH as u16, |_| {
            items.next().unwrap_or_default()
        });
        root = trie::push_leaf(root, built, leaf);
    }
    make_vector(len, root, Value::NIL, len - in_trie, |_| {
        items.next().unwrap_or_default()
    })
}

/// A vector of the values in these places, which are left nil.
pub fn from_places(places: &mut [Value]) -> Value {
    if places.len() > WIDTH {
        return from_vec(places.iter_mut().map(std::mem::take).collect());
    }
    make_vector(places.len(), Value::NIL, Value::NIL, places.len(), |i| {
        std::mem::take(&mut places[i])
    })
}

/// A vector of these elements.
pub fn from_slice(items: &[Value]) -> Value {
    from_vec(items.to_vec())
}

/// A vector of what the iterator gives.
pub fn from_iter(items: impl IntoIterator<Item = Value>) -> Value {
    from_vec(items.into_iter().collect())
}

/// Number of elements of a vector; `None` for other values.
#[inline]
pub fn len(vector: &Value) -> Option<usize> {
    vector.as_object::<VectorBody>().map(VectorBody::len)
}

/// The element at an index; `None` beyond the end and for other values.
#[inline]
pub fn nth(vector: &Value, index: usize) -> Option<&Value> {
    let body = vector.as_object::<VectorBody>()?;
    if index >= body.len {
        return None;
    }
    let in_trie = body.trie_len();
    if index >= in_trie {
        return vector.slots::<VectorBody>()?.get(index - in_trie);
    }
    trie::leaf_of(&body.root, in_trie, index).get(index & MASK)
}

/// The elements from `index` to the end of its leaf; empty beyond the end and for other values.
pub fn chunk_from(vector: &Value, index: usize) -> &[Value] {
    let Some(body) = vector.as_object::<VectorBody>() else {
        return &[];
    };
    if index >= body.len {
        return &[];
    }
    let in_trie = body.trie_len();
    if index >= in_trie {
        let slots = vector.slots::<VectorBody>().unwrap_or_default();
        return &slots[index - in_trie..body.len - in_trie];
    }
    &trie::leaf_of(&body.root, in_trie, index)[index & MASK..]
}

/// Where the element at an index lies: those behind it up to [`leaf_end`] follow it.
pub fn slot_address(vector: &Value, index: usize) -> usize {
    chunk_from(vector, index).as_ptr() as usize
}

/// The index behind the leaf, or the tail, that an element stands in.
pub fn leaf_end(vector: &Value, index: usize) -> usize {
    index + chunk_from(vector, index).len()
}

/// The elements in order.
pub fn iter(vector: &Value) -> Iter<'_> {
    Iter {
        vector,
        chunk: [].iter(),
        next: 0,
    }
}

/// See [`iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    vector: &'a Value,
    chunk: std::slice::Iter<'a, Value>,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Value;

    #[inline]
    fn next(&mut self) -> Option<&'a Value> {
        if self.chunk.as_slice().is_empty() {
            let chunk = chunk_from(self.vector, self.next);
            self.next += chunk.len();
            self.chunk = chunk.iter();
        }
        self.chunk.next()
    }
}

/// Adds an element at the end. `vector` must be a vector.
pub fn push(mut vector: Value, item: Value) -> Value {
    if let Some((body, slots)) = vector.as_unique_with_slots::<VectorBody>() {
        let in_tail = body.len - body.trie_len();
        if in_tail < slots.len() {
            slots[in_tail] = item;
            body.len += 1;
            return vector;
        }
        return push_full(body, slots, item);
    }
    push_shared(&vector, item)
}

/// The tail has no room left: it moves to a larger block, or into the trie.
#[cold]
fn push_full(body: &mut VectorBody, slots: &mut [Value], item: Value) -> Value {
    let mut root = std::mem::take(&mut body.root);
    let meta = std::mem::take(&mut body.meta);
    let in_trie = body.trie_len();
    let in_tail = body.len - in_trie;
    let mut item = Some(item);
    if in_tail == WIDTH {
        let leaf = make_with_slots(VectorNode, WIDTH as u16, |i| std::mem::take(&mut slots[i]));
        root = trie::push_leaf(root, in_trie, leaf);
        return make_vector(body.len + 1, root, meta, WIDTH, |_| {
            item.take().unwrap_or(Value::UNBOUND)
        });
    }
    let capacity = (in_tail * 2).clamp(FIRST_CAPACITY, WIDTH);
    make_vector(body.len + 1, root, meta, capacity, |i| {
        match slots.get_mut(i) {
            Some(slot) => std::mem::take(slot),
            None => item.take().unwrap_or(Value::UNBOUND),
        }
    })
}

fn push_shared(vector: &Value, item: Value) -> Value {
    let (body, tail) = parts(vector);
    if body.len > 0 {
        copies::note();
    }
    let mut item = Some(item);
    if tail.len() == WIDTH {
        let leaf = make_with_slots(VectorNode, WIDTH as u16, |i| tail[i].clone());
        let root = trie::push_leaf(body.root.clone(), body.trie_len(), leaf);
        return make_vector(
            body.len + 1,
            root,
            body.meta.clone(),
            FIRST_CAPACITY,
            |_| item.take().unwrap_or(Value::UNBOUND),
        );
    }
    let capacity = (tail.len() + 1).next_power_of_two().max(FIRST_CAPACITY);
    make_vector(
        body.len + 1,
        body.root.clone(),
        body.meta.clone(),
        capacity,
        |i| match tail.get(i) {
            Some(present) => present.clone(),
            None => item.take().unwrap_or(Value::UNBOUND),
        },
    )
}

fn parts(vector: &Value) -> (&VectorBody, &[Value]) {
    let body = vector
        .as_object::<VectorBody>()
        .expect("callers give vectors only");
    let slots = vector.slots::<VectorBody>().unwrap_or_default();
    (body, &slots[..body.len - body.trie_len()])
}

/// The same vector in a block of its own: trie shared, tail copied.
fn copy(vector: &Value) -> Value {
    copies::note();
    let (body, tail) = parts(vector);
    make_vector(
        body.len,
        body.root.clone(),
        body.meta.clone(),
        tail.len(),
        |i| tail[i].clone(),
    )
}

/// The same vector with other metadata.
pub(crate) fn with_meta(vector: &Value, meta: Value) -> Value {
    let mut copy = copy(vector);
    if let Some(body) = copy.as_unique::<VectorBody>() {
        body.meta = meta;
    }
    copy
}

/// Replaces the element at `index`, which is at most the length (then it is a push).
pub fn assoc(mut vector: Value, index: usize, item: Value) -> Value {
    if len(&vector) == Some(index) {
        return push(vector, item);
    }
    *slot_mut(&mut vector, index) = item;
    vector
}

/// The place of an element, in a vector that is made the only owner of the path to it.
///
/// # Panics
/// If `vector` is no vector or has no such element.
pub fn slot_mut(vector: &mut Value, index: usize) -> &mut Value {
    if !vector.header().is_some_and(|header| header.is_unique()) {
        *vector = copy(vector);
    }
    let (body, slots) = vector
        .as_unique_with_slots::<VectorBody>()
        .expect("a vector, copied if it had another owner");
    let in_trie = body.trie_len();
    if index >= in_trie {
        return &mut slots[index - in_trie];
    }
    trie::slot_mut(&mut body.root, in_trie, index)
}

/// Removes the last element. An empty vector stays empty.
pub fn pop(mut vector: Value) -> Value {
    let Some(old_len) = len(&vector).filter(|len| *len > 0) else {
        return vector;
    };
    let in_trie = trie_len(old_len);
    let in_tail = old_len - in_trie;
    if in_tail == 1 && in_trie > 0 {
        return pop_into_trie(vector, in_trie);
    }
    if let Some((body, slots)) = vector.as_unique_with_slots::<VectorBody>() {
        slots[in_tail - 1] = Value::UNBOUND;
        body.len -= 1;
        return vector;
    }
    let (body, tail) = parts(&vector);
    make_vector(
        old_len - 1,
        body.root.clone(),
        body.meta.clone(),
        in_tail - 1,
        |i| tail[i].clone(),
    )
}

/// The tail becomes empty: the last leaf of the trie is the new one.
fn pop_into_trie(mut vector: Value, in_trie: usize) -> Value {
    let (mut root, meta) = match vector.as_unique::<VectorBody>() {
        Some(body) => (
            std::mem::take(&mut body.root),
            std::mem::take(&mut body.meta),
        ),
        None => {
            let (body, _) = parts(&vector);
            (body.root.clone(), body.meta.clone())
        }
    };
    let mut leaf = trie::pop_leaf(&mut root, in_trie);
    if let Some((_, slots)) = leaf.as_unique_with_slots::<VectorNode>() {
        return make_vector(in_trie, root, meta, WIDTH, |i| {
            std::mem::take(&mut slots[i])
        });
    }
    let slots = leaf.slots::<VectorNode>().unwrap_or_default();
    make_vector(in_trie, root, meta, WIDTH, |i| slots[i].clone())
}

/// The elements from `start` up to `end`, which must be there, as a new vector.
pub fn slice(vector: &Value, start: usize, end: usize) -> Value {
    let mut items = Vec::with_capacity(end - start);
    while items.len() < end - start {
        let chunk = chunk_from(vector, start + items.len());
        let wanted = (end - start - items.len()).min(chunk.len());
        items.extend_from_slice(&chunk[..wanted]);
    }
    from_vec(items)
}

#[cfg(test)]
mod tests;
