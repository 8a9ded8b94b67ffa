//! Lazy sequence cells.
//!
//! A cell is new (holds the function that computes it), running in one actor, or done (holds what
//! `seq` of the result gives: nil or a realised sequence). `begin` claims it with one
//! compare-and-set; only the actor that claimed it calls `finish` or `abort`, so no lock is held
//! while Batuta code runs. Who finds it running by another actor awaits [`changed`].

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};

use parking_lot::Mutex;

use crate::value::Value;
use crate::value::object::{Body, Header, Kind, make};

const NEW: u64 = 0;
const DONE: u64 = 1;
/// Every larger state is the number of the actor that runs it, plus this.
const RUNNING: u64 = 2;

/// The body of a lazy cell.
pub struct LazyCell {
    state: AtomicU64,
    /// New and running: the function. Done: the sequence.
    content: UnsafeCell<Value>,
}

// SAFETY: the kind is this type's alone and the one value is shown.
unsafe impl Body for LazyCell {
    const KIND: Kind = Kind::LazySeq;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(self.content.get_mut());
    }
}

/// What [`begin`] finds.
pub enum Begin {
    /// The caller has claimed it: call this function of no arguments, force what it gives as far
    /// as `seq` does, then [`finish`]; or [`abort`].
    Thunk(Value),
    /// This actor runs it already.
    AlreadyRunningBy(u64),
    /// It is done: nil or a realised, non-empty sequence.
    Done(Value),
}

/// A lazy sequence computed by `thunk`, a function of no arguments.
pub fn make_lazy(thunk: Value) -> Value {
    make(LazyCell {
        state: AtomicU64::new(NEW),
        content: UnsafeCell::new(thunk),
    })
}

/// A cell that is done: a lazy sequence of known content.
pub fn make_done(sequence: Value) -> Value {
    make(LazyCell {
        state: AtomicU64::new(DONE),
        content: UnsafeCell::new(sequence),
    })
}

/// Is it a lazy sequence?
#[inline]
pub fn is_lazy(value: &Value) -> bool {
    value.kind() == Some(Kind::LazySeq)
}

/// The realised sequence (nil or not empty); `None` while it is not, and for other values.
#[inline]
pub fn realised(value: &Value) -> Option<&Value> {
    let cell = value.as_object::<LazyCell>()?;
    if cell.state.load(Ordering::Acquire) == DONE {
        // SAFETY: a done cell's content never changes again.
        Some(unsafe { &*cell.content.get() })
    } else {
        None
    }
}

/// Claims a cell for an actor. A value that is no lazy cell is done.
pub fn begin(value: &Value, actor: u64) -> Begin {
    let Some(cell) = value.as_object::<LazyCell>() else {
        return Begin::Done(value.clone());
    };
    let claim = RUNNING.saturating_add(actor);
    match cell
        .state
        .compare_exchange(NEW, claim, Ordering::AcqRel, Ordering::Acquire)
    {
        // SAFETY: only the actor that claimed the cell changes its content, and this one just did.
        Ok(_) => Begin::Thunk(unsafe { &*cell.content.get() }.clone()),
        // SAFETY: a done cell's content never changes again.
        Err(DONE) => Begin::Done(unsafe { &*cell.content.get() }.clone()),
        Err(running) => Begin::AlreadyRunningBy(running - RUNNING),
    }
}

/// The function of a new cell that nobody else has, and so nobody will miss; else the cell.
///
/// # Errors
/// The cell, which others may look at.
pub fn steal(value: Value) -> Result<Value, Value> {
    let is_own = value.header().is_some_and(Header::is_unique);
    let Some(cell) = value.as_object::<LazyCell>().filter(|_| is_own) else {
        return Err(value);
    };
    if cell.state.load(Ordering::Acquire) != NEW {
        return Err(value);
    }
    // SAFETY: nobody else has the cell, and it is dropped here.
    Ok(unsafe { std::mem::take(&mut *cell.content.get()) })
}

/// Gives a claimed cell another function to be computed by: what it has computed so far need not be
/// kept, or computed again.
pub fn go_on(value: &Value, thunk: Value) {
    let Some(cell) = value.as_object::<LazyCell>() else {
        return;
    };
    if value.header().is_some_and(Header::is_published) {
        thunk.publish();
    }
    // SAFETY: the caller claimed the cell: nobody else reads or writes the content.
    drop(unsafe { std::mem::replace(&mut *cell.content.get(), thunk) });
}

/// Gives a claimed cell its sequence: nil, or realised and not empty. Wakes who waits.
pub fn finish(value: &Value, sequence: Value) {
    let Some(cell) = value.as_object::<LazyCell>() else {
        return;
    };
    if value.header().is_some_and(|header| header.is_published()) {
        sequence.publish();
    }
    // SAFETY: the caller claimed the cell: nobody else reads or writes the content until the
    // state says done.
    let thunk = unsafe { std::mem::replace(&mut *cell.content.get(), sequence) };
    cell.state.store(DONE, Ordering::Release);
    wake(value);
    drop(thunk);
}

/// Gives a claimed cell back: it is new again. Wakes who waits.
pub fn abort(value: &Value) {
    if let Some(cell) = value.as_object::<LazyCell>() {
        cell.state.store(NEW, Ordering::Release);
        wake(value);
    }
}

static WAITING: LazyLock<Mutex<HashMap<u64, Vec<Waker>>>> = LazyLock::new(Default::default);

fn wake(value: &Value) {
    if value.header().is_some_and(|header| header.is_published()) {
        let wakers = WAITING.lock().remove(&value.word());
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Ready as soon as the cell is not running any more; then [`begin`] again.
pub async fn changed(value: Value) {
    poll_fn(|context| {
        crate::actor::waits_for_actors();
        let mut waiting = WAITING.lock();
        // Looked at under the lock that `wake` takes after the state has changed.
        let running = value
            .as_object::<LazyCell>()
            .is_some_and(|cell| cell.state.load(Ordering::Acquire) >= RUNNING);
        if running {
            waiting
                .entry(value.word())
                .or_default()
                .push(context.waker().clone());
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::int;

    #[test]
    fn a_cell_is_claimed_once_and_given_back() {
        let cell = make_lazy(int(7));
        assert!(matches!(begin(&cell, 3), Begin::Thunk(_)));
        assert!(matches!(begin(&cell, 4), Begin::AlreadyRunningBy(3)));
        abort(&cell);
        assert!(matches!(begin(&cell, 4), Begin::Thunk(_)));
        finish(&cell, Value::NIL);
        assert!(matches!(begin(&cell, 3), Begin::Done(v) if v.is_nil()));
        assert!(realised(&cell).is_some_and(Value::is_nil));
    }

    #[test]
    fn only_a_new_cell_without_other_owners_is_stolen() {
        let shared = make_lazy(int(7));
        assert!(steal(shared.clone()).is_err());
        assert!(steal(shared).is_ok_and(|thunk| thunk.as_small_int() == Some(7)));
        assert!(steal(make_done(Value::NIL)).is_err());
        assert!(steal(int(1)).is_err());
    }

    #[test]
    fn a_cell_that_is_given_back_goes_on_where_it_was() {
        let cell = make_lazy(int(7));
        assert!(matches!(begin(&cell, 3), Begin::Thunk(_)));
        go_on(&cell, int(8));
        abort(&cell);
        assert!(matches!(begin(&cell, 3), Begin::Thunk(thunk) if thunk.as_small_int() == Some(8)));
    }
}
