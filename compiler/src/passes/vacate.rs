//! A closure that may name itself keeps what it has captured until it is left: on a way where it
//! must give itself back (`receive` returns a matcher that refuses a message), the captured values
//! are wanted in it. Where a way parts from those, the closure gives them up, if nobody else has it,
//! so that the values the function has taken out of it have one owner and change in place.
//!
//! A closure that never names itself needs no such place: it moves captured values out.

use std::collections::HashSet;

use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{Block, IrFunction};
use crate::ir::graph::{following, predecessors};
use crate::ir::instruction::{Inst, Mode, Op, RuntimeEntry};

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    if !function.owns_self {
        return;
    }
    let own = function.self_value();
    let naming = leading_to(function, |block| names(block, own));
    if !naming.contains(&true) {
        return;
    }
    let capturing = leading_to(function, |block| !captured(block).is_empty());
    let captured: HashSet<ValueId> = function.blocks.iter().flat_map(captured).collect();
    let changing = leading_to(function, |block| hands_over(block, &captured));
    let predecessors = predecessors(function);
    let places: Vec<BlockId> = function
        .block_ids()
        .filter(|id| {
            let (at, block) = (id.index(), function.block(*id));
            let parts = predecessors[at].iter().any(|it| naming[it.index()]);
            parts && !naming[at] && !capturing[at] && changing[at] && !block.is_handler
        })
        .collect();
    for place in places {
        let inst = Inst {
            op: Op::Runtime(RuntimeEntry::Vacate, vec![own]),
            result: None,
            unwind: None,
            consumed: 0,
            place: 0,
        };
        function.blocks[place.index()].insts.insert(0, inst);
    }
}

fn names(block: &Block, own: ValueId) -> bool {
    let mut insts = block.insts.iter();
    insts.any(|inst| inst.op.operands().iter().any(|(value, _)| *value == own))
        || block.end.iter().any(|end| end.used().contains(&own))
}

fn captured(block: &Block) -> Vec<ValueId> {
    let captures = |inst: &Inst| matches!(inst.op, Op::Capture(_)).then_some(inst.result);
    block.insts.iter().filter_map(captures).flatten().collect()
}

/// Does a call in the block get a captured value for its own?
fn hands_over(block: &Block, captured: &HashSet<ValueId>) -> bool {
    block.insts.iter().any(|inst| {
        let operands = inst.op.operands();
        let is_call = matches!(inst.op, Op::CallGlobal(..) | Op::Call(..) | Op::Change(..));
        is_call
            && operands
                .iter()
                .any(|(value, mode)| *mode == Mode::Owned && captured.contains(value))
    })
}

/// The blocks that are such, or lead to one that is.
fn leading_to(function: &IrFunction, is_such: impl Fn(&Block) -> bool) -> Vec<bool> {
    let mut leads: Vec<bool> = function.blocks.iter().map(is_such).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for id in function.block_ids().rev() {
            let mut next = following(function.block(id)).into_iter();
            if !leads[id.index()] && next.any(|next| leads[next.index()]) {
                leads[id.index()] = true;
                changed = true;
            }
        }
    }
    leads
}
