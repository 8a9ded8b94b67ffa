//! The walk that both hashes share. One frame per open collection, on a stack of its own.

use super::{Cursor, Kind, Scheme, Step, Value, is_sequential, map, set};

/// A collection whose items are being hashed.
enum Frame {
    Ordered {
        items: Cursor,
        so_far: u64,
        count: usize,
    },
    /// Keys and values in turn; the hash of the key waits for that of its value.
    Map {
        items: std::vec::IntoIter<Value>,
        so_far: u64,
        count: usize,
        key: Option<u64>,
    },
    Set {
        items: std::vec::IntoIter<Value>,
        so_far: u64,
        count: usize,
    },
}

impl Frame {
    fn open(value: &Value) -> Option<Frame> {
        match value.kind()? {
            Kind::Map | Kind::SortedMap => {
                let items: Vec<Value> = map::iter(value)
                    .flat_map(|(k, v)| [k.clone(), v.clone()])
                    .collect();
                Some(Frame::Map {
                    items: items.into_iter(),
                    so_far: 0,
                    count: 0,
                    key: None,
                })
            }
            Kind::Set | Kind::SortedSet => {
                let items: Vec<Value> = set::iter(value).cloned().collect();
                Some(Frame::Set {
                    items: items.into_iter(),
                    so_far: 0,
                    count: 0,
                })
            }
            _ if is_sequential(value) => {
                let items = Cursor::new("hash", value.clone()).ok()?;
                Some(Frame::Ordered {
                    items,
                    so_far: 0,
                    count: 0,
                })
            }
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Value> {
        match self {
            Frame::Ordered { items, .. } => match items.next() {
                Step::Item(item) => Some(item),
                Step::End | Step::Ask => None,
            },
            Frame::Map { items, .. } | Frame::Set { items, .. } => items.next(),
        }
    }

    fn add<S: Scheme>(&mut self, hash: u64) {
        match self {
            Frame::Ordered { so_far, count, .. } => {
                let before = if *count == 0 { S::ORDERED } else { *so_far };
                *so_far = S::ordered(before, hash);
                *count += 1;
            }
            Frame::Set { so_far, count, .. } => {
                *so_far = so_far.wrapping_add(hash);
                *count += 1;
            }
            Frame::Map {
                so_far, count, key, ..
            } => match key.take() {
                None => *key = Some(hash),
                Some(key) => {
                    // As a vector of two.
                    let entry = S::ordered(S::ordered(S::ORDERED, key), hash);
                    *so_far = so_far.wrapping_add(S::finish(entry, 2));
                    *count += 1;
                }
            },
        }
    }

    fn finish<S: Scheme>(&self) -> u64 {
        match self {
            Frame::Ordered { count: 0, .. } => S::finish(S::ORDERED, 0),
            Frame::Ordered { so_far, count, .. }
            | Frame::Map { so_far, count, .. }
            | Frame::Set { so_far, count, .. } => S::finish(*so_far, *count),
        }
    }
}

/// The hash of a realised value.
pub(super) fn hash<S: Scheme>(value: &Value) -> u64 {
    let Some(mut frame) = Frame::open(value) else {
        return S::leaf(value);
    };
    let mut outer = Vec::new();
    loop {
        match frame.next() {
            Some(item) => match Frame::open(&item) {
                Some(inner) => outer.push(std::mem::replace(&mut frame, inner)),
                None => frame.add::<S>(S::leaf(&item)),
            },
            None => {
                let hash = frame.finish::<S>();
                match outer.pop() {
                    Some(parent) => frame = parent,
                    None => return hash,
                }
                frame.add::<S>(hash);
            }
        }
    }
}
