//! `receive`: through the mailbox in the middle of a function, and parked between messages.

use std::time::{Duration, Instant};

use super::{fail, guarded};
use crate::actor::clock;
use crate::actor::coroutine::Parked;
use crate::actor::receive::{self, Next, Patience};
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::object::{Native, make_native};
use crate::value::{Control, Value};

/// A point in time that a `receive` waits for.
struct Deadline(Instant);

impl Native for Deadline {
    fn class(&self) -> &'static str {
        "deadline"
    }

    fn print(&self) -> String {
        "#deadline".to_owned()
    }
}

/// Starts looking through the mailbox.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_receive_start(cx: *mut Cx) -> u64 {
    // SAFETY: compiled code passes its own context.
    receive::start(unsafe { &mut *cx });
    Value::NIL.into_word()
}

/// The next message not looked at yet; waits on the coroutine.
///
/// # Safety
/// The running coroutine's context; a live deadline or nil, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_receive_next(cx: *mut Cx, deadline: u64) -> u64 {
    // SAFETY: compiled code passes its own context and keeps the deadline alive.
    let (cx, deadline) = unsafe { (&mut *cx, Value::borrow_word(&deadline)) };
    let patience = match deadline.as_native::<Deadline>() {
        Some(deadline) => Patience::Until(deadline.0),
        None if deadline.is_nil() => Patience::Forever,
        None => Patience::Look,
    };
    match receive::next(cx, patience) {
        Next::Message(message) => message.into_word(),
        Next::Timeout => Control::Timeout.word(),
        Next::Failed => Control::Failed.word(),
    }
}

/// Takes the message last looked at out of the mailbox.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_receive_accept(cx: *mut Cx) -> u64 {
    // SAFETY: compiled code passes its own context.
    receive::accept(unsafe { &mut *cx });
    Value::NIL.into_word()
}

/// Looks through the mailbox from the start again.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_receive_rewind(cx: *mut Cx) -> u64 {
    // SAFETY: compiled code passes its own context.
    receive::rewind(unsafe { &mut *cx });
    Value::NIL.into_word()
}

/// A deadline so many milliseconds from now; 0 looks once.
///
/// # Safety
/// The running coroutine's context; a live word, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_deadline_in(cx: *mut Cx, milliseconds: u64) -> u64 {
    // SAFETY: compiled code passes its own context and keeps the word alive.
    let (cx, value) = unsafe { (&mut *cx, Value::borrow_word(&milliseconds)) };
    guarded(cx, |cx| match timeout(value) {
        Ok(Some(time)) if time.is_zero() => Value::FALSE.into_word(),
        Ok(Some(time)) => make_native(Deadline(clock::now() + time)).into_word(),
        Ok(None) => Value::NIL.into_word(),
        Err(fault) => fail(cx, fault),
    })
}

/// Milliseconds as a program gives them: nil waits for ever.
fn timeout(value: &Value) -> Result<Option<Duration>, Fault> {
    const LONGEST: i64 = 100 * 365 * 24 * 3600 * 1000;
    if value.is_nil() {
        return Ok(None);
    }
    match value.as_small_int() {
        Some(ms) if ms >= LONGEST => Ok(None),
        Some(ms) if ms >= 0 => Ok(Some(Duration::from_millis(ms as u64))),
        _ => Err(Fault::wrong_type(
            "receive-timeout",
            "a number of milliseconds",
            value,
        )),
    }
}

/// Is it the mark of a `receive` that ran out of time?
///
/// # Safety
/// A live word, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_is_timeout(_cx: *mut Cx, word: u64) -> u64 {
    Value::bool(word == Control::Timeout.word()).into_word()
}

/// Leaves the next `receive` in the context and gives the stack back.
///
/// # Safety
/// The running coroutine's context; both words owned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_park(cx: *mut Cx, matcher: u64, milliseconds: u64) -> u64 {
    // SAFETY: compiled code passes its own context and gives both words up.
    let (cx, matcher, milliseconds) = unsafe {
        (
            &mut *cx,
            Value::from_word(matcher),
            Value::from_word(milliseconds),
        )
    };
    guarded(cx, |cx| match timeout(&milliseconds) {
        Ok(timeout) => {
            cx.coroutine.parked = Some(Parked { matcher, timeout });
            Control::Park.word()
        }
        Err(fault) => fail(cx, fault),
    })
}

/// Hands a message back that no clause matched, and the matcher.
///
/// # Safety
/// The running coroutine's context; both words owned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_no_match(cx: *mut Cx, message: u64, matcher: u64) -> u64 {
    // SAFETY: compiled code passes its own context; the spill area owns the words now.
    let cx = unsafe { &mut *cx };
    cx.spill[0] = message;
    cx.spill[1] = matcher;
    Control::NoMatch.word()
}
