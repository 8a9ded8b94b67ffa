//! How large the integers of a plain function can become.
//!
//! Every integer has a range: of constants, arguments, sizes and of what is done with them. A
//! comparison that decides a branch says more of its operands in the blocks behind it, and so does an
//! index that was inside of an array. Ranges of loops are widened in steps until they hold.

use std::collections::HashMap;

use batuta_runtime::value::{SMALL_INT_MAX, SMALL_INT_MIN};

use super::plain_types::Plain;
use super::structure::Structure;
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{ENTRY, IrFunction};
use crate::ir::instruction::{Inst, Op, Terminator};
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

/// Least and greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    low: i128,
    high: i128,
}

const MACHINE: Range = Range {
    low: i64::MIN as i128,
    high: i64::MAX as i128,
};

/// What plain functions take: far enough from the ends for sums of two.
const ARGUMENT: Range = Range {
    low: -(1 << 62),
    high: (1 << 62) - 1,
};

/// What general functions have in a word.
const SMALL: Range = Range {
    low: SMALL_INT_MIN as i128,
    high: SMALL_INT_MAX as i128,
};

/// Sizes of arrays and what is an index of one.
const SIZE: Range = Range {
    low: 0,
    high: 1 << 48,
};

/// Where ranges that grow stop.
const STEPS: [i128; 7] = [
    0,
    1 << 16,
    1 << 32,
    1 << 48,
    1 << 60,
    1 << 62,
    i64::MAX as i128,
];

impl Range {
    fn only(value: i128) -> Range {
        Range {
            low: value,
            high: value,
        }
    }

    fn of(values: &[i128]) -> Range {
        let low = values.iter().copied().min().unwrap_or_default();
        let high = values.iter().copied().max().unwrap_or_default();
        Range { low, high }
    }

    fn with(self, other: Range) -> Range {
        Range {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// What is in both; this one if nothing is, on a way that is never taken.
    fn within(self, other: Range) -> Range {
        let both = Range {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        };
        if both.low <= both.high { both } else { self }
    }

    fn is_in(self, other: Range) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    /// At least as wide as both, at one of the places where ranges stop.
    fn widened(self, other: Range) -> Range {
        let all = self.with(other);
        let high = match all.high > self.high {
            true => STEPS.iter().copied().find(|step| *step >= all.high),
            false => Some(all.high),
        };
        let low = match all.low < self.low {
            true => STEPS
                .iter()
                .map(|step| -step - 1)
                .find(|step| *step <= all.low),
            false => Some(all.low),
        };
        Range {
            low: low.unwrap_or(MACHINE.low),
            high: high.unwrap_or(MACHINE.high),
        }
    }
}

type Known = HashMap<ValueId, Range>;

/// See the module's head.
pub(super) struct Ranges {
    /// By value; the results of sums and products before they are cut to the machine's size.
    ranges: Vec<Range>,
    /// What is known in addition at the start of each block.
    at_start: Vec<Known>,
}

impl Ranges {
    pub(super) fn of(ir: &IrFunction, types: &[Option<Plain>]) -> Ranges {
        let mut found = Ranges {
            ranges: vec![MACHINE; ir.values.len()],
            at_start: vec![Known::new(); ir.blocks.len()],
        };
        let Some(structure) = Structure::of(ir) else {
            return found;
        };
        let mut walk = Walk {
            ir,
            types,
            structure: &structure,
            seen: vec![None; ir.values.len()],
            at_end: vec![Known::new(); ir.blocks.len()],
        };
        for param in &ir.block(ENTRY).params {
            walk.seen[param.index()] = Some(ARGUMENT);
        }
        let order = structure.in_order();
        let mut before = Vec::new();
        while before != walk.seen {
            before.clone_from(&walk.seen);
            order.iter().for_each(|block| walk.block(*block));
        }
        for (range, seen) in found.ranges.iter_mut().zip(&walk.seen) {
            *range = seen.unwrap_or(MACHINE);
        }
        found.at_start = ir.block_ids().map(|id| walk.on_entry(id)).collect();
        found
    }

    /// Does the result of a sum or product fit the machine's integers?
    pub(super) fn fits(&self, value: ValueId) -> bool {
        self.ranges[value.index()].is_in(MACHINE)
    }

    /// Is the value never zero?
    pub(super) fn is_never_zero(&self, value: ValueId) -> bool {
        let range = self.ranges[value.index()];
        range.low > 0 || range.high < 0
    }

    /// Is it an integer that a plain function may be given, as known from the start of this block?
    pub(super) fn is_argument(&self, value: ValueId, block: BlockId) -> bool {
        let known = self.at_start[block.index()].get(&value);
        let range = self.ranges[value.index()];
        known
            .map_or(range, |known| range.within(*known))
            .is_in(ARGUMENT)
    }

    /// Is it a small integer of the general functions?
    pub(super) fn is_small(&self, value: ValueId) -> bool {
        self.ranges[value.index()].is_in(SMALL)
    }
}

struct Walk<'a> {
    ir: &'a IrFunction,
    types: &'a [Option<Plain>],
    structure: &'a Structure,
    /// By value; none as long as it was not reached.
    seen: Vec<Option<Range>>,
    at_end: Vec<Known>,
}

impl Walk<'_> {
    fn block(&mut self, id: BlockId) {
        let ir = self.ir;
        let mut known = self.on_entry(id);
        let block = ir.block(id);
        for inst in &block.insts {
            if let Some(result) = inst.result {
                let range = self.result(inst, &known);
                let before = self.seen[result.index()];
                self.seen[result.index()] = match (before, range) {
                    (Some(before), Some(range)) => Some(before.with(range)),
                    (before, range) => range.or(before),
                };
            }
            if let Op::ArrayGet(_, index) | Op::ArraySet(_, index, _) = &inst.op {
                self.learn(&mut known, *index, SIZE);
            }
        }
        self.at_end[id.index()] = known.clone();
        match &block.end {
            Some(Terminator::Jump(target)) => self.hand_over(id, target, &known),
            Some(Terminator::Branch(condition, then, otherwise)) => {
                for (target, outcome) in [(then, true), (otherwise, false)] {
                    let mut known = known.clone();
                    self.decided(id, *condition, outcome, &mut known);
                    self.hand_over(id, target, &known);
                }
            }
            Some(_) | None => {}
        }
    }

