//! Arithmetic and comparison: a path for two small integers and one for floats, each going on in
//! the version of the code behind it that knows so, and a stub for all else, behind which nothing
//! is known.

use std::cell::Cell;

use batuta_runtime::context::RESULT_OFFSET;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

use super::Translator;
use super::facts::{Fact, Facts, Range, is_modest, small_constant};
use super::versions::Point;
use crate::backends::cranelift::symbols::{self, Symbol};
use crate::ir::entity::ValueId;
use crate::ir::instruction::{Inst, Op, Terminator};
use crate::ir::operator::{ArithOp, CompareOp};

/// Where the stub is called: made only if a path leads there.
pub(super) struct Slow {
    block: Block,
    is_reached: Cell<bool>,
}

impl Slow {
    pub(super) fn new(translator: &mut Translator<'_>) -> Slow {
        Slow {
            block: translator.cold_block(),
            is_reached: Cell::new(false),
        }
    }

    pub(super) fn block(&self) -> Block {
        self.is_reached.set(true);
        self.block
    }

    pub(super) fn is_reached(&self) -> bool {
        self.is_reached.get()
    }
}

/// What a path of an operation does once its operands are known; ends the block.
pub(super) trait Paths {
    fn small(&self, translator: &mut Translator<'_>, a: ValueId, b: ValueId, slow: &Slow);
    fn float(&self, translator: &mut Translator<'_>, a: ValueId, b: ValueId, slow: &Slow);

    /// Is there no path for floats?
    fn is_of_integers(&self) -> bool {
        false
    }
}

impl Translator<'_> {
    /// Translates the operation and everything behind it: nothing is left open.
    pub(super) fn arith(&mut self, op: ArithOp, a: ValueId, b: ValueId, inst: &Inst, next: Point) {
        let result = inst.result.expect("arithmetic has a result");
        let slow = Slow::new(self);
        let before = self.facts.clone();
        let paths = ArithPaths { op, result, next };
        self.dispatch(a, b, &slow, &paths);
        if !slow.is_reached.get() {
            return;
        }
        let word = self.slow_path(&symbols::arith(op), &[a, b], inst, &slow, before);
        self.define(result, word);
        self.facts.remove(&result);
        self.jump_forgetting(next);
    }

    /// A comparison whose truth value is needed.
    pub(super) fn compare_value(
        &mut self,
        op: CompareOp,
        a: ValueId,
        b: ValueId,
        inst: &Inst,
        next: Point,
    ) {
        let result = inst.result.expect("a comparison has a result");
        self.compare(op, a, b, inst, Outcome::Value(result, next));
    }

    /// A comparison that decides a branch.
    pub(super) fn compare_and_branch(&mut self, inst: &Inst, end: &Terminator) {
        if let (Op::Compare(op, a, b), Terminator::Branch(_, then, otherwise)) = (&inst.op, end) {
            let outcome = Outcome::Branch(Point::start(then.block), Point::start(otherwise.block));
            self.compare(*op, *a, *b, inst, outcome);
        }
    }

    fn compare(&mut self, op: CompareOp, a: ValueId, b: ValueId, inst: &Inst, outcome: Outcome) {
        let slow = Slow::new(self);
        let before = self.facts.clone();
        self.dispatch(a, b, &slow, &ComparePaths { op, outcome });
        if !slow.is_reached.get() {
            return;
        }
        let word = self.slow_path(&symbols::compare(op), &[a, b], inst, &slow, before);
        let bit = self.builder.ins().ireduce(types::I8, word);
        outcome.leave_forgetting(self, bit);
    }

    /// Emits the call of the slow path's stub; gives its result.
    pub(super) fn slow_path(
        &mut self,
        stub: &Symbol,
        operands: &[ValueId],
        inst: &Inst,
        slow: &Slow,
        before: Facts,
    ) -> Value {
        self.builder.switch_to_block(slow.block);
        self.facts = before;
        self.versions.is_rare = true;
        let mut consumed = u64::from(inst.consumed);
        let mut args = vec![self.context()];
        for (position, value) in operands.iter().enumerate() {
            // A word boxed for the stub alone is the stub's to release.
            if self.facts.get(value) == Some(&Fact::Unboxed) {
                consumed |= 1 << position;
            }
            args.push(self.get(*value));
        }
        args.push(self.constant(consumed));
        self.call_cold(stub, &args);
        let word = self.load_context(RESULT_OFFSET);
        self.test_failure(word, inst);
        word
    }

    /// Tests what is not known of the operands and emits each path that may be taken.
    pub(super) fn dispatch(&mut self, a: ValueId, b: ValueId, slow: &Slow, paths: &dyn Paths) {
        use Fact::Small;
        if paths.is_of_integers() {
            return self.dispatch_integers(a, b, slow, paths);
        }
        match (self.number_fact(a), self.number_fact(b)) {
            (Some(Small(_)), Some(Small(_))) => paths.small(self, a, b, slow),
            (Some(_), Some(_)) => paths.float(self, a, b, slow),
            (None, Some(known)) => {
                let mixed = self.names_float || self.constants[b.index()].is_none();
                self.dispatch_one((a, b), a, known, mixed, slow, paths);
            }
            (Some(known), None) => {
                let mixed = self.names_float || self.constants[a.index()].is_none();
                self.dispatch_one((a, b), b, known, mixed, slow, paths);
            }
            (None, None) => self.dispatch_both(a, b, slow, paths),
        }
    }

    /// As [`Self::dispatch`], where floats have no path of their own.
    fn dispatch_integers(&mut self, a: ValueId, b: ValueId, slow: &Slow, paths: &dyn Paths) {
        let is_small = |fact: &Option<Fact>| matches!(fact, Some(Fact::Small(_)));
        let facts = [(a, self.number_fact(a)), (b, self.number_fact(b))];
        if facts
            .iter()
            .any(|(_, fact)| fact.is_some() && !is_small(fact))
        {
            let block = slow.block();
            self.builder.ins().jump(block, &[]);
            return;
        }
        let open: Vec<ValueId> = facts
            .iter()
            .filter(|(_, fact)| fact.is_none())
            .map(|(value, _)| *value)
            .collect();
        if !open.is_empty() {
            let small = self.new_block();
            self.branch_if_kind(true, &open, small, slow.block());
            self.builder.switch_to_block(small);
            open.iter().for_each(|value| self.know(true, *value));
        }
        paths.small(self, a, b, slow);
    }

    /// One operand is known; the open one is tested for the same kind, then, if both kinds are
    /// to be expected, for the other.
    fn dispatch_one(
        &mut self,
        (a, b): (ValueId, ValueId),
        open: ValueId,
        known: Fact,
        mixed: bool,
        slow: &Slow,
        paths: &dyn Paths,
    ) {
        let before = self.facts.clone();
        let is_small = matches!(known, Fact::Small(_));
        let alike = self.new_block();
        let other = if mixed {
            self.new_block()
        } else {
            slow.block()
        };
        self.branch_if_kind(is_small, &[open], alike, other);
        self.builder.switch_to_block(alike);
        self.know(is_small, open);
        if is_small {
            paths.small(self, a, b, slow);
        } else {
            paths.float(self, a, b, slow);
        }
        if mixed {
            self.facts = before;
            let third = self.new_block();
            self.builder.switch_to_block(other);
            self.branch_if_kind(!is_small, &[open], third, slow.block());
            self.builder.switch_to_block(third);
            self.know(!is_small, open);
            paths.float(self, a, b, slow);
        }
    }

    fn dispatch_both(&mut self, a: ValueId, b: ValueId, slow: &Slow, paths: &dyn Paths) {
        let before = self.facts.clone();
        let (small, other, float) = (self.new_block(), self.new_block(), self.new_block());
        self.branch_if_kind(true, &[a, b], small, other);
        self.builder.switch_to_block(small);
        self.know(true, a);
        self.know(true, b);
        paths.small(self, a, b, slow);
        self.facts = before;
        self.builder.switch_to_block(other);
        self.branch_if_kind(false, &[a, b], float, slow.block());
        self.builder.switch_to_block(float);
        self.know(false, a);
        self.know(false, b);
        paths.float(self, a, b, slow);
    }

    /// Branches on all of these words being small integers, or inline floats.
    pub(super) fn branch_if_kind(
        &mut self,
        small: bool,
        values: &[ValueId],
        yes: Block,
        no: Block,
    ) {
        let mut tested: Option<Value> = None;
        for value in values {
            let word = self.get(*value);
            let word = if small {
                word
            } else {
                self.builder.ins().bxor_imm_s(word, 0b100)
            };
            tested = Some(match tested {
                Some(others) => self.builder.ins().bor(others, word),
                None => word,
            });
        }
        let tested = tested.expect("an operation has operands");
        let mask = if small { 0b111 } else { 0b110 };
        let tags = self.builder.ins().band_imm_s(tested, mask);
        self.builder.ins().brif(tags, no, &[], yes, &[]);
    }

    /// Goes on only if the value is a small integer, which is known from here on.
    pub(super) fn expect_small(&mut self, value: ValueId, slow: &Slow) {
        let small = self.new_block();
        self.branch_if_kind(true, &[value], small, slow.block());
        self.builder.switch_to_block(small);
        self.know(true, value);
    }

    /// Goes on only if the value is an inline float, which is known from here on.
    pub(super) fn expect_float(&mut self, value: ValueId, slow: &Slow) {
        let float = self.new_block();
        self.branch_if_kind(false, &[value], float, slow.block());
        self.builder.switch_to_block(float);
        self.know(false, value);
    }

    pub(super) fn know(&mut self, small: bool, value: ValueId) {
        if small {
            self.facts.insert(value, Fact::Small(Range::default()));
        } else {
            let word = self.get(value);
            let float = self.decode_float(word);
            self.define_float(value, float);
            self.facts.insert(value, Fact::Float);
        }
    }

    /// Goes on only if the condition does not hold.
    pub(super) fn leave_if(&mut self, condition: Value, slow: &Slow) {
        let go_on = self.new_block();
        self.builder
            .ins()
            .brif(condition, slow.block(), &[], go_on, &[]);
        self.builder.switch_to_block(go_on);
    }

    pub(super) fn range_of(&self, value: ValueId) -> Range {
        match self.fact(value) {
            Some(Fact::Small(range)) => range,
            _ => Range::default(),
        }
    }

    /// An operand with its constant step, if the operation is a sum or difference with a constant.
    fn step(&self, op: ArithOp, a: ValueId, b: ValueId) -> Option<(ValueId, i64)> {
        let constant = |value: ValueId| small_constant(self.constants[value.index()]);
        let (value, step) = match (op, constant(a), constant(b)) {
            (ArithOp::Add, None, Some(step)) => (a, step),
            (ArithOp::Add, Some(step), None) => (b, step),
            (ArithOp::Sub, None, Some(step)) => (a, -step),
            _ => return None,
        };
        is_modest(step).then_some((value, step))
    }
}

struct ArithPaths {
    op: ArithOp,
    result: ValueId,
    next: Point,
}

impl Paths for ArithPaths {
    fn small(&self, this: &mut Translator<'_>, a: ValueId, b: ValueId, slow: &Slow) {
        let (word, range) = match this.step(self.op, a, b) {
            Some((value, step)) => {
                let range = this.range_of(value);
                let from = this.get(value);
                let word = this.builder.ins().iadd_imm_s(from, step << 3);
                if !range.allows(step) {
                    self.check_step(this, from, word, step, slow);
                }
                (word, range.moved(step))
            }
            None => this.small_arith(self.op, a, b, slow),
        };
        this.define(self.result, word);
        this.facts.insert(self.result, Fact::Small(range));
        this.jump_to(self.next);
    }

