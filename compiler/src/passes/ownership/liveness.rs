//! Which counted values are needed at each point: backward data flow over blocks, where the
//! handler of an instruction that can fail is one of the places that come after it.

use std::collections::BTreeSet;

use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::IrFunction;

/// The counted values needed at the start of each block, its own parameters not among them.
pub(super) struct Liveness {
    entering: Vec<BTreeSet<ValueId>>,
}

impl Liveness {
    pub(super) fn of(function: &IrFunction) -> Liveness {
        let mut liveness = Liveness {
            entering: vec![BTreeSet::new(); function.blocks.len()],
        };
        let mut changed = true;
        while changed {
            changed = false;
            for block in function.block_ids().collect::<Vec<_>>().into_iter().rev() {
                let mut live = liveness.after_each(function, block).swap_remove(0);
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
    pub(super) fn entering(&self, block: BlockId) -> &BTreeSet<ValueId> {
        &self.entering[block.index()]
    }

    /// For each position in the block (0 = before the first instruction) what is needed there.
    pub(super) fn after_each(
        &self,
        function: &IrFunction,
        block: BlockId,
    ) -> Vec<BTreeSet<ValueId>> {
        let data = function.block(block);
        let mut live = BTreeSet::new();
        if let Some(end) = &data.end {
            for successor in end.successors() {
                live.extend(self.entering(successor).iter().copied());
            }
            live.extend(end.owned_operands());
            live.retain(|v| function.is_counted(*v));
        }
        if function.owns_self {
            live.insert(function.self_value());
        }
        let mut points = vec![live.clone()];
        for inst in data.insts.iter().rev() {
            if let Some(result) = inst.result {
                live.remove(&result);
            }
            if let Some(handler) = inst.unwind.as_ref().and_then(|unwind| unwind.handler) {
                live.extend(self.entering(handler).iter().copied());
            }
            let operands = inst.op.operands();
            live.extend(
                operands
                    .iter()
                    .map(|(v, _)| *v)
                    .filter(|v| function.is_counted(*v)),
            );
            points.push(live.clone());
        }
        points.reverse();
        points
    }
}