    /// What holds in a block from its start.
    fn on_entry(&mut self, id: BlockId) -> Known {
        if id == ENTRY {
            return Known::new();
        }
        let Some(before) = self.structure.dominator(id) else {
            return Known::new();
        };
        let mut known = self.at_end[before.index()].clone();
        if !self.structure.is_merge(id)
            && !self.structure.is_loop(id)
            && let Some(Terminator::Branch(condition, then, otherwise)) = &self.ir.block(before).end
            && then.block != otherwise.block
        {
            self.decided(before, *condition, then.block == id, &mut known);
        }
        known
    }

    fn learn(&self, known: &mut Known, value: ValueId, range: Range) {
        let now = self.range(value, known);
        known.insert(value, now.within(range));
    }

    fn range(&self, value: ValueId, known: &Known) -> Range {
        let seen = self.seen[value.index()].unwrap_or(MACHINE).within(MACHINE);
        known.get(&value).map_or(seen, |more| seen.within(*more))
    }

    /// What a comparison's outcome says of its operands.
    fn decided(&self, block: BlockId, condition: ValueId, outcome: bool, known: &mut Known) {
        let insts = &self.ir.block(block).insts;
        let Some(test) = insts.iter().find(|inst| inst.result == Some(condition)) else {
            return;
        };
        let (order, a, b) = match &test.op {
            Op::Compare(op, a, b) => match op.order() {
                Some(order) => (order, *a, *b),
                None => return,
            },
            Op::Equal(_, a, b) => (CompareOp::Eq, *a, *b),
            _ => return,
        };
        let is_integer = |value: ValueId| self.types[value.index()] == Some(Plain::I64);
        if !is_integer(a) || !is_integer(b) {
            return;
        }
        let (left, right) = (self.range(a, known), self.range(b, known));
        let below = |range: Range, by: i128| Range {
            low: MACHINE.low,
            high: range.high - by,
        };
        let above = |range: Range, by: i128| Range {
            low: range.low + by,
            high: MACHINE.high,
        };
        let order = match order {
            CompareOp::Zero => CompareOp::Eq,
            CompareOp::Pos => CompareOp::Gt,
            CompareOp::Neg => CompareOp::Lt,
            order => order,
        };
        let (of_a, of_b) = match (order, outcome) {
            (CompareOp::Lt, true) | (CompareOp::Ge, false) => (below(right, 1), above(left, 1)),
            (CompareOp::Le, true) | (CompareOp::Gt, false) => (below(right, 0), above(left, 0)),
            (CompareOp::Gt, true) | (CompareOp::Le, false) => (above(right, 1), below(left, 1)),
            (CompareOp::Ge, true) | (CompareOp::Lt, false) => (above(right, 0), below(left, 0)),
            (CompareOp::Eq, true) => (right, left),
            _ => return,
        };
        known.insert(a, left.within(of_a));
        known.insert(b, right.within(of_b));
    }

