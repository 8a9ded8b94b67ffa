//! Equality: small integers and floats are compared in place, other values by a leaf of the
//! runtime, and what takes a walk by a call of the core function.
//!
//! Behind the comparison of small integers it is known that they are; the other ways go on with
//! what was known before, since equality of other values is nothing rare.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Translator;
use super::arithmetic::Outcome;
use super::facts::Fact;
use super::versions::Point;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{Inst, Op, Terminator};
use crate::ir::operator::CompareOp;

impl Translator<'_> {
    /// An equality whose truth value is needed.
    pub(super) fn equal_value(&mut self, inst: &Inst, next: Point) {
        let result = inst.result.expect("equality has a result");
        self.equal(inst, Outcome::Value(result, next));
    }

    /// An equality that decides a branch.
    pub(super) fn equal_and_branch(&mut self, inst: &Inst, end: &Terminator) {
        if let Terminator::Branch(_, then, otherwise) = end {
            let outcome = Outcome::Branch(Point::start(then.block), Point::start(otherwise.block));
            self.equal(inst, outcome);
        }
    }

    /// Translates the equality and everything behind it: nothing is left open.
    fn equal(&mut self, inst: &Inst, outcome: Outcome) {
        let Op::Equal(var, a, b) = inst.op else {
            unreachable!("the caller has looked");
        };
        let is_float = |fact| matches!(fact, Some(Fact::Float | Fact::Unboxed));
        let is_small = |fact| matches!(fact, Some(Fact::Small(_)));
        let (left, right) = (self.fact(a), self.fact(b));
        if is_float(left) && is_float(right) {
            let (left, right) = (self.float_of(a), self.float_of(b));
            let bit = self.builder.ins().fcmp(FloatCC::Equal, left, right);
            return outcome.leave(self, bit, |_, _| {});
        }
        if is_float(left) || is_float(right) {
            return self.ask(var, (a, b), inst, outcome);
        }
        if is_small(left) && is_small(right) {
            return self.equal_small(a, b, outcome);
        }
        let before = self.facts.clone();
        let (small, other) = (self.new_block(), self.new_block());
        let open = [(a, left), (b, right)].into_iter();
        let open: Vec<ValueId> = open
            .filter(|(_, f)| !is_small(*f))
            .map(|(v, _)| v)
            .collect();
        self.branch_if_kind(true, &open, small, other);
        self.builder.switch_to_block(small);
        open.iter().for_each(|value| self.know(true, *value));
        self.equal_small(a, b, outcome);
        self.builder.switch_to_block(other);
        self.facts = before;
        self.ask(var, (a, b), inst, outcome);
    }

    fn equal_small(&mut self, a: ValueId, b: ValueId, outcome: Outcome) {
        let (left, right) = (self.get(a), self.get(b));
        let bit = self.builder.ins().icmp(IntCC::Equal, left, right);
        outcome.leave(self, bit, |this, is_equal| {
            this.learn(CompareOp::Eq, a, b, is_equal);
        });
    }

    /// Asks the runtime, and if it cannot say, the core function.
    fn ask(&mut self, var: LiteralId, (a, b): (ValueId, ValueId), inst: &Inst, outcome: Outcome) {
        self.box_for_good(a);
        self.box_for_good(b);
        let done = self.new_block();
        let answer = self.builder.append_block_param(done, types::I64);
        self.look_in_leaf(&symbols::equal(), &[a, b], done);
        let asked = self.rarely(|this| this.ask_core(var, &[a, b], inst));
        self.builder.ins().jump(done, &[asked.into()]);

        self.builder.switch_to_block(done);
        self.facts.remove(&self.ir.self_value());
        let bit = self.is_true(answer);
        outcome.leave(self, bit, |_, _| {});
    }

    /// Is the word neither nil nor false?
    pub(super) fn is_true(&mut self, word: Value) -> Value {
        use batuta_runtime::value::{WORD_FALSE, WORD_NIL};
        let mask = !(WORD_FALSE ^ WORD_NIL) as i64;
        let masked = self.builder.ins().band_imm_s(word, mask);
        let nil = WORD_NIL as i64;
        self.builder.ins().icmp_imm_s(IntCC::NotEqual, masked, nil)
    }
}
