//! The queue of commits, and who writes it.
//!
//! Whoever holds the writer takes what is queued, writes it as one group, syncs once and
//! acknowledges everything. There is no timer on this path: a group is what queued up while the one
//! before was being written. Whoever lets the writer go hands the queue over, so no commit is left
//! behind (see [`WriterGuard`]). `loom/` tries every order of the steps below.

use std::collections::VecDeque;

use crate::sync::{Mutex, MutexGuard};
use crate::ticket::{Interest, TicketState, Woken};

/// A commit, as far as the queue looks at it.
pub(crate) trait Queued {
    /// What its owner is told.
    type Outcome: Clone;

    /// How its owner is told.
    fn ticket(&self) -> &TicketState<Self::Outcome>;

    /// Its size.
    fn bytes(&self) -> usize;
}

/// What the queue belongs to.
pub(crate) trait Committer: Sized {
    /// What is queued.
    type Commit: Queued;
    /// What it is written with.
    type Writer;

    /// The queue.
    fn queue(&self) -> &CommitQueue<Self::Commit, Self::Writer>;

    /// Writes one group of what is queued and tells its owners.
    fn write_group(&self, writer: &mut Self::Writer);

    /// Has the background thread write the queue.
    fn wake_background(&self);

    /// The writer, when it is free.
    fn writer(&self) -> WriterGuard<'_, Self> {
        WriterGuard {
            owner: self,
            writer: Some(self.queue().writer.lock()),
        }
    }

    /// The writer, if nobody has it.
    fn try_writer(&self) -> Option<WriterGuard<'_, Self>> {
        Some(WriterGuard {
            owner: self,
            writer: Some(self.queue().writer.try_lock()?),
        })
    }

    /// Waits for a commit that was queued, writing it and what is queued with it unless somebody is
    /// at it already.
    fn wait(
        &self,
        ticket: &TicketState<<Self::Commit as Queued>::Outcome>,
    ) -> <Self::Commit as Queued>::Outcome {
        ticket.begin_to_block();
        loop {
            // Either the writer is free, or its holder will look at the queue when done and finds
            // this ticket there.
            if let Some(mut writer) = self.try_writer() {
                while !ticket.is_done() {
                    writer.write_group();
                }
            }
            if let Woken::Done(outcome) = ticket.sleep() {
                return outcome;
            }
        }
    }
}

/// Commits that wait, and what they are written with.
#[derive(Debug)]
pub(crate) struct CommitQueue<C, W> {
    waiting: Mutex<Waiting<C>>,
    writer: Mutex<W>,
}

#[derive(Debug)]
struct Waiting<C> {
    commits: VecDeque<C>,
    bytes: usize,
}

impl<C: Queued, W> CommitQueue<C, W> {
    pub(crate) fn new(writer: W) -> Self {
        let waiting = Waiting {
            commits: VecDeque::new(),
            bytes: 0,
        };
        Self {
            waiting: Mutex::new(waiting),
            writer: Mutex::new(writer),
        }
    }

    /// Queues a commit unless it is refused, which is asked with the queue held: nothing gets behind
    /// the mark that closing puts there. The bytes that wait then.
    pub(crate) fn push<E>(
        &self,
        commit: C,
        refusal: impl FnOnce() -> Option<E>,
    ) -> Result<usize, E> {
        let mut waiting = self.waiting.lock();
        if let Some(refusal) = refusal() {
            return Err(refusal);
        }
        waiting.bytes += commit.bytes();
        waiting.commits.push_back(commit);
        Ok(waiting.bytes)
    }

    /// Does something while nothing is queued and nothing taken.
    pub(crate) fn hold<R>(&self, work: impl FnOnce() -> R) -> R {
        let _waiting = self.waiting.lock();
        work()
    }

    /// Moves commits from the front to `group`, which is empty, as long as it takes them.
    pub(crate) fn take(&self, group: &mut VecDeque<C>, mut takes: impl FnMut(&C) -> bool) {
        let mut waiting = self.waiting.lock();
        let commits = &mut waiting.commits;
        let count = commits.iter().take_while(|commit| takes(commit)).count();
        if count == commits.len() {
            // The two change places over and over, and neither is allocated anew.
            std::mem::swap(commits, group);
        } else {
            group.extend(commits.drain(..count));
        }
        waiting.bytes -= group.iter().map(Queued::bytes).sum::<usize>();
    }

    /// The bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.waiting.lock().bytes
    }

    fn is_empty(&self) -> bool {
        self.waiting.lock().commits.is_empty()
    }

    /// Gives the queue, if there is one, to somebody who cares for it; true if that is the
    /// background thread.
    fn hand_over(&self) -> bool {
        for commit in &self.waiting.lock().commits {
            match commit.ticket().ask_to_lead() {
                Interest::Blocking => return false,
                Interest::Background => return true,
                // Its owner will wait, poll or drop it, and each of these finds the writer.
                Interest::Idle => {}
            }
        }
        false
    }
}

/// The right to write. Letting it go hands the queue over to the next.
pub(crate) struct WriterGuard<'o, O: Committer> {
    owner: &'o O,
    writer: Option<MutexGuard<'o, O::Writer>>,
}

impl<O: Committer> WriterGuard<'_, O> {
    /// What the queue belongs to, and the writer itself.
    pub(crate) fn parts(&mut self) -> (&O, &mut O::Writer) {
        let writer = self
            .writer
            .as_mut()
            .expect("the guard is taken only when it is dropped");
        (self.owner, writer)
    }

    /// The writer itself.
    pub(crate) fn get(&mut self) -> &mut O::Writer {
        self.parts().1
    }

    /// Writes one group of what is queued.
    pub(crate) fn write_group(&mut self) {
        let (owner, writer) = self.parts();
        owner.write_group(writer);
    }

    /// Writes until nothing is queued.
    pub(crate) fn write_all(&mut self) {
        while !self.owner.queue().is_empty() {
            self.write_group();
        }
    }
}

impl<O: Committer> Drop for WriterGuard<'_, O> {
    fn drop(&mut self) {
        self.writer = None;
        if self.owner.queue().hand_over() {
            self.owner.wake_background();
        }
    }
}