    fn hand_over(&mut self, from: BlockId, target: &crate::ir::instruction::Target, known: &Known) {
        let ir = self.ir;
        let is_back = self.structure.is_back(from, target.block);
        for (param, arg) in ir.block(target.block).params.iter().zip(&target.args) {
            if self.seen[arg.index()].is_none() {
                continue;
            }
            let range = self.range(*arg, known);
            let before = self.seen[param.index()];
            self.seen[param.index()] = Some(match before {
                None => range,
                Some(before) if is_back && !range.is_in(before) => before.widened(range),
                Some(before) => before.with(range),
            });
        }
    }

    /// The range of an integer result; none as long as an operand was not reached.
    fn result(&self, inst: &Inst, known: &Known) -> Option<Range> {
        let of = |value: ValueId| {
            self.seen[value.index()]?;
            Some(self.range(value, known))
        };
        Some(match &inst.op {
            Op::Word(word) if word & 0b111 == 0 => Range::only(i128::from(*word as i64 >> 3)),
            Op::ArrayLength(_) => SIZE,
            Op::Arith(op, a, b) => arithmetic(*op, of(*a)?, of(*b)?),
            Op::Unary(op, a) => match op {
                UnaryOp::Neg => {
                    let range = of(*a)?;
                    Range::of(&[-range.low, -range.high])
                }
                UnaryOp::Abs => {
                    let range = of(*a)?;
                    Range {
                        low: 0,
                        high: range.low.abs().max(range.high.abs()),
                    }
                }
                UnaryOp::ToLong => match self.types[a.index()] {
                    Some(Plain::I64) => of(*a)?,
                    _ => MACHINE,
                },
                _ => MACHINE,
            },
            _ => MACHINE,
        })
    }
}

fn arithmetic(op: ArithOp, a: Range, b: Range) -> Range {
    match op {
        ArithOp::Add => Range {
            low: a.low + b.low,
            high: a.high + b.high,
        },
        ArithOp::Sub => Range {
            low: a.low - b.high,
            high: a.high - b.low,
        },
        ArithOp::Mul => Range::of(&[
            a.low * b.low,
            a.low * b.high,
            a.high * b.low,
            a.high * b.high,
        ]),
        ArithOp::Quot if b.low > 0 => {
            let most = a.low.abs().max(a.high.abs()) / b.low;
            Range {
                low: if a.low < 0 { -most } else { 0 },
                high: if a.high > 0 { most } else { 0 },
            }
        }
        // Only the least integer by minus one does not fit.
        ArithOp::Quot if a.low > MACHINE.low || b.low > -1 || b.high < -1 => MACHINE,
        ArithOp::Quot => Range::only(1 << 64),
        ArithOp::Rem | ArithOp::Mod if b.low > 0 => Range {
            low: if op == ArithOp::Mod || a.low >= 0 {
                0
            } else {
                1 - b.high
            },
            high: b.high - 1,
        },
        ArithOp::BitAnd if a.low >= 0 || b.low >= 0 => Range {
            low: 0,
            high: match (a.low >= 0, b.low >= 0) {
                (true, true) => a.high.min(b.high),
                (true, false) => a.high,
                _ => b.high,
            },
        },
        ArithOp::Max => Range {
            low: a.low.max(b.low),
            high: a.high.max(b.high),
        },
        ArithOp::Min => Range {
            low: a.low.min(b.low),
            high: a.high.min(b.high),
        },
        ArithOp::ShiftLeft => Range::only(1 << 64),
        ArithOp::ShiftRight if a.low >= 0 => Range {
            low: 0,
            high: a.high,
        },
        _ => MACHINE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_grow_stop_somewhere() {
        let mut range = Range::only(0);
        for step in 0..100 {
            let next = arithmetic(ArithOp::Add, range, Range::only(1)).within(MACHINE);
            let wider = range.widened(next);
            if wider == range {
                assert!(step < 20);
                return;
            }
            range = wider;
        }
        panic!("it grows for ever");
    }

    #[test]
    fn sums_of_arguments_fit_and_products_may_not() {
        let sum = arithmetic(ArithOp::Add, ARGUMENT, ARGUMENT);
        assert!(sum.is_in(MACHINE));
        assert!(!arithmetic(ArithOp::Mul, ARGUMENT, ARGUMENT).is_in(MACHINE));
        let least = arithmetic(ArithOp::Quot, MACHINE, Range::only(-1));
        assert!(!least.is_in(MACHINE));
    }
}
