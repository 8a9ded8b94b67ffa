//! Takes away what nobody needs: instructions without effect whose result is unused, parameters of
//! blocks that are unused, and the borders between blocks that always follow each other.

use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{ENTRY, IrFunction};
use crate::ir::graph::{Replacements, predecessors, remove_unreachable, uses};
use crate::ir::instruction::{Op, Terminator};

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    join_blocks(function);
    while remove_instructions(function) | remove_parameters(function) {}
}

/// Appends a block to the only one that leads to it.
fn join_blocks(function: &mut IrFunction) {
    let predecessors = predecessors(function);
    let mut replacements = Replacements::of(function);
    let mut joined = false;
    for id in function.block_ids() {
        while let Some(next) = follower(function, &predecessors, id) {
            let Some(Terminator::Jump(target)) = function.blocks[id.index()].end.take() else {
                unreachable!("a follower is reached by a jump");
            };
            let rest = std::mem::take(&mut function.blocks[next.index()]);
            for (param, arg) in rest.params.iter().zip(&target.args) {
                replacements.replace(*param, *arg);
            }
            let block = &mut function.blocks[id.index()];
            block.insts.extend(rest.insts);
            block.end = rest.end;
            joined = true;
        }
    }
    if joined {
        replacements.apply(function);
        remove_unreachable(function);
    }
}

/// The block that always follows this one and comes from nowhere else.
fn follower(function: &IrFunction, predecessors: &[Vec<BlockId>], id: BlockId) -> Option<BlockId> {
    let block = function.block(id);
    let Some(Terminator::Jump(target)) = &block.end else {
        return None;
    };
    let next = function.block(target.block);
    let is_own = predecessors[target.block.index()].len() == 1
        && target.block != ENTRY
        && target.block != id
        && !next.is_handler
        && next.end.is_some();
    (is_own && (block.is_rare || !next.is_rare)).then_some(target.block)
}

fn remove_instructions(function: &mut IrFunction) -> bool {
    let uses = uses(function);
    let mut removed = false;
    for block in &mut function.blocks {
        let before = block.insts.len();
        block.insts.retain(|inst| {
            let is_used = inst.result.is_none_or(|result| uses[result.index()] > 0);
            is_used || !is_pure(&inst.op)
        });
        removed |= block.insts.len() < before;
    }
    removed
}

/// Has it no effect but its result?
fn is_pure(op: &Op) -> bool {
    match op {
        Op::Word(_)
        | Op::Literal(_)
        | Op::Truthy(_)
        | Op::Not(_)
        | Op::FromBool(_)
        | Op::SameWord(..)
        | Op::VarHolds(..)
        | Op::MakeClosure(..) => true,
        Op::Runtime(entry, _) => entry.is_pure(),
        _ => false,
    }
}

fn remove_parameters(function: &mut IrFunction) -> bool {
    let uses = uses(function);
    let is_unused = |value: &ValueId| uses[value.index()] == 0;
    let mut unused: Vec<Vec<bool>> = Vec::new();
    for id in function.block_ids() {
        let params = function.block(id).params.iter();
        unused.push(match id {
            ENTRY => vec![false; params.len()],
            _ => params.map(is_unused).collect(),
        });
    }
    if !unused.iter().flatten().any(|unused| *unused) {
        return false;
    }
    for (block, unused) in function.blocks.iter_mut().zip(&unused) {
        keep_used(&mut block.params, unused);
    }
    for block in &mut function.blocks {
        if let Some(Terminator::Jump(target)) = &mut block.end {
            keep_used(&mut target.args, &unused[target.block.index()]);
        }
    }
    true
}

fn keep_used(values: &mut Vec<ValueId>, unused: &[bool]) {
    let mut unused = unused.iter();
    values.retain(|_| !unused.next().is_some_and(|unused| *unused));
}
