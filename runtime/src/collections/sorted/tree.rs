//! The tree below a sorted map or set, by rank.
//!
//! A leaf's slots are its entries, an inner node's its children; every node knows how many entries
//! are below it. All leaves are equally deep, and every node but the root is at least a third full.
//! With one owner a node is changed in place or taken apart, otherwise copied.
//! Recursion goes as deep as the tree is high: at most seven levels.

use crate::value::Value;
use crate::value::object::{Body, Kind, make_with_slots};

/// Entries of a leaf, or children of an inner node, at most.
const WIDTH_MAX: usize = 32;
/// Fewer are merged with a neighbour's.
const WIDTH_MIN: usize = 11;

/// A node: entries or children are its slots.
pub struct SortedNode {
    /// Entries below.
    count: usize,
    is_leaf: bool,
}

// SAFETY: the kind is this type's alone; entries and children are trailing slots.
unsafe impl Body for SortedNode {
    const KIND: Kind = Kind::SortedNode;
}

/// An entry on its way in; a set's has no value.
pub(super) struct Entry {
    pub(super) key: Value,
    pub(super) value: Value,
    pub(super) stride: usize,
}

/// What an insertion makes of a node.
enum Grown {
    One(Value),
    Two(Value, Value),
}

fn node(value: &Value) -> Option<&SortedNode> {
    value.as_object::<SortedNode>()
}

fn slots(value: &Value) -> &[Value] {
    value.slots::<SortedNode>().unwrap_or_default()
}

fn is_leaf(value: &Value) -> bool {
    node(value).is_some_and(|node| node.is_leaf)
}

/// Entries below a root, which may be nil.
pub(super) fn count(root: &Value) -> usize {
    node(root).map_or(0, |node| node.count)
}

fn leaf(values: Vec<Value>, stride: usize) -> Value {
    let body = SortedNode {
        count: values.len() / stride,
        is_leaf: true,
    };
    with_slots(body, values)
}

fn inner(children: Vec<Value>) -> Value {
    let body = SortedNode {
        count: children.iter().map(count).sum(),
        is_leaf: false,
    };
    with_slots(body, children)
}

fn with_slots(body: SortedNode, values: Vec<Value>) -> Value {
    let width = values.len() as u16;
    let mut values = values.into_iter();
    make_with_slots(body, width, |_| values.next().unwrap_or_default())
}

/// The slots, moved out of a node with one owner, else counted once more. `room` for as many more.
fn take_apart(mut node: Value, room: usize) -> Vec<Value> {
    let mut values = Vec::with_capacity(slots(&node).len() + room);
    match node.as_unique_with_slots::<SortedNode>() {
        Some((_, slots)) => values.extend(slots.iter_mut().map(std::mem::take)),
        None => values.extend_from_slice(slots(&node)),
    }
    values
}

/// The child that holds a rank (the last one for the rank behind all), and the rank within it.
fn child_of(children: &[Value], mut rank: usize) -> (usize, usize) {
    let last = children.len().saturating_sub(1);
    for (index, child) in children.iter().enumerate() {
        let below = count(child);
        if rank < below || index == last {
            return (index, rank);
        }
        rank -= below;
    }
    (last, rank)
}

/// The slots of the leaf that holds a rank, and the place of the entry in it.
pub(super) fn leaf_of(root: &Value, mut rank: usize) -> (&[Value], usize) {
    let mut place = root;
    while !is_leaf(place) {
        let children = slots(place);
        let (index, within) = child_of(children, rank);
        match children.get(index) {
            Some(child) => (place, rank) = (child, within),
            None => return (&[], 0),
        }
    }
    (slots(place), rank)
}

/// The tree with another value in the entry of a rank.
pub(super) fn replace(root: Value, rank: usize, value: Value) -> Value {
    let (index, within) = if is_leaf(&root) {
        (2 * rank + 1, 0)
    } else {
        child_of(slots(&root), rank)
    };
    change_slot(root, index, |slot, is_leaf| {
        if is_leaf {
            value
        } else {
            replace(slot, within, value)
        }
    })
}

/// The node with one slot changed: in place if it has one owner. The count is brought up to date.
fn change_slot(mut node: Value, index: usize, edit: impl FnOnce(Value, bool) -> Value) -> Value {
    if let Some((body, slots)) = node.as_unique_with_slots::<SortedNode>() {
        let old = std::mem::take(&mut slots[index]);
        slots[index] = edit(old, body.is_leaf);
        if !body.is_leaf {
            body.count = slots.iter().map(count).sum();
        }
        return node;
    }
    let leaf = is_leaf(&node);
    let entries = count(&node);
    let mut values = take_apart(node, 0);
    let old = std::mem::take(&mut values[index]);
    values[index] = edit(old, leaf);
    if leaf {
        let body = SortedNode {
            count: entries,
            is_leaf: true,
        };
        with_slots(body, values)
    } else {
        inner(values)
    }
}

