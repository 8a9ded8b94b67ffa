//! Words: constants, tags, counts, failures.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::layout::*;

/// A value.
pub type Word = u64;
/// The context of the coroutine that runs.
pub type Cx = *mut u8;
/// An entry of the runtime that runs on the worker's own stack.
pub type Native = unsafe extern "C" fn(Cx, Word, Word, Word) -> Word;

/// Where a var lies.
#[repr(C)]
pub struct Var([AtomicU64; 4]);

unsafe extern "C" {
    fn bt_on_native(cx: Cx, a: Word, b: Word, c: Word, entry: Native) -> Word;
    fn bt_dup(cx: Cx, word: Word) -> Word;
    fn bt_drop(cx: Cx, word: Word, b: Word, c: Word) -> Word;
    fn bt_poll(cx: Cx) -> Word;
    fn bt_trace(cx: Cx, site: Word) -> Word;
    fn bt_unbound(cx: Cx, var: Word, b: Word, c: Word) -> Word;
}

/// The word of a small integer.
pub const fn int(value: i64) -> Word {
    (value << 3) as Word
}

/// The word of a float with a common exponent.
pub const fn float(value: f64) -> Word {
    value.to_bits().rotate_left(4).wrapping_add(1)
}

/// The word of a boolean.
#[inline(always)]
pub fn from_bool(value: bool) -> Word {
    if value { TRUE } else { FALSE }
}

/// Neither nil nor false.
#[inline(always)]
pub fn truthy(word: Word) -> bool {
    word & !(FALSE ^ NIL) != NIL
}

/// The word at a place.
#[inline(always)]
pub unsafe fn load(base: Word, offset: i64) -> Word {
    *(base.wrapping_add(offset as u64) as *const Word)
}

/// Puts a word there.
#[inline(always)]
pub unsafe fn store(base: Word, offset: i64, word: Word) {
    *(base.wrapping_add(offset as u64) as *mut Word) = word
}

/// Runs an entry of the runtime on the worker's own stack.
#[cold]
#[inline(never)]
pub unsafe fn on_native(cx: Cx, a: Word, b: Word, c: Word, entry: Native) -> Word {
    bt_on_native(cx, a, b, c, entry)
}

/// As `on_native`, where that is the usual way.
#[inline(always)]
pub unsafe fn on_native_often(cx: Cx, a: Word, b: Word, c: Word, entry: Native) -> Word {
    bt_on_native(cx, a, b, c, entry)
}

#[inline(always)]
pub fn is_pointer(word: Word) -> bool {
    word & 0b111 == TAG_POINTER
}

/// Is the word an object of this kind?
#[inline(always)]
pub unsafe fn is_kind(word: Word, kind: u8) -> bool {
    is_pointer(word) && *((word as i64 + KIND) as *const u8) == kind
}

unsafe fn count_of(word: Word) -> *mut i32 {
    (word as i64 + COUNT) as *mut i32
}

/// Takes another count.
#[inline(always)]
pub unsafe fn dup(cx: Cx, word: Word) {
    if is_pointer(word) {
        let count = count_of(word);
        if *count > 0 { *count += 1 } else { dup_shared(cx, word) }
    }
}

#[cold]
#[inline(never)]
unsafe fn dup_shared(cx: Cx, word: Word) {
    // Zero: an object for ever.
    if *count_of(word) != 0 {
        bt_dup(cx, word);
    }
}

/// Gives a count back.
#[inline(always)]
pub unsafe fn release(cx: Cx, word: Word) {
    if is_pointer(word) {
        let count = count_of(word);
        if *count > 1 { *count -= 1 } else { release_last(cx, word) }
    }
}

#[inline(never)]
unsafe fn release_last(cx: Cx, word: Word) {
    // Zero: an object for ever.
    if *count_of(word) != 0 {
        bt_on_native(cx, word, 0, 0, bt_drop);
    }
}

/// Notes the places that a failure passes and gives back what the function owned.
#[cold]
#[inline(never)]
pub unsafe fn fail(cx: Cx, sites: &[u32], owned: &[Word]) -> Word {
    for site in sites {
        bt_trace(cx, *site as Word);
    }
    for word in owned {
        release(cx, *word);
    }
    FAILED
}

/// Must the function let others run, or does it lack stack?
#[inline(always)]
pub unsafe fn must_stop(cx: Cx) -> bool {
    let stack: usize;
    core::arch::asm!("mov {}, rsp", out(reg) stack, options(nomem, nostack, preserves_flags));
    let limit = &*(cx.wrapping_offset(STACK_LIMIT as isize) as *const AtomicUsize);
    stack < limit.load(Ordering::Relaxed)
}

/// On a loop's way back: lets other actors run.
#[inline(always)]
pub unsafe fn poll(cx: Cx) -> Word {
    if must_stop(cx) { stop(cx) } else { NIL }
}

#[cold]
#[inline(never)]
unsafe fn stop(cx: Cx) -> Word {
    bt_poll(cx)
}

/// The function that a call through the var enters.
#[inline(always)]
pub unsafe fn callee_of(var: &Var) -> Word {
    var.0[VAR_CALLEE].load(Ordering::Relaxed)
}

/// The value of a var.
#[inline(always)]
pub unsafe fn global(cx: Cx, var: &Var) -> Word {
    let word = global_seen(cx, var);
    dup(cx, word);
    word
}

/// The value of a var, which is only looked at.
#[inline(always)]
pub unsafe fn global_seen(cx: Cx, var: &Var) -> Word {
    let word = var.0[VAR_VALUE].load(Ordering::Acquire);
    if word == UNBOUND {
        let place = var as *const Var as Word;
        return on_native(cx, place + TAG_POINTER, 0, 0, bt_unbound);
    }
    word
}

/// A captured value of a function that uses itself as a value.
#[inline(always)]
pub unsafe fn capture(cx: Cx, this: Word, index: i64) -> Word {
    let word = load(this, CAPTURED + 8 * index);
    dup(cx, word);
    word
}

/// A captured value, moved out of the function if this call has its only reference.
#[inline(always)]
pub unsafe fn take_captured(cx: Cx, this: Word, index: i64) -> Word {
    let word = load(this, CAPTURED + 8 * index);
    if *count_of(this) == 1 {
        store(this, CAPTURED + 8 * index, NIL);
    } else {
        dup(cx, word);
    }
    word
}
