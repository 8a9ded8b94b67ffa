//! Slow paths of arithmetic and comparison: big integers, ratios, rare floats, and faults.
//!
//! `(context, a, b, consumed)`: the bits of `consumed` say which operands are given up.

use super::{fail, guarded};
use crate::builtins::core_decimals::in_context;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

/// Runs `operation` on borrowed operands, then releases the consumed ones.
fn with_operands(
    cx: *mut Cx,
    a: u64,
    b: u64,
    consumed: u64,
    operation: impl FnOnce(&Cx, &Value, &Value) -> Result<u64, Fault>,
) -> u64 {
    // SAFETY: compiled code passes its own context, alive for the call.
    let cx = unsafe { &mut *cx };
    guarded(cx, |cx| {
        // SAFETY: both words are live values; each consumed one is owned by this call.
        let (a, b) = unsafe { (Value::from_word(a), Value::from_word(b)) };
        let result = operation(cx, &a, &b);
        if consumed & 1 == 0 {
            let _borrowed = a.into_word();
        }
        if consumed & 2 == 0 {
            let _borrowed = b.into_word();
        }
        result.unwrap_or_else(|fault| fail(cx, fault))
    })
}

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident = $operation:path;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by compiled code only: live words, own context.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, a: u64, b: u64, consumed: u64) -> u64 {
            with_operands(cx, a, b, consumed, |cx, a, b| {
                let result = $operation(a, b)?;
                in_context(cx, result).map(Value::into_word)
            })
        }
    )*};
}

arithmetic! {
    /// Sum.
    bt_add = number::add;
    /// Difference.
    bt_sub = number::sub;
    /// Product.
    bt_mul = number::mul;
}

/// The word of a float given by its bits.
///
/// # Safety
/// Called by compiled code only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_box_float(_cx: *mut Cx, bits: u64) -> u64 {
    Value::float(f64::from_bits(bits)).into_word()
}

fn greater(a: &Value, b: &Value) -> Result<bool, Fault> {
    number::comparison::less(b, a)
}

fn greater_or_equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    number::comparison::less_or_equal(b, a)
}

macro_rules! comparison {
    ($($(#[$doc:meta])* $name:ident = $operation:path;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by compiled code only: live words, own context.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, a: u64, b: u64, consumed: u64) -> u64 {
            with_operands(cx, a, b, consumed, |_, a, b| $operation(a, b).map(u64::from))
        }
    )*};
}

comparison! {
    /// `<`: 0, 1 or the sentinel.
    bt_lt = number::comparison::less;
    /// `<=`: 0, 1 or the sentinel.
    bt_le = number::comparison::less_or_equal;
    /// `>`: 0, 1 or the sentinel.
    bt_gt = greater;
    /// `>=`: 0, 1 or the sentinel.
    bt_ge = greater_or_equal;
    /// `==`: 0, 1 or the sentinel.
    bt_num_eq = number::comparison::equivalent;
}
