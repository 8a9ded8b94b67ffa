//! Running Rust on the worker's own stack, from code on a small coroutine stack.

use crate::context::{Cx, NATIVE_OFFSET, NATIVE_SP_OFFSET};

/// What [`bt_on_native`] calls: `(context, a, b, c) -> word`.
pub type NativeEntry = unsafe extern "C" fn(*mut Cx, u64, u64, u64) -> u64;

/// Calls `target(cx, a, b, c)` on the worker's own stack.
///
/// # Safety
/// `cx` must be the context of the running coroutine, whose `native_sp` its worker has set, and
/// `target` must neither suspend nor unwind.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_on_native(
    cx: *mut Cx,
    a: u64,
    b: u64,
    c: u64,
    target: NativeEntry,
) -> u64 {
    // The frame pointer keeps the coroutine's stack pointer: it is saved by every callee, and noted
    // for the profiler together with what is called (`NativeCall`).
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov [rdi + {native}], rbp",
        "mov [rdi + {native} + 8], r8",
        "mov [rdi + {native} + 16], rsi",
        "mov rsp, [rdi + {native_sp}]",
        "call r8",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        native = const NATIVE_OFFSET,
        native_sp = const NATIVE_SP_OFFSET,
    )
}
