//! Makes ownership explicit: `dup` where a value is consumed but still needed, `drop` where it is
//! needed no more (Reinking, Xie, de Moura, Leijen: "Perceus", PLDI 2021, on a graph of blocks).
//!
//! Before the pass every value may be used any number of times. After it, on every way through the
//! function, each counted value is consumed exactly once, the ways of failures included: they give
//! back what their `Unwind` lists. `self` of a closure lives until the function is left, since it
//! keeps the code alive.

use std::collections::BTreeSet;

use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{Block, ENTRY, IrFunction};
use crate::ir::instruction::{Inst, Mode, Op, Terminator, Type, Unwind};
use crate::ir::liveness::Liveness;

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let liveness = Liveness::of(function, |value| function.is_counted(value));
    for block in function.block_ids() {
        let rewritten = BlockPass::new(function, &liveness, block).run();
        function.blocks[block.index()] = rewritten;
    }
    drop_on_edges(function, &liveness);
}

struct BlockPass<'a> {
    function: &'a IrFunction,
    liveness: &'a Liveness,
    id: BlockId,
    insts: Vec<Inst>,
}

impl<'a> BlockPass<'a> {
    fn new(function: &'a IrFunction, liveness: &'a Liveness, id: BlockId) -> BlockPass<'a> {
        BlockPass {
            function,
            liveness,
            id,
            insts: Vec::new(),
        }
    }

    fn run(mut self) -> Block {
        let block = self.function.block(self.id);
        let live_after = self.liveness.at_each(self.function, self.id);
        let mut owned: BTreeSet<ValueId> = self.entering(block);
        self.drop_dead(&mut owned, live_after.first(), 0);
        for (index, inst) in block.insts.iter().enumerate() {
            self.inst(inst.clone(), &mut owned, &live_after[index + 1]);
        }
        let end = self.terminator(block, &mut owned);
        Block {
            params: block.params.clone(),
            insts: self.insts,
            end: Some(end),
            is_handler: block.is_handler,
            is_rare: block.is_rare,
        }
    }

    /// What the block owns when it is entered.
    fn entering(&self, block: &Block) -> BTreeSet<ValueId> {
        let mut owned = self.liveness.entering(self.id).clone();
        owned.extend(
            block
                .params
                .iter()
                .copied()
                .filter(|v| self.function.is_counted(*v)),
        );
        owned
    }

    /// Gives back what is owned and not needed after this point.
    fn drop_dead(
        &mut self,
        owned: &mut BTreeSet<ValueId>,
        live: Option<&BTreeSet<ValueId>>,
        place: u32,
    ) {
        let Some(live) = live else { return };
        let dead: Vec<ValueId> = owned.difference(live).copied().collect();
        for value in dead {
            owned.remove(&value);
            self.push(Op::Drop(value), place);
        }
    }

    fn push(&mut self, op: Op, place: u32) {
        self.insts.push(Inst {
            op,
            result: None,
            unwind: None,
            consumed: 0,
            place,
        });
    }

    fn inst(
        &mut self,
        mut inst: Inst,
        owned: &mut BTreeSet<ValueId>,
        live_after: &BTreeSet<ValueId>,
    ) {
        let place = inst.place;
        let operands = inst.op.operands();
        let handler = inst.unwind.as_ref().and_then(|unwind| unwind.handler);
        for (position, (value, mode)) in operands.iter().enumerate() {
            let needed_later = live_after.contains(value)
                || handler.is_some_and(|h| self.liveness.entering(h).contains(value))
                || operands[position + 1..]
                    .iter()
                    .any(|(other, _)| other == value);
            match mode {
                Mode::Borrowed => {}
                Mode::Owned => self.consume(*value, needed_later, owned, place),
                Mode::Flexible => {
                    if self.function.is_counted(*value) && !needed_later {
                        owned.remove(value);
                        inst.consumed |= 1 << position;
                    }
                }
            }
        }
        if let Some(unwind) = &mut inst.unwind {
            unwind.drops = self.unwinding(unwind, owned);
        }
        let result = inst.result;
        self.insts.push(inst);
        if let Some(result) = result.filter(|r| self.function.is_counted(*r)) {
            owned.insert(result);
        }
        self.drop_dead(owned, Some(live_after), place);
    }

    /// Hands a value over: the last time it moves, before that it is counted once more.
    fn consume(
        &mut self,
        value: ValueId,
        needed_later: bool,
        owned: &mut BTreeSet<ValueId>,
        place: u32,
    ) {
        let data = &self.function.values[value.index()];
        let foreign = !self.function.is_counted(value);
        if data.kind != Type::Any || (foreign && !data.is_foreign) {
            return;
        }
        if foreign || needed_later {
            self.push(Op::Dup(value), place);
        } else {
            owned.remove(&value);
        }
    }

    fn unwinding(&self, unwind: &Unwind, owned: &BTreeSet<ValueId>) -> Vec<ValueId> {
        match unwind.handler {
            None => owned.iter().copied().collect(),
            Some(handler) => owned
                .difference(self.liveness.entering(handler))
                .copied()
                .collect(),
        }
    }

    fn terminator(&mut self, block: &Block, owned: &mut BTreeSet<ValueId>) -> Terminator {
        let mut end = block
            .end
            .clone()
            .expect("every block the lowering makes is ended");
        let operands = end.owned_operands();
        let needed: BTreeSet<ValueId> = end
            .successors()
            .iter()
            .flat_map(|successor| self.liveness.entering(*successor))
            .copied()
            .collect();
        for (position, value) in operands.iter().enumerate() {
            let again = operands[position + 1..].contains(value);
            self.consume(*value, again || needed.contains(value), owned, 0);
        }
        match &mut end {
            Terminator::Rethrow(_, unwind) => unwind.drops = self.unwinding(unwind, owned),
            Terminator::Return(_) | Terminator::TailCallGlobal(..) | Terminator::TailCall(..) => {
                self.drop_dead(owned, Some(&BTreeSet::new()), 0)
            }
            Terminator::Jump(_) | Terminator::Branch(..) => {
                self.drop_dead(owned, Some(&needed), 0);
            }
        }
        end
    }
}

/// A value needed on one side of a branch only is given back at the start of the other side.
fn drop_on_edges(function: &mut IrFunction, liveness: &Liveness) {
    for block in function.block_ids() {
        let Some(Terminator::Branch(_, then, otherwise)) = &function.block(block).end else {
            continue;
        };
        let sides = [then.block, otherwise.block];
        let needed: BTreeSet<ValueId> = sides
            .iter()
            .flat_map(|side| liveness.entering(*side))
            .copied()
            .collect();
        for side in sides {
            let surplus: Vec<ValueId> = needed
                .difference(liveness.entering(side))
                .copied()
                .collect();
            let drops = surplus.into_iter().map(|value| Inst {
                op: Op::Drop(value),
                result: None,
                unwind: None,
                consumed: 0,
                place: 0,
            });
            function.blocks[side.index()].insts.splice(0..0, drops);
        }
    }
    debug_assert!(function.block(ENTRY).end.is_some());
}
