//! The ways between the blocks of a function, and changes that keep it well formed.

use super::entity::{BlockId, ValueId};
use super::function::{Block, ENTRY, IrFunction};
use super::instruction::{Op, Target, Terminator};

/// For each block the ends that lead to it: the blocks they belong to, one entry a way. Ways of
/// failures are not among them.
pub fn predecessors(function: &IrFunction) -> Vec<Vec<BlockId>> {
    let mut predecessors = vec![Vec::new(); function.blocks.len()];
    for id in function.block_ids() {
        if let Some(end) = &function.block(id).end {
            for next in end.successors() {
                predecessors[next.index()].push(id);
            }
        }
    }
    predecessors
}

/// The instruction's operation that defines each value; none for parameters.
pub fn definitions(function: &IrFunction) -> Vec<Option<&Op>> {
    let mut definitions = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Some(result) = inst.result {
            definitions[result.index()] = Some(&inst.op);
        }
    }
    definitions
}

/// How often each value is used.
pub fn uses(function: &IrFunction) -> Vec<usize> {
    let mut uses = vec![0; function.values.len()];
    for block in &function.blocks {
        for inst in &block.insts {
            for (value, _) in inst.op.operands() {
                uses[value.index()] += 1;
            }
        }
        if let Some(end) = &block.end {
            end.used().iter().for_each(|v| uses[v.index()] += 1);
        }
    }
    uses
}

/// Blocks in an order in which each comes behind one that leads to it; the entry first. What cannot
/// be reached is not among them.
pub fn reachable(function: &IrFunction) -> Vec<BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let (mut order, mut pending) = (Vec::new(), vec![ENTRY]);
    while let Some(id) = pending.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        order.push(id);
        pending.extend(following(function.block(id)));
    }
    order
}

/// Which blocks can be reached from themselves without a failure (Kosaraju's components: blocks in
/// the order in which a walk leaves them, then backwards from the last).
pub fn in_loops(function: &IrFunction) -> Vec<bool> {
    let mut left = Vec::new();
    let mut seen = vec![false; function.blocks.len()];
    let mut pending = vec![(ENTRY, false)];
    while let Some((id, is_left)) = pending.pop() {
        if is_left {
            left.push(id);
        } else if !std::mem::replace(&mut seen[id.index()], true) {
            pending.push((id, true));
            let next = following(function.block(id)).into_iter();
            pending.extend(next.map(|next| (next, false)));
        }
    }
    let predecessors = predecessors(function);
    let mut component: Vec<Option<BlockId>> = vec![None; function.blocks.len()];
    let mut is_in_loop = vec![false; function.blocks.len()];
    for root in left.into_iter().rev() {
        let mut pending = vec![root];
        while let Some(id) = pending.pop() {
            if seen[id.index()] && component[id.index()].is_none() {
                component[id.index()] = Some(root);
                pending.extend(&predecessors[id.index()]);
            }
            if component[id.index()] == Some(root) && id != root {
                is_in_loop[id.index()] = true;
                is_in_loop[root.index()] = true;
            }
        }
        is_in_loop[root.index()] |= predecessors[root.index()].contains(&root);
    }
    is_in_loop
}

/// Where a block leads, its failures included.
pub fn following(block: &Block) -> Vec<BlockId> {
    let handlers = block
        .insts
        .iter()
        .filter_map(|inst| inst.unwind.as_ref()?.handler);
    let ends = block.end.iter().flat_map(Terminator::successors);
    handlers.chain(ends).collect()
}

/// Values to be replaced by others.
pub struct Replacements(Vec<ValueId>);

impl Replacements {
    /// None yet.
    pub fn of(function: &IrFunction) -> Replacements {
        Replacements((0..function.values.len() as u32).map(ValueId).collect())
    }

    /// From now on `by` stands for `value`.
    pub fn replace(&mut self, value: ValueId, by: ValueId) {
        self.0[value.index()] = self.get(by);
    }

    /// What stands for the value.
    pub fn get(&self, mut value: ValueId) -> ValueId {
        while self.0[value.index()] != value {
            value = self.0[value.index()];
        }
        value
    }

    /// Makes the replacements.
    pub fn apply(&self, function: &mut IrFunction) {
        for block in &mut function.blocks {
            for inst in &mut block.insts {
                inst.op.for_each_operand(|value| *value = self.get(*value));
            }
            if let Some(end) = &mut block.end {
                end.for_each_operand(|value| *value = self.get(*value));
            }
        }
    }
}

/// Gives each side of a branch a block of its own that only goes on to where it led.
pub fn split_branch(function: &mut IrFunction, id: BlockId) {
    let Some(Terminator::Branch(condition, then, otherwise)) = &function.block(id).end else {
        return;
    };
    let (condition, then, otherwise) = (*condition, then.block, otherwise.block);
    let branch = branch_through(function, condition, then, otherwise);
    function.blocks[id.index()].end = Some(branch);
}

/// A branch to two blocks that may be reached from elsewhere too.
pub fn branch_through(
    function: &mut IrFunction,
    condition: ValueId,
    then: BlockId,
    otherwise: BlockId,
) -> Terminator {
    let mut through = |block: BlockId| {
        let is_rare = function.block(block).is_rare;
        function.blocks.push(Block {
            end: Some(jump_to(block)),
            is_rare,
            ..Block::default()
        });
        Target {
            block: BlockId(function.blocks.len() as u32 - 1),
            args: Vec::new(),
        }
    };
    let (then, otherwise) = (through(then), through(otherwise));
    Terminator::Branch(condition, then, otherwise)
}

/// A jump to a block without parameters.
pub fn jump_to(block: BlockId) -> Terminator {
    Terminator::Jump(Target {
        block,
        args: Vec::new(),
    })
}

/// Takes away the blocks that nothing leads to; the others keep their order.
pub fn remove_unreachable(function: &mut IrFunction) {
    let mut order = reachable(function);
    if order.len() == function.blocks.len() {
        return;
    }
    order.sort_unstable();
    let mut places = vec![ENTRY; function.blocks.len()];
    for (place, id) in order.iter().enumerate() {
        places[id.index()] = BlockId(place as u32);
    }
    let mut blocks = std::mem::take(&mut function.blocks);
    function.blocks = order
        .iter()
        .map(|id| std::mem::take(&mut blocks[id.index()]))
        .collect();
    for block in &mut function.blocks {
        for inst in &mut block.insts {
            for handler in inst
                .unwind
                .iter_mut()
                .flat_map(|unwind| &mut unwind.handler)
            {
                *handler = places[handler.index()];
            }
        }
        if let Some(end) = &mut block.end {
            end.for_each_block(|block| *block = places[block.index()]);
        }
    }
}