/// The tree with one more entry, of this rank.
pub(super) fn insert(root: Value, rank: usize, entry: Entry) -> Value {
    if root.is_nil() {
        let stride = entry.stride;
        return leaf(values_of(entry).collect(), stride);
    }
    match grow(root, rank, entry) {
        Grown::One(root) => root,
        Grown::Two(left, right) => inner(vec![left, right]),
    }
}

fn values_of(entry: Entry) -> impl Iterator<Item = Value> {
    [entry.key, entry.value].into_iter().take(entry.stride)
}

fn grow(node: Value, rank: usize, entry: Entry) -> Grown {
    if is_leaf(&node) {
        let stride = entry.stride;
        let mut values = take_apart(node, stride);
        let at = rank * stride;
        values.splice(at..at, values_of(entry));
        return split(values, WIDTH_MAX * stride, stride, |values| {
            leaf(values, stride)
        });
    }
    let (index, within) = child_of(slots(&node), rank);
    let mut second = None;
    let grown = change_slot(node, index, |child, _| match grow(child, within, entry) {
        Grown::One(child) => child,
        Grown::Two(left, right) => {
            second = Some(right);
            left
        }
    });
    let Some(second) = second else {
        return Grown::One(grown);
    };
    let mut children = take_apart(grown, 1);
    children.insert(index + 1, second);
    split(children, WIDTH_MAX, 1, inner)
}

/// One node of the values, or two halves if they are too many.
fn split(
    mut values: Vec<Value>,
    most: usize,
    stride: usize,
    node: impl Fn(Vec<Value>) -> Value,
) -> Grown {
    if values.len() <= most {
        return Grown::One(node(values));
    }
    let right = values.split_off(values.len() / stride / 2 * stride);
    Grown::Two(node(values), node(right))
}

/// The tree without the entry of a rank; nil if it was the last.
pub(super) fn remove(root: Value, rank: usize, stride: usize) -> Value {
    if count(&root) <= 1 {
        return Value::NIL;
    }
    let root = shrink(root, rank, stride);
    match slots(&root) {
        [only] if !is_leaf(&root) => only.clone(),
        _ => root,
    }
}

fn shrink(node: Value, rank: usize, stride: usize) -> Value {
    if is_leaf(&node) {
        let mut values = take_apart(node, 0);
        values.drain(rank * stride..(rank + 1) * stride);
        return leaf(values, stride);
    }
    let (index, within) = child_of(slots(&node), rank);
    let node = change_slot(node, index, |child, _| shrink(child, within, stride));
    let is_thin = |child: &Value| width(child, stride) < WIDTH_MIN;
    if slots(&node).get(index).is_some_and(is_thin) && slots(&node).len() > 1 {
        fill(node, index, stride)
    } else {
        node
    }
}

fn width(node: &Value, stride: usize) -> usize {
    let slots = slots(node).len();
    if is_leaf(node) { slots / stride } else { slots }
}

/// Joins a thin child with its neighbour, or shares their content evenly.
fn fill(node: Value, index: usize, stride: usize) -> Value {
    let mut children = take_apart(node, 0);
    let left = index.saturating_sub(1);
    let right = children.remove(left + 1);
    let first = std::mem::take(&mut children[left]);
    let both_leaves = is_leaf(&first);
    let mut values = take_apart(first, slots(&right).len());
    values.extend(take_apart(right, 0));
    let joined = if both_leaves {
        split(values, WIDTH_MAX * stride, stride, |values| {
            leaf(values, stride)
        })
    } else {
        split(values, WIDTH_MAX, 1, inner)
    };
    match joined {
        Grown::One(child) => children[left] = child,
        Grown::Two(first, second) => {
            children[left] = first;
            children.insert(left + 1, second);
        }
    }
    inner(children)
}

/// Checks the invariants: equal depth, counts, widths. Gives the height.
#[cfg(test)]
pub(super) fn check(root: &Value, stride: usize, is_root: bool) -> usize {
    if root.is_nil() {
        return 0;
    }
    let (width, entries) = (width(root, stride), count(root));
    assert!(width <= WIDTH_MAX && (is_root || width >= WIDTH_MIN.min(WIDTH_MAX / 2)));
    if is_leaf(root) {
        assert_eq!(entries, width);
        return 1;
    }
    assert_eq!(entries, slots(root).iter().map(count).sum::<usize>());
    let heights: Vec<usize> = slots(root)
        .iter()
        .map(|child| check(child, stride, false))
        .collect();
    assert!(heights.windows(2).all(|pair| pair[0] == pair[1]));
    heights[0] + 1
}