    fn float(&self, this: &mut Translator<'_>, a: ValueId, b: ValueId, slow: &Slow) {
        let Some(float) = this.float_arith(self.op, a, b, slow) else {
            return;
        };
        this.define_float(self.result, float);
        this.facts.insert(self.result, Fact::Unboxed);
        this.jump_to(self.next);
    }

    fn is_of_integers(&self) -> bool {
        use ArithOp::{BitAnd, BitOr, BitXor, Mod, Quot, Rem, ShiftLeft, ShiftRight};
        matches!(
            self.op,
            Quot | Rem | Mod | BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight
        )
    }
}

impl ArithPaths {
    /// A sum with a constant wraps around exactly if it lies on the wrong side: one comparison,
    /// where the overflow flag would first be made a value.
    fn check_step(
        &self,
        this: &mut Translator<'_>,
        from: Value,
        to: Value,
        step: i64,
        slow: &Slow,
    ) {
        let wrong = match step {
            0.. => IntCC::SignedLessThan,
            _ => IntCC::SignedGreaterThan,
        };
        let wraps = this.builder.ins().icmp(wrong, to, from);
        this.leave_if(wraps, slow);
    }
}

/// What a comparison is made for.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Value(ValueId, Point),
    Branch(Point, Point),
}

impl Outcome {
    pub(super) fn leave(
        self,
        this: &mut Translator<'_>,
        bit: Value,
        learn: impl Fn(&mut Translator<'_>, bool),
    ) {
        match self {
            Outcome::Value(result, next) => {
                this.define(result, bit);
                this.jump_to(next);
            }
            Outcome::Branch(then, otherwise) => {
                let before = this.facts.clone();
                learn(this, true);
                let then = this.branch_target(then);
                this.facts = before;
                learn(this, false);
                let otherwise = this.branch_target(otherwise);
                this.builder.ins().brif(bit, then, &[], otherwise, &[]);
            }
        }
    }

    fn leave_forgetting(self, this: &mut Translator<'_>, bit: Value) {
        match self {
            Outcome::Value(result, next) => {
                this.define(result, bit);
                this.jump_forgetting(next);
            }
            Outcome::Branch(then, otherwise) => {
                let (yes, no) = (this.cold_block(), this.cold_block());
                let before = this.facts.clone();
                this.builder.ins().brif(bit, yes, &[], no, &[]);
                this.builder.switch_to_block(yes);
                this.jump_forgetting(then);
                this.facts = before;
                this.builder.switch_to_block(no);
                this.jump_forgetting(otherwise);
            }
        }
    }
}

struct ComparePaths {
    op: CompareOp,
    outcome: Outcome,
}

impl Paths for ComparePaths {
    fn small(&self, this: &mut Translator<'_>, a: ValueId, b: ValueId, _: &Slow) {
        let left = this.get(a);
        let Some(order) = self.op.order() else {
            let lowest = this.builder.ins().band_imm_s(left, 1 << 3);
            let wanted = match self.op {
                CompareOp::Even => IntCC::Equal,
                _ => IntCC::NotEqual,
            };
            let bit = this.builder.ins().icmp_imm_s(wanted, lowest, 0);
            return self.outcome.leave(this, bit, |_, _| {});
        };
        let right = this.get(b);
        let bit = this.builder.ins().icmp(int_condition(order), left, right);
        self.outcome
            .leave(this, bit, |this, outcome| this.learn(order, a, b, outcome));
    }

