//! Arithmetic and comparison: small integers and floats in place, all else by the runtime.
//!
//! A small integer's word is eight times its value. `consumed` says which operands are given up:
//! those in place need no count.

use super::layout::*;
use super::words::*;

/// Bits of a small integer.
const SMALL_BITS: u64 = 61;

#[inline(always)]
fn is_small(word: Word) -> bool {
    word & 0b111 == 0
}

#[inline(always)]
fn is_float(word: Word) -> bool {
    (word ^ 0b100) & 0b110 == 0
}

#[inline(always)]
fn both_small(a: Word, b: Word) -> bool {
    (a | b) & 0b111 == 0
}

#[inline(always)]
fn both_float(a: Word, b: Word) -> bool {
    ((a ^ 0b100) | (b ^ 0b100)) & 0b110 == 0
}

#[inline(always)]
fn decoded(word: Word) -> f64 {
    f64::from_bits(word.wrapping_sub(1).rotate_right(4))
}

/// The float of a number that stands in its word.
#[inline(always)]
fn number(word: Word) -> Option<f64> {
    if is_float(word) {
        Some(decoded(word))
    } else if is_small(word) {
        Some((word as i64 >> 3) as f64)
    } else {
        None
    }
}

/// The word of a float.
#[inline(always)]
pub unsafe fn from_float(cx: Cx, value: f64) -> Word {
    let word = float(value);
    if is_float(word) { word } else { on_native(cx, value.to_bits(), 0, 0, bt_box_float) }
}

macro_rules! native {
    ($($name:ident)*) => {
        unsafe extern "C" { $(fn $name(cx: Cx, a: Word, b: Word, c: Word) -> Word;)* }
    };
}

native! {
    bt_box_float
    bt_add bt_sub bt_mul bt_div bt_quot bt_rem bt_mod bt_bit_and bt_bit_or bt_bit_xor
    bt_shift_left bt_shift_right bt_max bt_min
    bt_neg bt_abs bt_bit_not bt_sqrt bt_to_long bt_to_int bt_to_double
    bt_lt bt_le bt_gt bt_ge bt_num_eq bt_is_zero bt_is_pos bt_is_neg bt_is_even bt_is_odd
}

/// Operations of integers and of floats: `$plain` expects integers, `$floats` either.
macro_rules! arithmetic {
    ($($plain:ident $floats:ident $slow:ident $entry:ident
        |$a:ident, $b:ident| $small:expr, |$x:ident, $y:ident| $float:expr;)*) => {$(
        /// The operation where integers are expected.
        #[inline(always)]
        pub unsafe fn $plain($a: Word, $b: Word) -> Option<Word> {
            if both_small($a, $b) { $small } else { None }
        }

        /// The operation where floats are expected too.
        #[inline(always)]
        pub unsafe fn $floats(cx: Cx, $a: Word, $b: Word) -> Option<Word> {
            if both_float($a, $b) {
                let ($x, $y) = (decoded($a), decoded($b));
                let result: Option<f64> = $float;
                if let Some(value) = result {
                    return Some(from_float(cx, value));
                }
            }
            $plain($a, $b)
        }

        /// The operation of any numbers.
        #[inline(never)]
        pub unsafe fn $slow(cx: Cx, $a: Word, $b: Word, consumed: u64) -> Word {
            if !both_small($a, $b) {
                if let (Some($x), Some($y)) = (number($a), number($b)) {
                    let result: Option<f64> = $float;
                    if let Some(value) = result {
                        return from_float(cx, value);
                    }
                }
            }
            on_native(cx, $a, $b, consumed, $entry)
        }
    )*};
}

fn checked(result: Option<i64>) -> Option<Word> {
    match result {
        Some(word) => Some(word as Word),
        None => None,
    }
}

/// The greater of an integer and a float is the one or the other, not a float.
fn extreme(a: Word, b: Word, of_floats: f64) -> Option<f64> {
    if both_float(a, b) { Some(of_floats) } else { None }
}

