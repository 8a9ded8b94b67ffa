//! Quick looks at values, on the coroutine's stack: what is at hand without asking anybody.
//! For all else they give [`Control::NoMatch`], and the core function is called.

use super::guarded;
use crate::actor::seeded;
use crate::collections::seq::at_hand;
use crate::collections::{map, vector, walk};
use crate::context::Cx;
use crate::number;
use crate::types::protocol::as_protocol;
use crate::value::cell::{CellClass, as_cell};
use crate::value::equality::at_once;
use crate::value::object::Kind;
use crate::value::{Control, Value};

fn found(cx: *mut Cx, look: impl FnOnce() -> Option<Value>) -> u64 {
    // SAFETY: compiled code passes its own context, alive for the call.
    let cx = unsafe { &mut *cx };
    guarded(cx, |_| {
        look().map_or(Control::NoMatch.word(), Value::into_word)
    })
}

/// `(nth vector index)` inside of a vector.
///
/// # Safety
/// Called by compiled code only: live words, which it keeps, own context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_look_nth(cx: *mut Cx, coll: u64, index: u64) -> u64 {
    // SAFETY: the caller keeps both words alive.
    let (coll, index) = unsafe { (Value::borrow_word(&coll), Value::borrow_word(&index)) };
    found(cx, || {
        let index = usize::try_from(index.as_small_int()?).ok()?;
        vector::nth(coll, index).cloned()
    })
}

/// `(get map key)` with a key that asks nothing; `(get vector index)`, `(get nil key)`.
///
/// # Safety
/// As for [`bt_look_nth`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_look_get(cx: *mut Cx, coll: u64, key: u64) -> u64 {
    // SAFETY: the caller keeps both words alive.
    let (coll, key) = unsafe { (Value::borrow_word(&coll), Value::borrow_word(&key)) };
    found(cx, || match coll.kind() {
        Some(Kind::Map) if !walk::is_composite(key) => {
            Some(map::get(coll, key).cloned().unwrap_or_default())
        }
        Some(Kind::Vector) => {
            let index = usize::try_from(key.as_small_int()?).ok()?;
            Some(vector::nth(coll, index).cloned().unwrap_or_default())
        }
        None if coll.is_nil() => Some(Value::NIL),
        _ => None,
    })
}

/// `(count coll)` of vectors and maps.
///
/// # Safety
/// As for [`bt_look_nth`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_look_count(cx: *mut Cx, coll: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    let coll = unsafe { Value::borrow_word(&coll) };
    found(cx, || match coll.kind() {
        Some(Kind::Vector) => vector::len(coll).map(number::from_usize),
        None if coll.is_nil() => Some(number::int(0)),
        _ => None,
    })
}

/// `(= a b)` where the answer takes no walk.
///
/// # Safety
/// As for [`bt_look_nth`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_look_equal(cx: *mut Cx, a: u64, b: u64) -> u64 {
    // SAFETY: the caller keeps both words alive.
    let (a, b) = unsafe { (Value::borrow_word(&a), Value::borrow_word(&b)) };
    found(cx, || at_once(a, b).map(Value::bool))
}

/// The function of a protocol for a value of a type that has met it before, as `dispatch*` gives it.
///
/// # Safety
/// As for [`bt_look_nth`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_look_dispatch(
    cx: *mut Cx,
    protocol: u64,
    method: u64,
    value: u64,
) -> u64 {
    // SAFETY: the caller keeps the words alive.
    let (protocol, method, value) = unsafe {
        (
            Value::borrow_word(&protocol),
            Value::borrow_word(&method),
            Value::borrow_word(&value),
        )
    };
    found(cx, || {
        let method = usize::try_from(method.as_small_int()?).ok()?;
        as_protocol(protocol)?.remembered(method, value)
    })
}

/// The quick ways of core functions of one argument.
macro_rules! looks_at_one {
    ($($(#[$doc:meta])* $name:ident => $look:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// As for [`bt_look_nth`].
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, value: u64) -> u64 {
            // SAFETY: the caller keeps the word alive.
            let value = unsafe { Value::borrow_word(&value) };
            found(cx, || ($look)(value))
        }
    )*};
}

looks_at_one! {
    /// `(first coll)` of what is realised.
    bt_look_first => at_hand::first;
    /// `(rest coll)` of what is realised.
    bt_look_rest => at_hand::rest;
    /// `(next coll)` of what is realised.
    bt_look_next => at_hand::next;
    /// `(seq coll)` of what is realised.
    bt_look_seq => at_hand::seq;
    /// `(deref cell)` of an atom or a volatile.
    bt_look_deref => held;
}

/// Under a seed another actor may come between a look at a cell and what is done with it: the builtin
/// sees to that.
fn held(value: &Value) -> Option<Value> {
    let cell = as_cell(value).filter(|_| !seeded::is_on())?;
    matches!(cell.class(), CellClass::Atom | CellClass::Volatile).then(|| cell.load())
}
