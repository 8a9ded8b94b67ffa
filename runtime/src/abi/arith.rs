//! Slow paths of arithmetic and comparison: big integers, ratios, rare floats, and faults.
//!
//! `(context, a, b, consumed)`: the bits of `consumed` say which operands are given up.

use super::{fail, guarded};
use crate::builtins::core_decimals::{self, in_context};
use crate::builtins::{core_arithmetic, core_comparison};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number::{self, bits, casts};
use crate::value::{Value, WORD_NIL};

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
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by compiled code only: live words, own context.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, a: u64, b: u64, consumed: u64) -> u64 {
            with_operands(cx, a, b, consumed, |cx, a, b| {
                let operation: fn(&Cx, &Value, &Value) -> Result<Value, Fault> = $operation;
                operation(cx, a, b).map(Value::into_word)
            })
        }
    )*};
}

arithmetic! {
    /// Sum.
    bt_add = |cx, a, b| in_context(cx, number::add(a, b)?);
    /// Difference.
    bt_sub = |cx, a, b| in_context(cx, number::sub(a, b)?);
    /// Product.
    bt_mul = |cx, a, b| in_context(cx, number::mul(a, b)?);
    /// Exact quotient.
    bt_div = core_decimals::divide;
    /// Quotient rounded towards zero.
    bt_quot = |_, a, b| number::quot(a, b);
    /// What `quot` leaves.
    bt_rem = |_, a, b| number::rem(a, b);
    /// The remainder with the sign of the divisor.
    bt_mod = |_, a, b| number::modulo(a, b);
    /// Bits set in both.
    bt_bit_and = |_, a, b| bits::and(a, b);
    /// Bits set in either.
    bt_bit_or = |_, a, b| bits::or(a, b);
    /// Bits set in one of them.
    bt_bit_xor = |_, a, b| bits::xor(a, b);
    /// Times a power of two.
    bt_shift_left = |_, a, b| bits::shift_left(a, b);
    /// Divided by a power of two.
    bt_shift_right = |_, a, b| bits::shift_right(a, b);
    /// The greater one.
    bt_max = |_, a, b| core_arithmetic::greater(a, b);
    /// The lesser one.
    bt_min = |_, a, b| core_arithmetic::lesser(a, b);
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by compiled code only: a live word, own context.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, a: u64, consumed: u64, _c: u64) -> u64 {
            // The second operand of a shared road: a word that is no pointer.
            with_operands(cx, a, WORD_NIL, consumed & 1, |cx, a, _| {
                let operation: fn(&Cx, &Value) -> Result<Value, Fault> = $operation;
                operation(cx, a).map(Value::into_word)
            })
        }
    )*};
}

unary! {
    /// The number with its sign turned.
    bt_neg = |_, a| number::neg(a);
    /// The magnitude.
    bt_abs = |_, a| number::abs(a);
    /// All bits turned.
    bt_bit_not = |_, a| bits::not(a);
    /// The square root as a float.
    bt_sqrt = |_, a| Ok(Value::float(casts::to_f64("sqrt", a)?.sqrt()));
    /// `long`.
    bt_to_long = |_, a| casts::to_i64("long", a).map(number::int);
    /// `int`.
    bt_to_int = |_, a| Ok(number::int(casts::to_i32("int", a)?.into()));
    /// `double`.
    bt_to_double = |_, a| casts::to_f64("double", a).map(Value::float);
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
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by compiled code only: live words, own context.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(cx: *mut Cx, a: u64, b: u64, consumed: u64) -> u64 {
            with_operands(cx, a, b, consumed, |_, a, b| {
                let test: fn(&Value, &Value) -> Result<bool, Fault> = $operation;
                test(a, b).map(u64::from)
            })
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
    /// `zero?`: 0, 1 or the sentinel.
    bt_is_zero = |a, _| core_comparison::is_zero(a);
    /// `pos?`: 0, 1 or the sentinel.
    bt_is_pos = |a, _| core_comparison::is_positive(a);
    /// `neg?`: 0, 1 or the sentinel.
    bt_is_neg = |a, _| core_comparison::is_negative(a);
    /// `even?`: 0, 1 or the sentinel.
    bt_is_even = |a, _| core_comparison::parity("even?", a).map(|odd| !odd);
    /// `odd?`: 0, 1 or the sentinel.
    bt_is_odd = |a, _| core_comparison::parity("odd?", a);
}