arithmetic! {
    add add_floats add_slow bt_add
        |a, b| checked((a as i64).checked_add(b as i64)), |x, y| Some(x + y);
    sub sub_floats sub_slow bt_sub
        |a, b| checked((a as i64).checked_sub(b as i64)), |x, y| Some(x - y);
    mul mul_floats mul_slow bt_mul
        |a, b| checked((a as i64 >> 3).checked_mul(b as i64)), |x, y| Some(x * y);
    // Division by the integer zero is a fault, by the float zero it is not.
    div div_floats div_slow bt_div
        |a, b| exact_quotient(a, b), |x, y| if b == 0 { None } else { Some(x / y) };
    max max_floats max_slow bt_max
        |a, b| Some(if a as i64 >= b as i64 { a } else { b }),
        |x, y| extreme(a, b, if y > x || y != y { y } else { x });
    min min_floats min_slow bt_min
        |a, b| Some(if a as i64 <= b as i64 { a } else { b }),
        |x, y| extreme(a, b, if y < x || y != y { y } else { x });
}

#[inline(always)]
fn exact_quotient(a: Word, b: Word) -> Option<Word> {
    let word = quotient(a, b)?;
    if word.wrapping_mul((b as i64 >> 3) as u64) == a { Some(word) } else { None }
}

/// Zero is a fault, and minus one turns the least small integer into one that is not small.
#[inline(always)]
fn divides(b: Word) -> bool {
    b.wrapping_add(1 << 3) > 1 << 3
}

#[inline(always)]
fn quotient(a: Word, b: Word) -> Option<Word> {
    if !divides(b) {
        return None;
    }
    let quotient = (a as i64 >> 3).checked_div(b as i64 >> 3)?;
    Some((quotient << 3) as Word)
}

#[inline(always)]
fn remainder(a: Word, b: Word) -> Option<Word> {
    if !divides(b) {
        return None;
    }
    Some((a as i64).checked_rem(b as i64)? as Word)
}

#[inline(always)]
fn modulus(a: Word, b: Word) -> Option<Word> {
    let rest = remainder(a, b)?;
    let is_wrong = ((rest ^ b) as i64) < 0 && rest != 0;
    Some(if is_wrong { rest.wrapping_add(b) } else { rest })
}

#[inline(always)]
fn shifted_left(a: Word, b: Word) -> Option<Word> {
    let by = (b as i64 >> 3) as u64;
    if by >= SMALL_BITS {
        return None;
    }
    let moved = a << by;
    if (moved as i64 >> by) as Word == a { Some(moved) } else { None }
}

#[inline(always)]
fn shifted_right(a: Word, b: Word) -> Option<Word> {
    let by = (b as i64 >> 3) as u64;
    if by >= SMALL_BITS {
        return None;
    }
    Some((a as i64 >> by) as Word & !0b111)
}

macro_rules! integers {
    ($($name:ident $slow:ident $entry:ident |$a:ident, $b:ident| $small:expr;)*) => {$(
        /// An operation of integers.
        #[inline(always)]
        pub unsafe fn $name($a: Word, $b: Word) -> Option<Word> {
            if both_small($a, $b) { $small } else { None }
        }

        /// The operation of any numbers.
        #[inline(always)]
        pub unsafe fn $slow(cx: Cx, a: Word, b: Word, consumed: u64) -> Word {
            on_native(cx, a, b, consumed, $entry)
        }
    )*};
}

integers! {
    quot quot_slow bt_quot |a, b| quotient(a, b);
    rem rem_slow bt_rem |a, b| remainder(a, b);
    modulo modulo_slow bt_mod |a, b| modulus(a, b);
    bit_and bit_and_slow bt_bit_and |a, b| Some(a & b);
    bit_or bit_or_slow bt_bit_or |a, b| Some(a | b);
    bit_xor bit_xor_slow bt_bit_xor |a, b| Some(a ^ b);
    shift_left shift_left_slow bt_shift_left |a, b| shifted_left(a, b);
    shift_right shift_right_slow bt_shift_right |a, b| shifted_right(a, b);
}

macro_rules! comparisons {
    ($($name:ident $slow:ident $entry:ident $operator:tt;)*) => {$(
        /// A comparison.
        #[inline(always)]
        pub unsafe fn $name(a: Word, b: Word) -> Option<bool> {
            if both_small(a, b) {
                Some((a as i64) $operator (b as i64))
            } else if both_float(a, b) {
                Some(decoded(a) $operator decoded(b))
            } else {
                None
            }
        }

        /// The comparison of any numbers: 1, 0 or a failure.
        #[inline(never)]
        pub unsafe fn $slow(cx: Cx, a: Word, b: Word, consumed: u64) -> Word {
            match (number(a), number(b)) {
                (Some(x), Some(y)) => (x $operator y) as Word,
                _ => on_native(cx, a, b, consumed, $entry),
            }
        }
    )*};
}

