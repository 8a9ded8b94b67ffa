//! What lies in a mailbox: messages, those that want an answer, and signals.

use std::ptr;
use std::sync::Arc;

use super::call::Slot;
use super::mailbox::Link;
use super::signal::SignalKind;
use crate::value::Value;

/// What travels with a message, or instead of one.
pub(crate) enum Extra {
    /// A plain message.
    None,
    /// A message sent by `call`.
    Call(Arc<Slot>),
    /// The `[:exit pid reason]` of the supervisor of one who traps exits: its loop ends with it.
    Retire,
    /// No message but a signal.
    Signal(Box<SignalKind>),
}

/// One message or signal on its way.
#[repr(align(8))]
pub(crate) struct Envelope {
    pub(super) next: *mut Envelope,
    /// The message, published.
    pub(crate) message: Value,
    /// A call's way back, or a signal.
    pub(crate) extra: Extra,
}

impl Envelope {
    pub(crate) fn new(message: Value, extra: Extra) -> Box<Envelope> {
        Box::new(Envelope {
            next: ptr::null_mut(),
            message,
            extra,
        })
    }

    pub(crate) fn signal(kind: SignalKind) -> Box<Envelope> {
        Envelope::new(Value::NIL, Extra::Signal(Box::new(kind)))
    }
}

// SAFETY: `next` is a field of its own.
unsafe impl Link for Envelope {
    fn next(&mut self) -> &mut *mut Envelope {
        &mut self.next
    }

    fn is_signal(&self) -> bool {
        matches!(self.extra, Extra::Signal(_))
    }
}

// SAFETY: the pointer is the list's that owns the envelope; what is in it is `Send`.
unsafe impl Send for Envelope {}

#[cfg(test)]
mod tests {
    use super::super::mailbox::{Chain, Mailbox, WaitFor};
    use super::*;

    fn number(n: i64) -> Value {
        Value::small_int(n).expect("test numbers are small")
    }

    fn message(n: i64) -> Box<Envelope> {
        Envelope::new(number(n), Extra::None)
    }

    fn numbers(chain: Chain<Envelope>) -> Vec<i64> {
        chain.filter_map(|e| e.message.as_small_int()).collect()
    }

    #[test]
    fn messages_come_out_in_order_and_wake_once() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.try_wait(WaitFor::Messages));
        assert_eq!(mailbox.push(message(1)).ok(), Some(true));
        assert_eq!(mailbox.push(message(2)).ok(), Some(false));
        assert!(!mailbox.try_wait(WaitFor::Messages));
        assert_eq!(numbers(mailbox.take()), [1, 2]);
        assert!(mailbox.try_wait(WaitFor::Messages));
    }

    #[test]
    fn a_wait_for_wakers_lets_messages_pile_up() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.try_wait(WaitFor::Wakers));
        assert_eq!(mailbox.push(message(1)).ok(), Some(false));
        assert!(mailbox.wake());
        assert!(!mailbox.wake());
        assert!(
            !mailbox.try_wait(WaitFor::Wakers),
            "a wake while running is remembered"
        );
        assert_eq!(numbers(mailbox.take()), [1]);
        assert!(mailbox.try_wait(WaitFor::Wakers));
        let signal = Envelope::signal(SignalKind::Interrupt(Value::NIL));
        assert_eq!(
            mailbox.push(signal).ok(),
            Some(true),
            "signals end any wait"
        );
    }

    #[test]
    fn a_closed_mailbox_gives_the_envelope_back() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.push(message(1)).is_ok());
        assert_eq!(numbers(mailbox.close()), [1]);
        assert!(mailbox.push(message(2)).is_err());
        assert!(mailbox.is_closed() && !mailbox.wake());
    }

    #[test]
    fn senders_on_many_threads_lose_nothing() {
        let mailbox = Arc::new(Mailbox::scheduled());
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let mailbox = mailbox.clone();
                std::thread::spawn(move || {
                    for n in 0..1000 {
                        assert!(mailbox.push(message(sender * 1000 + n)).is_ok());
                    }
                })
            })
            .collect();
        let mut seen = Vec::new();
        while seen.len() < 4000 {
            seen.extend(numbers(mailbox.take()));
        }
        for sender in senders {
            sender.join().expect("a sender does not panic");
        }
        for sender in 0..4 {
            let own: Vec<i64> = seen
                .iter()
                .copied()
                .filter(|n| n / 1000 == sender)
                .collect();
            assert!(own.is_sorted() && own.len() == 1000);
        }
    }
}
