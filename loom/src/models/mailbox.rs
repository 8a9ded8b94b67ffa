//! Senders and wakers of one actor. Whoever is told to put it into a run queue runs it on the spot,
//! so nothing but the mailbox's word orders what the actor does on one thread and on another.

use std::ptr;
use std::sync::Arc;

use loom::thread;

use super::try_with;
use crate::mailbox::{Link, Mailbox, OwnerCell, WaitFor};
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicBool, Ordering};

/// A message: its sender and its number there.
struct Node {
    next: *mut Node,
    /// Loom sees a read that the write does not come before, and that a message is never freed.
    content: UnsafeCell<(usize, usize)>,
    _alive: loom::sync::Arc<()>,
    is_signal: bool,
}

impl Node {
    fn new(sender: usize, number: usize) -> Box<Node> {
        Box::new(Node {
            next: ptr::null_mut(),
            content: UnsafeCell::new((0, 0)),
            _alive: loom::sync::Arc::new(()),
            is_signal: false,
        })
        .written(sender, number)
    }

    fn written(self: Box<Node>, sender: usize, number: usize) -> Box<Node> {
        // SAFETY: nobody else has the node.
        self.content
            .with_mut(|it| unsafe { *it = (sender, number) });
        self
    }

    fn signal() -> Box<Node> {
        let mut node = Node::new(0, 0);
        node.is_signal = true;
        node
    }

    fn read(&self) -> (usize, usize) {
        // SAFETY: the actor alone has the node.
        self.content.with_mut(|it| unsafe { *it })
    }
}

// SAFETY: `next` is a field of its own.
unsafe impl Link for Node {
    fn next(&mut self) -> &mut *mut Node {
        &mut self.next
    }

    fn is_signal(&self) -> bool {
        self.is_signal
    }
}

// SAFETY: the pointer is the list's that owns the node.
unsafe impl Send for Node {}

/// What an actor has had so far.
type Seen = Vec<(usize, usize)>;

struct Actor {
    mailbox: Mailbox<Node>,
    private: OwnerCell<Seen>,
}

impl Actor {
    fn new() -> Arc<Actor> {
        Arc::new(Actor {
            mailbox: Mailbox::scheduled(),
            private: OwnerCell::new(Vec::new()),
        })
    }

    fn take(&self) {
        // SAFETY: only for who runs the actor, which is what loom watches here.
        let seen = unsafe { self.private.get() };
        seen.extend(self.mailbox.take().map(|node| node.read()));
    }

    /// A turn: until there is nothing more.
    fn run(&self) {
        loop {
            self.take();
            if self.mailbox.try_wait(WaitFor::Messages) {
                return;
            }
        }
    }

    fn send(&self, node: Box<Node>) {
        if self.mailbox.push(node).is_ok_and(|wake| wake) {
            self.run();
        }
    }

    fn seen_of(&self, sender: usize) -> Vec<usize> {
        // SAFETY: the threads have ended.
        let seen = unsafe { self.private.get() };
        let own = seen.iter().filter(|(of, _)| *of == sender);
        own.map(|(_, number)| *number).collect()
    }
}

fn send_all(actor: &Arc<Actor>, sender: usize, count: usize) -> thread::JoinHandle<()> {
    let actor = actor.clone();
    thread::spawn(move || (0..count).for_each(|number| actor.send(Node::new(sender, number))))
}

fn senders_lose_nothing(interruptions: usize, counts: &'static [usize]) {
    try_with(interruptions, move || {
        let actor = Actor::new();
        let send = |(sender, count): (usize, &usize)| send_all(&actor, sender, *count);
        let senders: Vec<_> = counts.iter().enumerate().map(send).collect();
        actor.run();
        for sender in senders {
            sender.join().expect("a sender does not panic");
        }
        for (sender, count) in counts.iter().enumerate() {
            let all: Vec<usize> = (0..*count).collect();
            assert_eq!(actor.seen_of(sender), all, "once, and in order");
        }
    });
}

#[test]
fn messages_of_two_senders_come_once_in_order_while_the_actor_falls_idle() {
    senders_lose_nothing(3, &[2, 2]);
}

#[test]
fn messages_of_three_senders_come_once() {
    senders_lose_nothing(2, &[1, 1, 1]);
}

/// A turn of an actor that waits for something other than messages.
fn poll(actor: &Actor, is_ready: &AtomicBool, is_done: &OwnerCell<bool>) {
    loop {
        actor.take();
        if is_ready.load(Ordering::Relaxed) {
            // SAFETY: only for who runs the actor.
            unsafe { *is_done.get() = true };
        }
        if actor.mailbox.try_wait(WaitFor::Wakers) {
            return;
        }
    }
}

#[test]
fn a_waker_is_never_missed_and_messages_do_not_disturb() {
    try_with(4, || {
        let actor = Actor::new();
        let is_ready = Arc::new(AtomicBool::new(false));
        let is_done = Arc::new(OwnerCell::new(false));
        let waker = {
            let (actor, is_ready, is_done) = (actor.clone(), is_ready.clone(), is_done.clone());
            thread::spawn(move || {
                is_ready.store(true, Ordering::Relaxed);
                if actor.mailbox.wake() {
                    poll(&actor, &is_ready, &is_done);
                }
            })
        };
        let sender = {
            let actor = actor.clone();
            thread::spawn(move || {
                let wakes = actor.mailbox.push(Node::new(1, 0));
                assert!(wakes.is_ok_and(|wakes| !wakes));
            })
        };
        poll(&actor, &is_ready, &is_done);
        waker.join().expect("the waker does not panic");
        sender.join().expect("the sender does not panic");
        // SAFETY: the threads have ended.
        assert!(unsafe { *is_done.get() }, "what it waited for has come");
        actor.take();
        assert_eq!(actor.seen_of(1), [0]);
    });
}

#[test]
fn a_signal_and_a_waker_at_once_put_the_actor_into_a_queue_once() {
    try_with(4, || {
        let actor = Actor::new();
        let wake = |by_signal: bool| {
            let actor = actor.clone();
            thread::spawn(move || {
                let wakes = match by_signal {
                    true => actor.mailbox.push(Node::signal()).is_ok_and(|wakes| wakes),
                    false => actor.mailbox.wake(),
                };
                if wakes {
                    actor.take();
                }
                wakes
            })
        };
        let threads = [wake(true), wake(false)];
        let waits = actor.mailbox.try_wait(WaitFor::Wakers);
        let woken = threads
            .into_iter()
            .map(|thread| thread.join().expect("who wakes does not panic"))
            .filter(|wakes| *wakes)
            .count();
        assert_eq!(woken, usize::from(waits), "once, if it had gone to wait");
    });
}

#[test]
fn an_actor_that_ends_leaves_each_message_to_somebody() {
    try_with(4, || {
        let actor = Actor::new();
        let send = |sender: usize| {
            let actor = actor.clone();
            thread::spawn(move || {
                let refused = actor.mailbox.push(Node::new(sender, 0)).is_err();
                usize::from(refused)
            })
        };
        let senders = [send(0), send(1)];
        actor.take();
        let rest = actor.mailbox.close().map(|node| node.read()).count();
        let refused: usize = senders
            .into_iter()
            .map(|sender| sender.join().expect("a sender does not panic"))
            .sum();
        // SAFETY: the threads have ended.
        let taken = unsafe { actor.private.get() }.len();
        assert_eq!(taken + rest + refused, 2);
        assert!(actor.mailbox.is_closed() && !actor.mailbox.wake());
    });
}
