//! Arithmetic of one number: casts, sign, bits, square root. The paths are those of `arithmetic`,
//! with the one operand in both places.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Translator;
use super::arithmetic::{Paths, Slow};
use super::facts::{Fact, Range};
use super::versions::Point;
use crate::backends::cranelift::symbols;
use crate::ir::entity::ValueId;
use crate::ir::instruction::Inst;
use crate::ir::operator::UnaryOp;

/// The word of the least small integer.
const LEAST: i64 = i64::MIN;
/// Floats nearer to zero than this have a small integer part.
const SMALL_FLOAT: f64 = (1u64 << 59) as f64;
/// Floats nearer to zero than this have an integer part of 32 bits.
const INT_FLOAT: f64 = i32::MAX as f64;

impl Translator<'_> {
    /// Translates the operation and everything behind it: nothing is left open.
    pub(super) fn unary(&mut self, op: UnaryOp, a: ValueId, inst: &Inst, next: Point) {
        let result = inst.result.expect("arithmetic has a result");
        let slow = Slow::new(self);
        let before = self.facts.clone();
        self.dispatch(a, a, &slow, &UnaryPaths { op, result, next });
        if !slow.is_reached() {
            return;
        }
        let word = self.slow_path(&symbols::unary(op), &[a], inst, &slow, before);
        self.define(result, word);
        self.facts.remove(&result);
        self.jump_forgetting(next);
    }
}

struct UnaryPaths {
    op: UnaryOp,
    result: ValueId,
    next: Point,
}

impl Paths for UnaryPaths {
    fn small(&self, this: &mut Translator<'_>, a: ValueId, _: ValueId, slow: &Slow) {
        let word = this.get(a);
        let (word, range) = match self.op {
            UnaryOp::Neg => {
                let is_least = this.builder.ins().icmp_imm_s(IntCC::Equal, word, LEAST);
                this.leave_if(is_least, slow);
                (this.builder.ins().ineg(word), Range::default())
            }
            UnaryOp::Abs => {
                let is_least = this.builder.ins().icmp_imm_s(IntCC::Equal, word, LEAST);
                this.leave_if(is_least, slow);
                (this.builder.ins().iabs(word), Range::default())
            }
            UnaryOp::BitNot => (
                this.builder.ins().bxor_imm_s(word, !0b111),
                Range::default(),
            ),
            UnaryOp::ToLong => (word, this.range_of(a)),
            UnaryOp::ToInt => {
                let integer = this.builder.ins().sshr_imm_s(word, 3);
                let low = this.builder.ins().ireduce(types::I32, integer);
                let back = this.builder.ins().sextend(types::I64, low);
                let is_wide = this.builder.ins().icmp(IntCC::NotEqual, back, integer);
                this.leave_if(is_wide, slow);
                (word, Range::MIDDLE)
            }
            UnaryOp::Sqrt | UnaryOp::ToDouble => {
                let float = this.float_of(a);
                return self.leave_with_float(this, float);
            }
        };
        self.leave_with_small(this, word, range);
    }

    fn float(&self, this: &mut Translator<'_>, a: ValueId, _: ValueId, slow: &Slow) {
        let float = this.float_of(a);
        match self.op {
            UnaryOp::Neg => {
                let negative = this.builder.ins().fneg(float);
                self.define_float(this, negative);
            }
            UnaryOp::Abs => {
                let magnitude = this.builder.ins().fabs(float);
                self.define_float(this, magnitude);
            }
            UnaryOp::Sqrt | UnaryOp::ToDouble => self.leave_with_float(this, float),
            UnaryOp::ToLong => self.truncate(this, float, SMALL_FLOAT, slow),
            UnaryOp::ToInt => self.truncate(this, float, INT_FLOAT, slow),
            UnaryOp::BitNot => {
                let block = slow.block();
                this.builder.ins().jump(block, &[]);
            }
        }
    }

    fn is_of_integers(&self) -> bool {
        self.op == UnaryOp::BitNot
    }
}

impl UnaryPaths {
    fn leave_with_small(&self, this: &mut Translator<'_>, word: Value, range: Range) {
        this.define(self.result, word);
        this.facts.insert(self.result, Fact::Small(range));
        this.jump_to(self.next);
    }

    /// Ends a path whose operand is the float given.
    fn leave_with_float(&self, this: &mut Translator<'_>, float: Value) {
        let float = match self.op {
            UnaryOp::Sqrt => this.builder.ins().sqrt(float),
            _ => float,
        };
        self.define_float(this, float);
    }

    fn define_float(&self, this: &mut Translator<'_>, float: Value) {
        this.define_float(self.result, float);
        this.facts.insert(self.result, Fact::Unboxed);
        this.jump_to(self.next);
    }

    fn truncate(&self, this: &mut Translator<'_>, float: Value, limit: f64, slow: &Slow) {
        let magnitude = this.builder.ins().fabs(float);
        let limit = this.builder.ins().f64const(limit);
        let fits = this.builder.ins().fcmp(FloatCC::LessThan, magnitude, limit);
        let refused = this.builder.ins().bxor_imm_s(fits, 1);
        this.leave_if(refused, slow);
        let integer = this.builder.ins().fcvt_to_sint(types::I64, float);
        let word = this.builder.ins().ishl_imm_s(integer, 3);
        self.leave_with_small(this, word, Range::MIDDLE);
    }
}
