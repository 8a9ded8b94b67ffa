//! A quick entry for functions that often return at once.
//!
//! A function saves registers for all it may do, on its shortest way too. Where the first block
//! only tests arguments and one of its ways returns, that way gets a function of its own, which
//! saves nothing; everything else it leaves to the full function by a tail call, before it has
//! changed anything (shrink wrapping by outlining).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{FuncRef, Function, InstBuilder, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::Module;

use super::arithmetic::int_condition;
use super::facts;
use super::{Declared, entry_signature};
use crate::ir::entity::ValueId;
use crate::ir::function::{Block, ENTRY, IrFunction};
use crate::ir::instruction::{Op, Terminator};
use crate::ir::operator::CompareOp;

/// The test of a quick entry.
#[derive(Clone, Copy)]
enum Test {
    /// Of two small integers; with any other the full function goes on.
    Small(CompareOp, ValueId, ValueId),
    Same(ValueId, ValueId),
}

/// What a quick entry does.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    ir: &'a IrFunction,
    test: Test,
    /// Which outcome returns.
    outcome: bool,
    returned: ValueId,
}

/// The quick entry that a function wants, if it does.
pub fn leaf(ir: &IrFunction) -> Option<Leaf<'_>> {
    let entry = ir.block(ENTRY);
    let Some(Terminator::Branch(condition, then, otherwise)) = &entry.end else {
        return None;
    };
    let (last, before) = entry.insts.split_last()?;
    let test = match last.op {
        Op::Compare(op, a, b) => Test::Small(op.order()?, a, b),
        Op::SameWord(a, b) => Test::Same(a, b),
        _ => return None,
    };
    let only_constants = |block: &Block| block.insts.iter().all(|i| matches!(i.op, Op::Word(_)));
    let is_test =
        last.result == Some(*condition) && before.iter().all(|inst| matches!(inst.op, Op::Word(_)));
    let returns = |block: &Block| match block.end {
        Some(Terminator::Return(value)) if only_constants(block) => Some(value),
        _ => None,
    };
    let (then, otherwise) = (ir.block(then.block), ir.block(otherwise.block));
    let (outcome, returned) = match (returns(then), returns(otherwise)) {
        (Some(value), None) => (true, value),
        (None, Some(value)) => (false, value),
        _ => return None,
    };
    let leaf = Leaf {
        ir,
        test,
        outcome,
        returned,
    };
    (is_test && leaf.is_of_small_integers() && calls(ir)).then_some(leaf)
}

fn calls(ir: &IrFunction) -> bool {
    ir.blocks
        .iter()
        .flat_map(|block| &block.insts)
        .any(|inst| matches!(inst.op, Op::CallGlobal(..) | Op::Call(..)))
}

impl Leaf<'_> {
    /// The comparison of small integers that decides, if it is one.
    pub(crate) fn small_test(&self) -> Option<(CompareOp, ValueId, ValueId)> {
        match self.test {
            Test::Small(op, a, b) => Some((op, a, b)),
            Test::Same(..) => None,
        }
    }

    /// Is no constant of a comparison anything but a small integer?
    fn is_of_small_integers(&self) -> bool {
        let Some((_, a, b)) = self.small_test() else {
            return true;
        };
        let constants = facts::constants(self.ir);
        [a, b].into_iter().all(|value| {
            self.parameter(value).is_some()
                || facts::small_constant(constants[value.index()]).is_some()
        })
    }

    /// Which outcome of the test returns.
    pub(crate) fn returns_if(&self) -> bool {
        self.outcome
    }

    /// What is returned.
    pub(crate) fn returned(&self) -> ValueId {
        self.returned
    }

    /// Which argument a value is; a constant is none.
    pub(super) fn parameter(&self, value: ValueId) -> Option<usize> {
        let params = &self.ir.block(ENTRY).params[1..];
        params.iter().position(|param| *param == value)
    }

    /// Fills `clif` with the quick entry of the function declared so.
    pub fn translate(
        &self,
        module: &mut dyn Module,
        declared: Declared,
        clif: &mut Function,
        scratch: &mut FunctionBuilderContext,
    ) {
        clif.signature = entry_signature(self.ir.argument_count());
        let body = module.declare_func_in_func(declared.body, clif);
        let frontend = module.target_config();
        let mut builder = FunctionBuilder::new(clif, scratch);
        self.emit(&mut builder, body);
        builder.seal_all_blocks();
        builder.finalize(frontend);
    }

    fn emit(&self, builder: &mut FunctionBuilder<'_>, body: FuncRef) {
        let [entry, go_on, leave] = std::array::from_fn(|_| builder.create_block());
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let params = builder.block_params(entry).to_vec();
        let bit = match self.test {
            Test::Same(a, b) => {
                let (a, b) = (
                    self.word(builder, &params, a),
                    self.word(builder, &params, b),
                );
                builder.ins().icmp(IntCC::Equal, a, b)
            }
            Test::Small(op, a, b) => {
                let (a, b) = (
                    self.word(builder, &params, a),
                    self.word(builder, &params, b),
                );
                let both = builder.ins().bor(a, b);
                let tags = builder.ins().band_imm_s(both, 0b111);
                let small = builder.create_block();
                builder.ins().brif(tags, go_on, &[], small, &[]);
                builder.switch_to_block(small);
                builder.ins().icmp(int_condition(op), a, b)
            }
        };
        let (yes, no) = match self.outcome {
            true => (leave, go_on),
            false => (go_on, leave),
        };
        builder.ins().brif(bit, yes, &[], no, &[]);
        builder.switch_to_block(leave);
        let word = self.word(builder, &params, self.returned);
        builder.ins().return_(&[word]);
        builder.switch_to_block(go_on);
        builder.ins().return_call(body, &params);
    }

    fn word(&self, builder: &mut FunctionBuilder<'_>, params: &[Value], value: ValueId) -> Value {
        let constant = self
            .ir
            .blocks
            .iter()
            .flat_map(|block| &block.insts)
            .find_map(|inst| match inst.op {
                Op::Word(word) if inst.result == Some(value) => Some(word),
                _ => None,
            });
        match (self.parameter(value), constant) {
            (Some(index), _) => params[index + 2],
            (None, Some(word)) => builder.ins().iconst(types::I64, word as i64),
            (None, None) => unreachable!("only parameters and constants are at hand here"),
        }
    }
}
