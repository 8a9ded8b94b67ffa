//! Globals that are only looked at are not counted.
//!
//! What a store to a var replaces is released only after every worker has passed a scheduling point.
//! So the value of a var lives on, counted or not, until the function may be suspended: at a call, a
//! poll, or where a look into a collection may ask the program. A value whose uses all lie before that
//! point in its block, the last perhaps at it, is taken as a literal is: who wants it for good counts
//! it then.

use crate::ir::entity::ValueId;
use crate::ir::function::{Block, IrFunction};
use crate::ir::graph::uses;
use crate::ir::instruction::Op;

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let uses = uses(function);
    let mut borrowed = Vec::new();
    for block in &function.blocks {
        for (at, inst) in block.insts.iter().enumerate() {
            if let (Op::GlobalGet(_), Some(value)) = (&inst.op, inst.result)
                && are_before_a_stop(block, at, value, uses[value.index()])
            {
                borrowed.push(value);
            }
        }
    }
    for value in borrowed {
        function.values[value.index()].is_foreign = true;
    }
}

/// Do so many uses of the value follow in the block before the function may be suspended?
fn are_before_a_stop(block: &Block, at: usize, value: ValueId, mut uses: usize) -> bool {
    for inst in &block.insts[at + 1..] {
        let operands = inst.op.operands();
        uses -= operands.iter().filter(|(it, _)| *it == value).count();
        if uses == 0 {
            return true;
        }
        if may_stop(&inst.op) {
            return false;
        }
    }
    false
}

/// May another actor run before what comes next?
fn may_stop(op: &Op) -> bool {
    match op {
        Op::Word(_)
        | Op::Literal(_)
        | Op::Capture(_)
        | Op::GlobalGet(_)
        | Op::Arith(..)
        | Op::Unary(..)
        | Op::Compare(..)
        | Op::ArrayGet(..)
        | Op::ArrayLength(_)
        | Op::Truthy(_)
        | Op::Not(_)
        | Op::FromBool(_)
        | Op::SameWord(..)
        | Op::VarHolds(..)
        | Op::MakeClosure(..) => false,
        Op::Runtime(entry, _) => !entry.is_pure(),
        _ => true,
    }
}
