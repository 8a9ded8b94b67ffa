//! Which values are needed at each point: backward data flow over blocks, where the handler of an
//! instruction that can fail is one of the places that come after it.

use std::collections::BTreeSet;

use super::entity::{BlockId, ValueId};
use super::function::IrFunction;
use super::instruction::Terminator;

/// The values needed at the start of each block, its own parameters not among them.
pub struct Liveness {
    entering: Vec<BTreeSet<ValueId>>,
    /// Is it asked for this value?
    matters: Vec<bool>,
}

impl Liveness {
    /// Of the values that matter.
    pub fn of(function: &IrFunction, matters: impl Fn(ValueId) -> bool) -> Liveness {
        let values = (0..function.values.len() as u32).map(ValueId);
        let mut liveness = Liveness {
            entering: vec![BTreeSet::new(); function.blocks.len()],
            matters: values.map(matters).collect(),
        };
        let mut changed = true;
        while changed {
            changed = false;
            for block in function.block_ids().rev() {
                let mut live = liveness.walk(function, block, |_| {});
                for param in &function.block(block).params {
                    live.remove(param);
                }
                if live != liveness.entering[block.index()] {
                    liveness.entering[block.index()] = live;
                    changed = true;
                }
            }
        }
        liveness
    }

    /// Values needed when the block is entered, besides its parameters.
    pub fn entering(&self, block: BlockId) -> &BTreeSet<ValueId> {
        &self.entering[block.index()]
    }

    /// For each position in the block (0 = before the first instruction) what is needed there.
    pub fn at_each(&self, function: &IrFunction, block: BlockId) -> Vec<BTreeSet<ValueId>> {
        let mut points = Vec::new();
        self.walk(function, block, |live| points.push(live.clone()));
        points.reverse();
        points
    }

    /// Walks a block backwards, shows what is needed at each position, and gives what is needed at
    /// the first.
    fn walk(
        &self,
        function: &IrFunction,
        block: BlockId,
        mut show: impl FnMut(&BTreeSet<ValueId>),
    ) -> BTreeSet<ValueId> {
        let data = function.block(block);
        let mut live = BTreeSet::new();
        if let Some(end) = &data.end {
            for successor in end.successors() {
                live.extend(self.entering(successor));
            }
            self.add(&mut live, end.used());
            if let Terminator::Rethrow(_, unwind) = end {
                self.add(&mut live, unwind.drops.iter().copied());
            }
        }
        if function.owns_self {
            live.insert(function.self_value());
        }
        show(&live);
        for inst in data.insts.iter().rev() {
            if let Some(result) = inst.result {
                live.remove(&result);
            }
            if let Some(unwind) = &inst.unwind {
                self.add(&mut live, unwind.drops.iter().copied());
                if let Some(handler) = unwind.handler {
                    live.extend(self.entering(handler));
                }
            }
            self.add(
                &mut live,
                inst.op.operands().iter().map(|(value, _)| *value),
            );
            show(&live);
        }
        live
    }

    fn add(&self, live: &mut BTreeSet<ValueId>, values: impl IntoIterator<Item = ValueId>) {
        let values = values.into_iter();
        live.extend(values.filter(|value| self.matters[value.index()]));
    }
}
