//! Slow paths of arrays: those of other elements, integers beyond the word, and faults.

use super::{fail, guarded};
use crate::builtins::core_arrays;
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;

fn settled(cx: *mut Cx, run: impl FnOnce() -> Result<Value, Fault>) -> u64 {
    // SAFETY: compiled code passes its own context, alive for the call.
    let cx = unsafe { &mut *cx };
    guarded(cx, |cx| match run() {
        Ok(value) => value.into_word(),
        Err(fault) => fail(cx, fault),
    })
}

/// `aget`. On the worker's stack.
///
/// # Safety
/// Called by compiled code only: live words, which it keeps, own context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_array_get(cx: *mut Cx, array: u64, index: u64, _c: u64) -> u64 {
    // SAFETY: the caller keeps both words alive.
    let (array, index) = unsafe { (Value::borrow_word(&array), Value::borrow_word(&index)) };
    settled(cx, || core_arrays::element(array, index))
}

/// `aset`. On the worker's stack.
///
/// # Safety
/// As for [`bt_array_get`]; the element is given up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_array_set(cx: *mut Cx, array: u64, index: u64, element: u64) -> u64 {
    // SAFETY: the caller keeps the first two words alive and gives the third up.
    let (array, index, element) = unsafe {
        (
            Value::borrow_word(&array),
            Value::borrow_word(&index),
            Value::from_word(element),
        )
    };
    settled(cx, || core_arrays::put(array, index, element))
}

/// `alength`. On the worker's stack.
///
/// # Safety
/// As for [`bt_array_get`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_array_length(cx: *mut Cx, array: u64, _b: u64, _c: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    let array = unsafe { Value::borrow_word(&array) };
    settled(cx, || core_arrays::length(array))
}
