//! The trie of full leaves under a vector. The depth follows from the number of elements, so no
//! node stores it. Recursion goes one frame per level: thirteen at most.

use super::{BITS, MASK, VectorNode, WIDTH};
use crate::collections::copies;
use crate::value::Value;
use crate::value::object::make_with_slots;

/// How far an index is shifted at the root of a trie of `len` elements: 0 where the root is a leaf.
#[inline]
fn root_shift(len: usize) -> u32 {
    if len <= WIDTH {
        0
    } else {
        (usize::BITS - 1 - (len - 1).leading_zeros()) / BITS * BITS
    }
}

fn slots(node: &Value) -> &[Value] {
    node.slots::<VectorNode>().expect("a trie holds nodes only")
}

/// The leaf that holds `index`, which is below `len`.
#[inline]
pub(super) fn leaf_of(root: &Value, len: usize, index: usize) -> &[Value] {
    let mut node = slots(root);
    let mut shift = root_shift(len);
    while shift > 0 {
        node = slots(&node[(index >> shift) & MASK]);
        shift -= BITS;
    }
    node
}

fn inner(fill: impl FnMut(usize) -> Value) -> Value {
    make_with_slots(VectorNode, WIDTH as u16, fill)
}

/// The node's slots for changing; a node with another owner is copied first.
fn slots_mut(node: &mut Value) -> &mut [Value] {
    if !node.header().is_some_and(|header| header.is_unique()) {
        copies::note();
        let present = slots(node);
        *node = inner(|i| present[i].clone());
    }
    node.as_unique_with_slots::<VectorNode>()
        .expect("a node, copied if it had another owner")
        .1
}

/// The place of an element.
pub(super) fn slot_mut(root: &mut Value, len: usize, index: usize) -> &mut Value {
    let mut node = slots_mut(root);
    let mut shift = root_shift(len);
    while shift > 0 {
        node = slots_mut(&mut node[(index >> shift) & MASK]);
        shift -= BITS;
    }
    &mut node[index & MASK]
}

/// Adds a full leaf to a trie of `len` elements.
pub(super) fn push_leaf(mut root: Value, len: usize, leaf: Value) -> Value {
    if len == 0 {
        return leaf;
    }
    let shift = root_shift(len);
    if len == WIDTH << shift {
        let mut children = [root, path_to(leaf, shift)].into_iter();
        return inner(|_| children.next().unwrap_or(Value::UNBOUND));
    }
    insert_leaf(&mut root, shift, len, leaf);
    root
}

/// Nodes with one child each, down to the leaf.
fn path_to(leaf: Value, shift: u32) -> Value {
    (0..shift / BITS).fold(leaf, |child, _| {
        let mut child = Some(child);
        inner(|_| child.take().unwrap_or(Value::UNBOUND))
    })
}

fn insert_leaf(node: &mut Value, shift: u32, index: usize, leaf: Value) {
    let slot = &mut slots_mut(node)[(index >> shift) & MASK];
    if slot.is_unbound() {
        *slot = path_to(leaf, shift - BITS);
    } else {
        insert_leaf(slot, shift - BITS, index, leaf);
    }
}

/// Takes the last leaf out of a trie of `len` elements, and a level off where it is not needed.
pub(super) fn pop_leaf(root: &mut Value, len: usize) -> Value {
    let shift = root_shift(len);
    if shift == 0 {
        return std::mem::take(root);
    }
    let leaf = take_leaf(root, shift, len - WIDTH);
    if root_shift(len - WIDTH) < shift {
        let child = slots(root)[0].clone();
        *root = child;
    }
    leaf
}

fn take_leaf(node: &mut Value, shift: u32, index: usize) -> Value {
    let slot = &mut slots_mut(node)[(index >> shift) & MASK];
    if shift == BITS {
        return std::mem::replace(slot, Value::UNBOUND);
    }
    let leaf = take_leaf(slot, shift - BITS, index);
    // The child that held nothing but this leaf goes with it.
    if index & ((1 << shift) - 1) == 0 {
        *slot = Value::UNBOUND;
    }
    leaf
}
