//! Going through the entries of a sorted collection, from either end.

use super::tree;
use crate::value::Value;

/// The entries between two ranks, each a slice of key and value, or of the member.
#[derive(Clone)]
pub struct Iter<'a> {
    root: Option<&'a Value>,
    stride: usize,
    next: usize,
    end: usize,
    /// The leaf that `next` is in, and the place there.
    leaf: &'a [Value],
    at: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn empty() -> Iter<'a> {
        Iter {
            root: None,
            stride: 1,
            next: 0,
            end: 0,
            leaf: &[],
            at: 0,
        }
    }

    pub(super) fn new(root: &'a Value, stride: usize, from: usize, to: usize) -> Iter<'a> {
        Iter {
            root: Some(root),
            stride,
            next: from,
            end: to.min(tree::count(root)),
            leaf: &[],
            at: 0,
        }
    }

    fn slice(&self, leaf: &'a [Value], at: usize) -> Option<&'a [Value]> {
        leaf.get(at * self.stride..(at + 1) * self.stride)
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [Value];

    fn next(&mut self) -> Option<&'a [Value]> {
        if self.next >= self.end {
            return None;
        }
        if self.at * self.stride >= self.leaf.len() {
            (self.leaf, self.at) = tree::leaf_of(self.root?, self.next);
        }
        let entry = self.slice(self.leaf, self.at);
        self.next += 1;
        self.at += 1;
        entry
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.next);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        self.end -= 1;
        let (leaf, at) = tree::leaf_of(self.root?, self.end);
        self.slice(leaf, at)
    }
}

impl ExactSizeIterator for Iter<'_> {}