comparisons! {
    lt lt_slow bt_lt <;
    le le_slow bt_le <=;
    gt gt_slow bt_gt >;
    ge ge_slow bt_ge >=;
    num_eq num_eq_slow bt_num_eq ==;
    is_zero is_zero_slow bt_is_zero ==;
    is_pos is_pos_slow bt_is_pos >;
    is_neg is_neg_slow bt_is_neg <;
}

macro_rules! parities {
    ($($name:ident $slow:ident $entry:ident $wanted:literal;)*) => {$(
        /// A test of the lowest bit.
        #[inline(always)]
        pub unsafe fn $name(a: Word, b: Word) -> Option<bool> {
            if both_small(a, b) { Some(a >> 3 & 1 == $wanted) } else { None }
        }

        /// The test of any number: 1, 0 or a failure.
        #[inline(always)]
        pub unsafe fn $slow(cx: Cx, a: Word, b: Word, consumed: u64) -> Word {
            on_native(cx, a, b, consumed, $entry)
        }
    )*};
}

parities! {
    is_even is_even_slow bt_is_even 0;
    is_odd is_odd_slow bt_is_odd 1;
}

/// A float's square root.
#[inline(always)]
pub fn root(value: f64) -> f64 {
    let result: f64;
    // The instruction rounds as the standard asks.
    unsafe {
        core::arch::asm!("sqrtsd {}, {}", out(xmm_reg) result, in(xmm_reg) value,
            options(pure, nomem, nostack, preserves_flags));
    }
    result
}

fn truncated(value: f64, limit: f64) -> Option<Word> {
    if value.abs() < limit { Some(((value as i64) << 3) as Word) } else { None }
}

macro_rules! unary {
    ($($name:ident $slow:ident $entry:ident
        |$a:ident| $small:expr, |$cx:ident, $x:ident| $float:expr;)*) => {$(
        /// An operation of one number.
        #[inline(always)]
        pub unsafe fn $name($cx: Cx, $a: Word) -> Option<Word> {
            if is_small($a) {
                $small
            } else if is_float($a) {
                let $x = decoded($a);
                $float
            } else {
                None
            }
        }

        /// The operation of any number.
        #[inline(always)]
        pub unsafe fn $slow(cx: Cx, a: Word, consumed: u64) -> Word {
            on_native(cx, a, consumed, 0, $entry)
        }
    )*};
}

const LEAST: Word = i64::MIN as Word;

unary! {
    neg neg_slow bt_neg |a| if a == LEAST { None } else { Some(a.wrapping_neg()) },
        |cx, x| Some(from_float(cx, -x));
    abs abs_slow bt_abs |a| if a == LEAST { None } else { Some((a as i64).wrapping_abs() as Word) },
        |cx, x| Some(from_float(cx, x.abs()));
    bit_not bit_not_slow bt_bit_not |a| Some(a ^ !0b111), |cx, x| None;
    sqrt sqrt_slow bt_sqrt |a| Some(from_float(cx, root((a as i64 >> 3) as f64))),
        |cx, x| Some(from_float(cx, root(x)));
    to_long to_long_slow bt_to_long |a| Some(a), |cx, x| truncated(x, (1u64 << 59) as f64);
    to_int to_int_slow bt_to_int |a| if (a as i64 >> 3) as i32 as i64 == a as i64 >> 3 { Some(a) } else { None },
        |cx, x| truncated(x, i32::MAX as f64);
    to_double to_double_slow bt_to_double |a| Some(from_float(cx, (a as i64 >> 3) as f64)), |cx, x| Some(a);
}

/// The truth value of an equality that can be seen in the words.
#[inline(always)]
pub unsafe fn equal_in_place(a: Word, b: Word) -> Option<bool> {
    if both_small(a, b) {
        Some(a == b)
    } else if both_float(a, b) {
        Some(decoded(a) == decoded(b))
    } else {
        None
    }
}
