//! Blocks to nested statements: which blocks are loops, which are written where they are jumped to,
//! which stand behind a labelled block that the jumps break out of.
//!
//! The way is that of Ramsey, "Beyond Relooper" (ICFP 2022): a walk over the dominator tree, in
//! which a block with several ways in gets a label in the block that dominates it.

use crate::ir::entity::BlockId;
use crate::ir::function::{ENTRY, IrFunction};
use crate::ir::instruction::Terminator;

/// See the module's head.
pub(super) struct Structure {
    /// Place in reverse postorder; none for what cannot be reached.
    order: Vec<Option<usize>>,
    merged: Vec<Vec<BlockId>>,
    is_merge: Vec<bool>,
    is_loop: Vec<bool>,
    /// The block that dominates each most closely.
    dominators: Vec<Option<BlockId>>,
    /// Blocks in reverse postorder.
    blocks: Vec<BlockId>,
}

/// Where a block leads, each way of failure by itself.
fn following(ir: &IrFunction, block: BlockId) -> Vec<BlockId> {
    let block = ir.block(block);
    let unwinds = block.insts.iter().filter_map(|inst| inst.unwind.as_ref());
    let handlers = unwinds.filter_map(|unwind| unwind.handler);
    let ends = block.end.iter().flat_map(Terminator::successors);
    handlers.chain(ends).collect()
}

/// Blocks in postorder, from the entry.
fn postorder(ir: &IrFunction) -> Vec<BlockId> {
    let mut seen = vec![false; ir.blocks.len()];
    let mut order = Vec::new();
    let mut open = vec![(ENTRY, following(ir, ENTRY))];
    seen[ENTRY.index()] = true;
    while let Some((block, left)) = open.last_mut() {
        match left.pop() {
            Some(next) if !seen[next.index()] => {
                seen[next.index()] = true;
                open.push((next, following(ir, next)));
            }
            Some(_) => {}
            None => {
                order.push(*block);
                open.pop();
            }
        }
    }
    order
}

/// The place of each block's immediate dominator, all by places in reverse postorder (Cooper,
/// Harvey, Kennedy).
fn dominators(predecessors: &[Vec<usize>]) -> Vec<usize> {
    let mut found: Vec<Option<usize>> = vec![None; predecessors.len()];
    found[0] = Some(0);
    let mut changed = true;
    while changed {
        changed = false;
        for block in 1..predecessors.len() {
            let known = predecessors[block].iter().copied();
            let known = known.filter(|before| found[*before].is_some());
            let new = known.reduce(|a, b| nearest(&found, a, b));
            if new != found[block] {
                found[block] = new;
                changed = true;
            }
        }
    }
    let found = found.into_iter();
    found.map(|place| place.unwrap_or_default()).collect()
}

fn nearest(found: &[Option<usize>], mut a: usize, mut b: usize) -> usize {
    while a != b {
        let later = if a > b { &mut a } else { &mut b };
        *later = found[*later].unwrap_or_default();
    }
    a
}

impl Structure {
    /// None if a loop can be entered in several places.
    pub(super) fn of(ir: &IrFunction) -> Option<Structure> {
        let blocks: Vec<BlockId> = postorder(ir).into_iter().rev().collect();
        let mut order = vec![None; ir.blocks.len()];
        for (place, block) in blocks.iter().enumerate() {
            order[block.index()] = Some(place);
        }
        let mut predecessors = vec![Vec::new(); blocks.len()];
        for (place, block) in blocks.iter().enumerate() {
            for next in following(ir, *block) {
                predecessors[order[next.index()]?].push(place);
            }
        }
        let dominators = dominators(&predecessors);
        let mut structure = Structure {
            order,
            merged: vec![Vec::new(); ir.blocks.len()],
            is_merge: vec![false; ir.blocks.len()],
            is_loop: vec![false; ir.blocks.len()],
            dominators: vec![None; ir.blocks.len()],
            blocks: blocks.clone(),
        };
        for (place, block) in blocks.iter().enumerate() {
            structure.dominators[block.index()] = Some(blocks[dominators[place]]);
            let before = |from: &&usize| **from < place;
            let forward = predecessors[place].iter().filter(before).count();
            for from in predecessors[place].iter().filter(|from| **from >= place) {
                if !dominates(&dominators, place, *from) {
                    return None;
                }
                structure.is_loop[block.index()] = true;
            }
            if forward > 1 {
                structure.is_merge[block.index()] = true;
                structure.merged[blocks[dominators[place]].index()].push(*block);
            }
        }
        Some(structure)
    }

    /// The blocks that need a label in this one, the innermost first: each comes before those that
    /// may follow it.
    pub(super) fn merged(&self, block: BlockId) -> &[BlockId] {
        &self.merged[block.index()]
    }

    /// Blocks that can be reached, each behind those that lead to it from above.
    pub(super) fn in_order(&self) -> &[BlockId] {
        &self.blocks
    }

    /// The block that every way to this one leads through last.
    pub(super) fn dominator(&self, block: BlockId) -> Option<BlockId> {
        self.dominators[block.index()]
    }

    /// Do several ways lead there from above?
    pub(super) fn is_merge(&self, block: BlockId) -> bool {
        self.is_merge[block.index()]
    }

    /// Does a way lead back there?
    pub(super) fn is_loop(&self, block: BlockId) -> bool {
        self.is_loop[block.index()]
    }

    /// Is a jump from one to the other one back?
    pub(super) fn is_back(&self, from: BlockId, to: BlockId) -> bool {
        self.order[to.index()] <= self.order[from.index()]
    }
}

fn dominates(dominators: &[usize], block: usize, mut other: usize) -> bool {
    while other > block {
        other = dominators[other];
    }
    other == block
}
