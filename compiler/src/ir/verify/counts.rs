//! Rule 6: follows how often each counted value is owned, block by block.

use std::collections::BTreeMap;

use super::Verifier;
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::ENTRY;
use crate::ir::instruction::{Inst, Mode, Op, Terminator, Unwind};

type Counts = BTreeMap<ValueId, i32>;

pub(super) fn check(verifier: &mut Verifier<'_>) {
    let mut at_entry: Vec<Option<Counts>> = vec![None; verifier.function.blocks.len()];
    let mut pending = vec![(ENTRY, Counts::new())];
    while let Some((id, incoming)) = pending.pop() {
        match &at_entry[id.index()] {
            Some(known) if *known == incoming => continue,
            Some(known) => {
                let text = format!("entered with {incoming:?} and with {known:?}");
                verifier.report(id, text);
                return;
            }
            None => at_entry[id.index()] = Some(incoming.clone()),
        }
        Walk {
            verifier,
            id,
            counts: incoming,
            pending: &mut pending,
        }
        .run();
        if !verifier.broken.is_empty() {
            return;
        }
    }
}

struct Walk<'a, 'b> {
    verifier: &'a mut Verifier<'b>,
    id: BlockId,
    counts: Counts,
    pending: &'a mut Vec<(BlockId, Counts)>,
}

impl Walk<'_, '_> {
    fn run(&mut self) {
        let function = self.verifier.function;
        let block = function.block(self.id);
        for param in &block.params {
            self.gain(*param);
        }
        for inst in &block.insts {
            self.inst(inst);
        }
        let Some(end) = &block.end else { return };
        for value in end.owned_operands() {
            self.lose(value);
        }
        match end {
            Terminator::Rethrow(_, unwind) => self.unwind(unwind),
            Terminator::Jump(_) | Terminator::Branch(..) => {
                for next in end.successors() {
                    self.pending.push((next, self.counts.clone()));
                }
            }
            Terminator::Return(_) | Terminator::TailCallGlobal(..) | Terminator::TailCall(..) => {
                self.expect_nothing()
            }
        }
    }

    fn inst(&mut self, inst: &Inst) {
        if let Op::Dup(value) = inst.op {
            let function = self.verifier.function;
            if function.is_counted(value) {
                self.gain(value);
            }
            return;
        }
        for (position, (value, mode)) in inst.op.operands().into_iter().enumerate() {
            let consumed = match mode {
                Mode::Owned => true,
                Mode::Borrowed => false,
                Mode::Flexible => inst.consumed & (1 << position) != 0,
            };
            if consumed {
                self.lose(value);
            } else {
                self.expect_owned(value);
            }
        }
        if let Some(unwind) = &inst.unwind {
            self.unwind(unwind);
        }
        if let Some(result) = inst.result {
            self.gain(result);
        }
    }

    fn unwind(&mut self, unwind: &Unwind) {
        let before = self.counts.clone();
        for value in &unwind.drops {
            self.lose(*value);
        }
        match unwind.handler {
            Some(handler) => self.pending.push((handler, self.counts.clone())),
            None => self.expect_nothing(),
        }
        self.counts = before;
    }

    fn gain(&mut self, value: ValueId) {
        if self.verifier.function.is_counted(value) {
            *self.counts.entry(value).or_insert(0) += 1;
        }
    }

    fn lose(&mut self, value: ValueId) {
        if !self.verifier.function.is_counted(value) {
            return;
        }
        match self.counts.get_mut(&value) {
            Some(1) => {
                self.counts.remove(&value);
            }
            Some(count) => *count -= 1,
            None => self
                .verifier
                .report(self.id, format!("{value} is consumed but not owned")),
        }
    }

    fn expect_owned(&mut self, value: ValueId) {
        if self.verifier.function.is_counted(value) && !self.counts.contains_key(&value) {
            self.verifier
                .report(self.id, format!("{value} is looked at but not owned"));
        }
    }

    fn expect_nothing(&mut self) {
        if !self.counts.is_empty() {
            let text = format!("left with {:?} still owned", self.counts);
            self.verifier.report(self.id, text);
        }
    }
}
