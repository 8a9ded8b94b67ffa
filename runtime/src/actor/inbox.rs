//! The inbox: the messages that an actor has taken over from its mailbox, in order, with the place
//! up to which the present `receive` has refused them. It is a list of the mailbox's own envelopes,
//! so that taking over allocates nothing. Only the worker that runs the actor touches it.

use std::ptr;

use super::envelope::{Envelope, Extra};
use super::mailbox::Chain;
use crate::collections::vector;
use crate::value::Value;

/// The messages an actor has taken over, in order. The *cursor* stands behind the messages that
/// the present `receive` has refused.
pub(crate) struct Inbox {
    first: *mut Envelope,
    last: *mut Envelope,
    cursor: *mut Envelope,
    count: u32,
    /// The message behind the cursor was shown and not accepted yet.
    shown: bool,
}

impl Inbox {
    pub(crate) const fn new() -> Inbox {
        let none = ptr::null_mut();
        Inbox {
            first: none,
            last: none,
            cursor: none,
            count: 0,
            shown: false,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    pub(crate) fn push(&mut self, envelope: Box<Envelope>) {
        let node = Box::into_raw(envelope);
        if self.last.is_null() {
            self.first = node;
        } else {
            // SAFETY: `last` is a node of this list.
            unsafe { (*self.last).next = node };
        }
        self.last = node;
        self.count += 1;
    }

    /// Puts the cursor before the first message.
    pub(crate) fn rewind(&mut self) {
        self.cursor = ptr::null_mut();
        self.shown = false;
    }

    /// Is there a message that the cursor has not passed?
    pub(crate) fn has_unexamined(&self) -> bool {
        let candidate = self.candidate();
        // SAFETY: a non-null candidate is a node of this list.
        !(candidate.is_null() || self.shown && unsafe { (*candidate).next.is_null() })
    }

    fn candidate(&self) -> *mut Envelope {
        if self.cursor.is_null() {
            self.first
        } else {
            // SAFETY: the cursor is a node of this list.
            unsafe { (*self.cursor).next }
        }
    }

    /// The next message; the one shown before, if it still stands there, was refused.
    pub(crate) fn show_next(&mut self) -> Option<&Value> {
        if self.shown {
            self.cursor = self.candidate();
            self.shown = false;
        }
        let candidate = self.candidate();
        if candidate.is_null() {
            return None;
        }
        self.shown = true;
        // SAFETY: a node of this list, borrowed no longer than the list.
        let message = unsafe { &mut (*candidate).message };
        message.take_over();
        Some(message)
    }

    /// Removes the message behind the cursor.
    pub(crate) fn take_candidate(&mut self) -> Option<Box<Envelope>> {
        let node = self.candidate();
        if node.is_null() {
            return None;
        }
        // SAFETY: the node came from `Box::into_raw` in `push` and leaves the list here.
        let mut envelope = unsafe { Box::from_raw(node) };
        let next = std::mem::replace(&mut envelope.next, ptr::null_mut());
        if self.cursor.is_null() {
            self.first = next;
        } else {
            // SAFETY: the cursor is a node of this list.
            unsafe { (*self.cursor).next = next };
        }
        if next.is_null() {
            self.last = self.cursor;
        }
        self.shown = false;
        self.count -= 1;
        Some(envelope)
    }

    /// Puts a message that was taken at the cursor back, and the cursor behind it.
    pub(crate) fn refuse(&mut self, mut envelope: Box<Envelope>) {
        envelope.next = self.candidate();
        let node = Box::into_raw(envelope);
        // SAFETY: the node is ours, cursor and last are nodes of this list.
        unsafe {
            if (*node).next.is_null() {
                self.last = node;
            }
            if self.cursor.is_null() {
                self.first = node;
            } else {
                (*self.cursor).next = node;
            }
        }
        self.cursor = node;
        self.shown = false;
        self.count += 1;
    }

    /// The first messages, at most so many.
    pub(crate) fn first_messages(&self, most: usize) -> Vec<Value> {
        let mut node = self.first;
        let mut messages = Vec::new();
        while !node.is_null() && messages.len() < most {
            // SAFETY: a node of this list, which is borrowed.
            let envelope = unsafe { &*node };
            messages.push(envelope.message.clone());
            node = envelope.next;
        }
        messages
    }

    /// Takes reports of a signal out: messages `[:tag who …]`.
    pub(crate) fn remove_reports(&mut self, tag: &str, who: &Value) {
        let is_report = |message: &Value| {
            let mut items = vector::iter(message);
            items.next().is_some_and(|it| it.is_keyword(tag)) && items.next() == Some(who)
        };
        for envelope in self.drain() {
            let is_plain = matches!(envelope.extra, Extra::None);
            if !(is_plain && is_report(&envelope.message)) {
                self.push(envelope);
            }
        }
    }

    /// Takes everything out, oldest first.
    pub(crate) fn drain(&mut self) -> Chain<Envelope> {
        // The old inbox gives its list away: dropping it would drain it again.
        let old = std::mem::ManuallyDrop::new(std::mem::replace(self, Inbox::new()));
        Chain { first: old.first }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        drop(self.drain());
    }
}

// SAFETY: the nodes belong to the list; their contents are `Send`.
unsafe impl Send for Inbox {}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: i64) -> Box<Envelope> {
        let number = Value::small_int(n).expect("test numbers are small");
        Envelope::new(number, Extra::None)
    }

    fn numbers(chain: Chain<Envelope>) -> Vec<i64> {
        chain.filter_map(|e| e.message.as_small_int()).collect()
    }

    #[test]
    fn selective_receive_keeps_refused_messages_in_order() {
        let mut inbox = Inbox::new();
        for n in 1..=4 {
            inbox.push(message(n));
        }
        assert_eq!(inbox.show_next().and_then(Value::as_small_int), Some(1));
        assert_eq!(inbox.show_next().and_then(Value::as_small_int), Some(2));
        assert!(inbox.has_unexamined());
        assert!(inbox.take_candidate().is_some(), "2 is accepted");
        assert_eq!(inbox.show_next().and_then(Value::as_small_int), Some(3));
        assert_eq!(inbox.show_next().and_then(Value::as_small_int), Some(4));
        assert!(!inbox.has_unexamined());
        assert!(inbox.show_next().is_none());
        inbox.push(message(5));
        assert_eq!(inbox.show_next().and_then(Value::as_small_int), Some(5));
        inbox.rewind();
        let taken = inbox.take_candidate().expect("1 stands first");
        inbox.refuse(taken);
        let taken = inbox
            .take_candidate()
            .expect("3 stands behind the refused 1");
        assert_eq!(taken.message.as_small_int(), Some(3));
        assert_eq!(inbox.len(), 3);
        assert_eq!(numbers(inbox.drain()), [1, 4, 5]);
    }

    #[test]
    fn taking_the_last_message_leaves_a_list_that_grows_again() {
        let mut inbox = Inbox::new();
        inbox.push(message(1));
        inbox.push(message(2));
        let first = inbox.take_candidate().expect("1 stands first");
        inbox.refuse(first);
        assert!(inbox.take_candidate().is_some());
        inbox.push(message(3));
        assert_eq!(numbers(inbox.drain()), [1, 3]);
    }
}