    fn float(&self, this: &mut Translator<'_>, a: ValueId, b: ValueId, slow: &Slow) {
        let Some(order) = self.op.order() else {
            let block = slow.block();
            this.builder.ins().jump(block, &[]);
            return;
        };
        let (a, b) = (this.float_of(a), this.float_of(b));
        let bit = this.builder.ins().fcmp(float_condition(order), a, b);
        self.outcome.leave(this, bit, |_, _| {});
    }

    fn is_of_integers(&self) -> bool {
        self.op.order().is_none()
    }
}

/// The condition of a comparison of both operands.
pub(super) fn int_condition(op: CompareOp) -> IntCC {
    match op {
        CompareOp::Lt => IntCC::SignedLessThan,
        CompareOp::Le => IntCC::SignedLessThanOrEqual,
        CompareOp::Gt => IntCC::SignedGreaterThan,
        CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
        CompareOp::Eq | CompareOp::Zero => IntCC::Equal,
        CompareOp::Pos => IntCC::SignedGreaterThan,
        CompareOp::Neg => IntCC::SignedLessThan,
        CompareOp::Even | CompareOp::Odd => unreachable!("no comparison of both operands"),
    }
}

fn float_condition(op: CompareOp) -> FloatCC {
    match op {
        CompareOp::Lt => FloatCC::LessThan,
        CompareOp::Le => FloatCC::LessThanOrEqual,
        CompareOp::Gt => FloatCC::GreaterThan,
        CompareOp::Ge => FloatCC::GreaterThanOrEqual,
        CompareOp::Eq | CompareOp::Zero => FloatCC::Equal,
        CompareOp::Pos => FloatCC::GreaterThan,
        CompareOp::Neg => FloatCC::LessThan,
        CompareOp::Even | CompareOp::Odd => unreachable!("no comparison of both operands"),
    }
}
