//! The ABI table: every entry that compiled code calls by name, the same for all back ends.
//!
//! Entries take the context first and give a word. None lets a panic out: those that run more than
//! a few instructions of Rust go through [`guarded`]. Entries marked *coroutine* may suspend the
//! actor and run on its own small stack; the heavy ones run on the worker's stack, entered through
//! [`switch::bt_on_native`]. To add an entry: the function in its group's file, a row in `ENTRIES`.

pub mod arith;
pub mod array;
pub mod call;
pub mod closure;
pub mod count;
pub mod failing;
pub mod flow;
pub mod look;
pub mod receive;
pub mod switch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::failure_state::FailureClass;
use crate::value::Control;

/// A named entry.
pub struct AbiEntry {
    /// The symbol.
    pub name: &'static str,
    /// Its address.
    pub address: *const u8,
}

// SAFETY: code addresses are plain numbers to every thread.
unsafe impl Sync for AbiEntry {}

macro_rules! entries {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// All entries.
        pub static ENTRIES: &[AbiEntry] = &[
            $(AbiEntry {
                name: stringify!($name),
                address: exported::$name as *const u8,
            },)*
        ];

        /// Programs compiled ahead of time find the entries by name, and so does this table: an
        /// entry without `no_mangle` does not link.
        mod exported {
            unsafe extern "C" {
                $(pub(super) fn $name();)*
            }
        }
    };
}

entries![
    arith::bt_abs,
    arith::bt_add,
    arith::bt_bit_and,
    arith::bt_bit_not,
    arith::bt_bit_or,
    arith::bt_bit_xor,
    arith::bt_box_float,
    arith::bt_div,
    arith::bt_ge,
    arith::bt_gt,
    arith::bt_is_even,
    arith::bt_is_neg,
    arith::bt_is_odd,
    arith::bt_is_pos,
    arith::bt_is_zero,
    arith::bt_le,
    arith::bt_lt,
    arith::bt_max,
    arith::bt_min,
    arith::bt_mod,
    arith::bt_mul,
    arith::bt_neg,
    arith::bt_num_eq,
    arith::bt_quot,
    arith::bt_rem,
    arith::bt_shift_left,
    arith::bt_shift_right,
    arith::bt_sqrt,
    arith::bt_sub,
    arith::bt_to_double,
    arith::bt_to_int,
    arith::bt_to_long,
    array::bt_array_get,
    array::bt_array_length,
    array::bt_array_set,
    call::bt_check,
    call::bt_native,
    call::bt_poll,
    call::bt_prepare,
    call::bt_quick,
    call::bt_resolve,
    closure::bt_make_closure,
    closure::bt_vacate,
    count::bt_core_unchanged,
    count::bt_define_var,
    count::bt_drop,
    count::bt_dup,
    count::bt_free,
    count::bt_is_class,
    count::bt_is_map,
    count::bt_is_reduced,
    count::bt_leaf_end,
    count::bt_slot_address,
    count::bt_vector_count,
    count::bt_vector_nth,
    failing::bt_catch_take,
    failing::bt_failure_reason,
    failing::bt_rethrow,
    failing::bt_trace,
    failing::bt_unbound,
    flow::bt_resume,
    flow::bt_wait,
    look::bt_look_count,
    look::bt_look_deref,
    look::bt_look_dispatch,
    look::bt_look_first,
    look::bt_look_next,
    look::bt_look_rest,
    look::bt_look_seq,
    look::bt_look_equal,
    look::bt_look_get,
    look::bt_look_nth,
    receive::bt_deadline_in,
    receive::bt_is_timeout,
    receive::bt_no_match,
    receive::bt_park,
    receive::bt_receive_accept,
    receive::bt_receive_next,
    receive::bt_receive_rewind,
    receive::bt_receive_start,
    switch::bt_on_native,
];

/// Raises a fault in the context and gives the sentinel.
#[cold]
pub(crate) fn fail(cx: &mut Cx, fault: Fault) -> u64 {
    cx.failure
        .raise(FailureClass::Exception, fault.into_value());
    Control::Failed.word()
}

/// Runs Rust code that must not let a panic out; a panic becomes a fault that says it is a bug.
pub(crate) fn guarded(cx: &mut Cx, run: impl FnOnce(&mut Cx) -> u64) -> u64 {
    match catch_unwind(AssertUnwindSafe(|| run(cx))) {
        Ok(word) => word,
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown panic");
            let fault = Fault::new(FaultKind::Panic, format!("internal error: {text}"))
                .hint("this is a bug of Batuta, not of your program: please report it");
            fail(cx, fault)
        }
    }
}
