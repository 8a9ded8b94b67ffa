//! Who has an object: one actor, which counts it by plain instructions; all of them, by atomic ones;
//! or the program, for ever, so that nobody counts it.
//!
//! What a var holds first, if it is small, lives for ever: most vars never get another value, and
//! every mention of one would cost two atomic instructions. What replaces it is counted. Only what no
//! other actor has seen is made so, since others may be about to change its count.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use super::{Header, Kind, OPERATIONS, Value, WAITING_KEPT, visit};
use crate::collections::array;

/// Elements of a vector that [`Value::take_over`] looks at.
const SMALL_MESSAGE: u16 = 8;
/// Bytes that may stay behind when a var gets another value.
const SMALL_ROOT: usize = 1 << 20;

impl Header {
    fn is_local(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }
}

impl Value {
    /// Makes the counts of everything reachable atomic, so that other actors may hold it.
    pub fn publish(&self) {
        self.publish_and_look();
    }

    /// As [`Value::publish`]; says whether it is an array or one was among what it published.
    pub fn publish_and_look(&self) -> bool {
        if self.header().is_some_and(Header::is_local) {
            return publish_graph(self.header_pointer());
        }
        self.kind() == Some(Kind::Array)
    }

    /// As [`Value::publish`], for what a var holds first and for the constants of its code: it lives
    /// for ever if it is small.
    pub fn publish_for_good(&self) {
        let lasting = lasting(self);
        self.publish();
        for pointer in lasting {
            // SAFETY: it is reachable from this value, and no other actor has seen it yet.
            unsafe { (*pointer).make_immortal() }
        }
    }

    /// Of what has been sent, and only this reference holds: counts it as this actor's own again, and
    /// so the few things it holds that nothing else does.
    pub(crate) fn take_over(&mut self) {
        let take = |header: &Header| {
            // What others did before they gave their counts back is seen.
            let is_only = header.count.load(Ordering::Acquire) == -1;
            if is_only {
                header.count.store(1, Ordering::Relaxed);
            }
            is_only
        };
        let Some(header) = self.header().filter(|header| take(header)) else {
            return;
        };
        if header.kind == Kind::Vector && header.slots <= SMALL_MESSAGE {
            // SAFETY: the one reference to the object is borrowed mutably.
            unsafe {
                visit(self.header_pointer(), &mut |child| {
                    child.header().map(take);
                });
            }
        }
    }
}

#[inline(never)]
fn publish_graph(root: *mut Header) -> bool {
    thread_local! {
        static PENDING: Cell<Vec<*mut Header>> = const { Cell::new(Vec::new()) };
    }
    let mut pending = PENDING.take();
    let mut meets_array = false;
    let mut next = Some(root);
    while let Some(pointer) = next {
        // SAFETY: everything on the list is reachable from a live value of this actor, and an
        // unpublished object is this actor's alone.
        unsafe {
            let count = (*pointer).count.load(Ordering::Relaxed);
            if count > 0 {
                (*pointer).count.store(-count, Ordering::Relaxed);
                meets_array |= (*pointer).kind == Kind::Array;
                visit(pointer, &mut |child| {
                    if child.header().is_some_and(Header::is_local) {
                        pending.push(child.header_pointer());
                    }
                });
            }
        }
        next = pending.pop();
    }
    pending.shrink_to(WAITING_KEPT);
    PENDING.set(pending);
    meets_array
}

/// The objects of a small value that are made to live for ever; none of a large one. What may be
/// closed some day is counted, and so is what only that holds, or what can change.
fn lasting(root: &Value) -> Vec<*mut Header> {
    let (mut found, mut pending, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut meet = |value: &Value, pending: &mut Vec<*mut Header>| {
        let is_wanted =
            |it: &&Header| it.is_local() && (it.kind.is_constant() || it.kind.stands_alone());
        if value.header().filter(is_wanted).is_some() {
            bytes += own_bytes(value);
            pending.push(value.header_pointer());
        }
        bytes <= SMALL_ROOT
    };
    let mut is_small = meet(root, &mut pending);
    while let Some(pointer) = pending.pop().filter(|_| is_small) {
        found.push(pointer);
        // SAFETY: it is reachable from the value, which is borrowed, and this actor's alone.
        unsafe {
            if (*pointer).kind.is_constant() {
                visit(pointer, &mut |child| {
                    is_small = is_small && meet(child, &mut pending)
                });
            }
        }
    }
    if is_small { found } else { Vec::new() }
}

fn own_bytes(value: &Value) -> usize {
    let header = value.header();
    let object = header.map_or(0, |it| (OPERATIONS[it.kind as usize].bytes)(it.slots));
    let text = value.as_str().map_or(0, str::len);
    object + text + 8 * array::len(value).unwrap_or_default()
}

impl Kind {
    /// Is it made to live for ever without what it holds?
    fn stands_alone(self) -> bool {
        use Kind::{Array, BigInt, Cell, Float, Regex, Str, WideInt};
        matches!(self, WideInt | BigInt | Float | Str | Regex | Cell | Array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::vector;

    fn owners(value: &Value) -> Option<u32> {
        value.header().map(Header::owners)
    }

    fn numbers(count: i64) -> Value {
        vector::from_iter((0..count).filter_map(Value::small_int))
    }

    #[test]
    fn what_is_small_lives_for_ever_and_what_is_large_or_shared_does_not() {
        let inner = Value::str("inner");
        let small = vector::from_vec(vec![numbers(3), inner.clone()]);
        small.publish_for_good();
        assert_eq!((owners(&small), owners(&inner)), (Some(0), Some(0)));
        let large = numbers(200_000);
        large.publish_for_good();
        assert_eq!(owners(&large), Some(1));
        let shared = numbers(3);
        shared.publish();
        let around = vector::from_vec(vec![shared.clone()]);
        around.publish_for_good();
        assert_eq!((owners(&around), owners(&shared)), (Some(0), Some(2)));
    }

    #[test]
    fn who_alone_has_a_message_takes_it_over() {
        let (kept, given) = (Value::str("kept"), Value::str("given"));
        let mut message = vector::from_vec(vec![kept.clone(), given]);
        message.publish();
        let other = message.clone();
        message.take_over();
        assert!(message.header().is_some_and(Header::is_published));
        drop(other);
        message.take_over();
        let items: Vec<_> = vector::iter(&message)
            .map(|it| it.header().map(Header::is_local))
            .collect();
        assert!(message.header().is_some_and(Header::is_local));
        assert_eq!(items, [Some(false), Some(true)]);
    }
}
