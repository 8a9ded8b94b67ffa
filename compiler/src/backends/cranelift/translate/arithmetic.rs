//! Arithmetic and comparison: inline paths for two small integers and for two inline floats, all
//! else through a stub. An operand known to be a small integer or a float drops the other path.

use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::value::TAG_INT;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use crate::backends::cranelift::symbols;
use crate::ir::entity::ValueId;
use crate::ir::instruction::{ArithOp, CompareOp, Inst, Op, Terminator};

/// What is known of two operands before looking at them.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    /// One is a small integer: no float path.
    Integer,
    /// One is a float: no integer path.
    Float,
}

#[derive(Clone, Copy)]
struct Operands {
    a: Value,
    b: Value,
    known: Known,
    /// The one whose tag is not known yet, if the other is a constant.
    open: Option<Value>,
}

impl Translator<'_> {
    pub(super) fn arith(&mut self, op: ArithOp, a: ValueId, b: ValueId, inst: &Inst) -> Value {
        let operands = self.operands(a, b);
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I64);
        let slow = self.cold_block();
        self.dispatch(
            operands,
            slow,
            |this| this.int_arith(op, operands, slow, done),
            |this| this.float_arith(op, operands, slow, done),
        );
        self.builder.switch_to_block(slow);
        let consumed = self.constant(u64::from(inst.consumed));
        let context = self.context();
        self.call_cold(
            &symbols::arith(op),
            &[context, operands.a, operands.b, consumed],
        );
        let word = self.load_context(RESULT_OFFSET);
        self.test_failure(word, inst);
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(done);
        result
    }

    /// A comparison whose truth value is needed.
    pub(super) fn compare_value(
        &mut self,
        op: CompareOp,
        a: ValueId,
        b: ValueId,
        inst: &Inst,
    ) -> Value {
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I8);
        self.compare(op, a, b, inst, |this, bit| {
            this.builder.ins().jump(done, &[bit.into()]);
        });
        self.builder.switch_to_block(done);
        result
    }

    /// A comparison that decides a branch.
    pub(super) fn compare_and_branch(&mut self, inst: &Inst, end: &Terminator) {
        if let (Op::Compare(op, a, b), Terminator::Branch(_, then, otherwise)) = (&inst.op, end) {
            let (then, otherwise) = (self.target(then.block), self.target(otherwise.block));
            self.compare(*op, *a, *b, inst, |this, bit| {
                this.builder.ins().brif(bit, then, &[], otherwise, &[]);
            });
        }
    }

    /// Emits the paths of a comparison; `leave` ends each with what its truth value decides.
    fn compare(
        &mut self,
        op: CompareOp,
        a: ValueId,
        b: ValueId,
        inst: &Inst,
        leave: impl Fn(&mut Self, Value),
    ) {
        let operands = self.operands(a, b);
        let slow = self.cold_block();
        self.dispatch(
            operands,
            slow,
            |this| {
                let bit = this
                    .builder
                    .ins()
                    .icmp(int_condition(op), operands.a, operands.b);
                leave(this, bit);
            },
            |this| {
                let (a, b) = (this.decode_float(operands.a), this.decode_float(operands.b));
                let bit = this.builder.ins().fcmp(float_condition(op), a, b);
                leave(this, bit);
            },
        );
        self.builder.switch_to_block(slow);
        let consumed = self.constant(u64::from(inst.consumed));
        let context = self.context();
        self.call_cold(
            &symbols::compare(op),
            &[context, operands.a, operands.b, consumed],
        );
        let word = self.load_context(RESULT_OFFSET);
        self.test_failure(word, inst);
        let bit = self.builder.ins().ireduce(types::I8, word);
        leave(self, bit);
    }

    fn operands(&self, a: ValueId, b: ValueId) -> Operands {
        let (known_a, known_b) = (self.known(a), self.known(b));
        let known = match (known_a, known_b) {
            (Known::Integer, _) | (_, Known::Integer) => Known::Integer,
            (Known::Float, _) | (_, Known::Float) => Known::Float,
            _ => Known::Nothing,
        };
        let (a, b) = (self.get(a), self.get(b));
        let open = if known_a == known && known != Known::Nothing {
            Some(b)
        } else if known_b == known && known != Known::Nothing {
            Some(a)
        } else {
            None
        };
        Operands { a, b, known, open }
    }

    fn known(&self, value: ValueId) -> Known {
        let is_definition = |inst: &&Inst| inst.result == Some(value);
        let definition = self
            .ir
            .blocks
            .iter()
            .flat_map(|b| &b.insts)
            .find(is_definition);
        match definition.map(|inst| &inst.op) {
            Some(Op::Word(word)) if word & 0b111 == TAG_INT => Known::Integer,
            Some(Op::Word(word)) if (word ^ 0b100) & 0b110 == 0 => Known::Float,
            _ => Known::Nothing,
        }
    }

    /// Tests the operands and emits each path that may be taken; `slow` is left to the caller.
    fn dispatch(
        &mut self,
        operands: Operands,
        slow: Block,
        int_path: impl FnOnce(&mut Self),
        float_path: impl FnOnce(&mut Self),
    ) {
        if operands.known != Known::Float {
            let not_int = if operands.known == Known::Integer {
                slow
            } else {
                self.builder.create_block()
            };
            let int_block = self.builder.create_block();
            let tested = match operands.open {
                Some(open) => open,
                None => self.builder.ins().bor(operands.a, operands.b),
            };
            let tag = self.builder.ins().band_imm_s(tested, 0b111);
            self.builder.ins().brif(tag, not_int, &[], int_block, &[]);
            self.builder.switch_to_block(int_block);
            int_path(self);
            if operands.known == Known::Integer {
                return;
            }
            self.builder.switch_to_block(not_int);
        }
        let float_block = self.builder.create_block();
        let a = self.builder.ins().bxor_imm_s(operands.a, 0b100);
        let b = self.builder.ins().bxor_imm_s(operands.b, 0b100);
        let both = self.builder.ins().bor(a, b);
        let tags = self.builder.ins().band_imm_s(both, 0b110);
        self.builder.ins().brif(tags, slow, &[], float_block, &[]);
        self.builder.switch_to_block(float_block);
        float_path(self);
    }

    fn int_arith(&mut self, op: ArithOp, operands: Operands, slow: Block, done: Block) {
        let (a, b) = (operands.a, operands.b);
        let (word, overflow) = match op {
            ArithOp::Add => self.builder.ins().sadd_overflow(a, b),
            ArithOp::Sub => self.builder.ins().ssub_overflow(a, b),
            ArithOp::Mul => {
                let a = self.builder.ins().sshr_imm_s(a, 3);
                self.builder.ins().smul_overflow(a, b)
            }
        };
        self.builder
            .ins()
            .brif(overflow, slow, &[], done, &[word.into()]);
    }

    fn float_arith(&mut self, op: ArithOp, operands: Operands, slow: Block, done: Block) {
        let (a, b) = (self.decode_float(operands.a), self.decode_float(operands.b));
        let float = match op {
            ArithOp::Add => self.builder.ins().fadd(a, b),
            ArithOp::Sub => self.builder.ins().fsub(a, b),
            ArithOp::Mul => self.builder.ins().fmul(a, b),
        };
        let bits = self
            .builder
            .ins()
            .bitcast(types::I64, MemFlagsData::new(), float);
        let rotated = self.builder.ins().rotl_imm_s(bits, 4);
        let word = self.builder.ins().iadd_imm_s(rotated, 1);
        let flipped = self.builder.ins().bxor_imm_s(word, 0b100);
        let rare = self.builder.ins().band_imm_s(flipped, 0b110);
        self.builder
            .ins()
            .brif(rare, slow, &[], done, &[word.into()]);
    }

    fn decode_float(&mut self, word: Value) -> Value {
        let rotated = self.builder.ins().iadd_imm_s(word, -1);
        let bits = self.builder.ins().rotr_imm_s(rotated, 4);
        self.builder
            .ins()
            .bitcast(types::F64, MemFlagsData::new(), bits)
    }
}

fn int_condition(op: CompareOp) -> IntCC {
    match op {
        CompareOp::Lt => IntCC::SignedLessThan,
        CompareOp::Le => IntCC::SignedLessThanOrEqual,
        CompareOp::Gt => IntCC::SignedGreaterThan,
        CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
        CompareOp::Eq => IntCC::Equal,
    }
}

fn float_condition(op: CompareOp) -> FloatCC {
    match op {
        CompareOp::Lt => FloatCC::LessThan,
        CompareOp::Le => FloatCC::LessThanOrEqual,
        CompareOp::Gt => FloatCC::GreaterThan,
        CompareOp::Ge => FloatCC::GreaterThanOrEqual,
        CompareOp::Eq => FloatCC::Equal,
    }
}
