//! The paths of arithmetic once both operands are known to be small integers, or to be numbers of
//! which one is a float. What does not fit goes the slow way.
//!
//! A small integer's word is eight times its value, so that most operations work on the words.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value};

use super::Translator;
use super::arithmetic::Slow;
use super::facts::{Fact, Range, is_modest, small_constant};
use crate::ir::entity::ValueId;
use crate::ir::operator::ArithOp;

/// Bits of a small integer.
const SMALL_BITS: i64 = 61;

impl Translator<'_> {
    fn constant_of(&self, value: ValueId) -> Option<i64> {
        small_constant(self.constants[value.index()])
    }

    /// The word of the result and what is known of its size.
    pub(super) fn small_arith(
        &mut self,
        op: ArithOp,
        a: ValueId,
        b: ValueId,
        slow: &Slow,
    ) -> (Value, Range) {
        let (left, right) = (self.get(a), self.get(b));
        let divisor = self.constant_of(b);
        match op {
            ArithOp::Add | ArithOp::Sub | ArithOp::Mul => {
                (self.overflowing(op, left, right, slow), Range::default())
            }
            ArithOp::Div | ArithOp::Quot | ArithOp::Rem | ArithOp::Mod => {
                self.check_divisor(right, divisor, slow);
                let range = match divisor {
                    Some(by) if is_modest(by) => Range::MIDDLE,
                    _ => Range::default(),
                };
                (self.division(op, left, right, divisor, slow), range)
            }
            ArithOp::BitAnd => {
                let mask = self.constant_of(a).or(divisor);
                let range = match mask {
                    Some(mask) if mask >= 0 && is_modest(mask) => Range::MIDDLE,
                    _ => Range::default(),
                };
                (self.builder.ins().band(left, right), range)
            }
            ArithOp::BitOr => (self.builder.ins().bor(left, right), Range::default()),
            ArithOp::BitXor => (self.builder.ins().bxor(left, right), Range::default()),
            ArithOp::ShiftLeft => (self.shift_left(left, right, slow), Range::default()),
            ArithOp::ShiftRight => (self.shift_right(left, right, slow), Range::default()),
            ArithOp::Max | ArithOp::Min => {
                let condition = match op {
                    ArithOp::Max => IntCC::SignedGreaterThanOrEqual,
                    _ => IntCC::SignedLessThanOrEqual,
                };
                let first = self.builder.ins().icmp(condition, left, right);
                let word = self.builder.ins().select(first, left, right);
                (word, self.range_of(a).either(self.range_of(b)))
            }
        }
    }

    fn overflowing(&mut self, op: ArithOp, a: Value, b: Value, slow: &Slow) -> Value {
        let (word, overflow) = match op {
            ArithOp::Add => self.builder.ins().sadd_overflow(a, b),
            ArithOp::Sub => self.builder.ins().ssub_overflow(a, b),
            _ => {
                let a = self.builder.ins().sshr_imm_s(a, 3);
                self.builder.ins().smul_overflow(a, b)
            }
        };
        self.leave_if(overflow, slow);
        word
    }

    /// Zero is a fault, and minus one turns the least small integer into one that is not small.
    fn check_divisor(&mut self, word: Value, constant: Option<i64>, slow: &Slow) {
        match constant {
            Some(0 | -1) => {
                let always = self
                    .builder
                    .ins()
                    .iconst(cranelift_codegen::ir::types::I8, 1);
                self.leave_if(always, slow);
            }
            Some(_) => {}
            None => {
                let shifted = self.builder.ins().iadd_imm_s(word, 1 << 3);
                let is_refused =
                    self.builder
                        .ins()
                        .icmp_imm_s(IntCC::UnsignedLessThanOrEqual, shifted, 1 << 3);
                self.leave_if(is_refused, slow);
            }
        }
    }

    fn division(
        &mut self,
        op: ArithOp,
        left: Value,
        right: Value,
        divisor: Option<i64>,
        slow: &Slow,
    ) -> Value {
        if let (ArithOp::Mod, Some(by)) = (op, divisor)
            && by > 0
            && by & (by - 1) == 0
        {
            return self.builder.ins().band_imm_s(left, (by - 1) << 3);
        }
        match op {
            ArithOp::Quot | ArithOp::Div => {
                let (a, b) = (
                    self.builder.ins().sshr_imm_s(left, 3),
                    match divisor {
                        Some(by) => self.constant(by as u64),
                        None => self.builder.ins().sshr_imm_s(right, 3),
                    },
                );
                let quotient = self.builder.ins().sdiv(a, b);
                let word = self.builder.ins().ishl_imm_s(quotient, 3);
                if op == ArithOp::Div {
                    let product = self.builder.ins().imul(word, b);
                    let rest = self.builder.ins().icmp(IntCC::NotEqual, product, left);
                    self.leave_if(rest, slow);
                }
                word
            }
            _ => {
                let rest = self.builder.ins().srem(left, right);
                if op == ArithOp::Rem {
                    return rest;
                }
                let moved = self.builder.ins().iadd(rest, right);
                let signs = self.builder.ins().bxor(rest, right);
                let differ = self
                    .builder
                    .ins()
                    .icmp_imm_s(IntCC::SignedLessThan, signs, 0);
                let is_some = self.builder.ins().icmp_imm_s(IntCC::NotEqual, rest, 0);
                let wrong = self.builder.ins().band(differ, is_some);
                self.builder.ins().select(wrong, moved, rest)
            }
        }
    }

    /// A distance of bits that an instruction can go by.
    fn distance(&mut self, word: Value, slow: &Slow) -> Value {
        let by = self.builder.ins().sshr_imm_s(word, 3);
        let is_far =
            self.builder
                .ins()
                .icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, by, SMALL_BITS);
        self.leave_if(is_far, slow);
        by
    }

    fn shift_left(&mut self, word: Value, by: Value, slow: &Slow) -> Value {
        let by = self.distance(by, slow);
        let moved = self.builder.ins().ishl(word, by);
        let back = self.builder.ins().sshr(moved, by);
        let lost = self.builder.ins().icmp(IntCC::NotEqual, back, word);
        self.leave_if(lost, slow);
        moved
    }

    fn shift_right(&mut self, word: Value, by: Value, slow: &Slow) -> Value {
        let by = self.distance(by, slow);
        let moved = self.builder.ins().sshr(word, by);
        self.builder.ins().band_imm_s(moved, !0b111)
    }

    /// The result of numbers one of which is a float at least; none if the way ends here because
    /// there is no quick path for them.
    pub(super) fn float_arith(
        &mut self,
        op: ArithOp,
        a: ValueId,
        b: ValueId,
        slow: &Slow,
    ) -> Option<Value> {
        let is_small = |fact| matches!(fact, Some(Fact::Small(_)));
        let mixed = is_small(self.fact(a)) || is_small(self.fact(b));
        if op == ArithOp::Div && is_small(self.fact(b)) {
            let divisor = self.get(b);
            let is_zero = self.builder.ins().icmp_imm_s(IntCC::Equal, divisor, 0);
            self.leave_if(is_zero, slow);
        }
        // The greater of an integer and a float is the one or the other, not a float.
        if mixed && matches!(op, ArithOp::Max | ArithOp::Min) {
            let block = slow.block();
            self.builder.ins().jump(block, &[]);
            return None;
        }
        let (a, b) = (self.float_of(a), self.float_of(b));
        Some(match op {
            ArithOp::Add => self.builder.ins().fadd(a, b),
            ArithOp::Sub => self.builder.ins().fsub(a, b),
            ArithOp::Mul => self.builder.ins().fmul(a, b),
            ArithOp::Div => self.builder.ins().fdiv(a, b),
            ArithOp::Max => self.float_extreme(FloatCC::GreaterThan, a, b),
            ArithOp::Min => self.float_extreme(FloatCC::LessThan, a, b),
            ArithOp::Quot
            | ArithOp::Rem
            | ArithOp::Mod
            | ArithOp::BitAnd
            | ArithOp::BitOr
            | ArithOp::BitXor
            | ArithOp::ShiftLeft
            | ArithOp::ShiftRight => unreachable!("operations of integers"),
        })
    }

    /// The second number if it is wanted more, or is not a number at all.
    fn float_extreme(&mut self, wanted: FloatCC, a: Value, b: Value) -> Value {
        let more = self.builder.ins().fcmp(wanted, b, a);
        let none = self.builder.ins().fcmp(FloatCC::Unordered, b, b);
        let second = self.builder.ins().bor(more, none);
        self.builder.ins().select(second, b, a)
    }
}
