//! What is known of a value on one way through a function.

use std::collections::BTreeMap;

use batuta_runtime::collections::array::Element;
use batuta_runtime::value::{TAG_INT, WORD_FALSE, WORD_TRUE};

use super::Translator;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::{IrFunction, Literal};
use crate::ir::instruction::{Op, Type};
use crate::ir::operator::CompareOp;

/// Something known. Each but `Array` says that the word, if there is one, is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// The word is a small integer.
    Small(Range),
    /// The word is an inline float, and the unboxed float is at hand.
    Float,
    /// Only the unboxed float is at hand.
    Unboxed,
    /// The word is an array's of 64-bit integers or floats; its place is at hand.
    Array(Element),
    /// The word is that of true or of false.
    Truth(bool),
    /// The `Bool` is this one.
    Always(bool),
    /// Of the function itself: its var holds it, and nothing has run since that was seen.
    Current,
}

impl Fact {
    /// Is the word not counted?
    pub(super) fn is_uncounted(&self) -> bool {
        !matches!(self, Fact::Array(_))
    }

    /// The fact of a block's parameter that gets a value with this one. Coarser than the value's,
    /// so that the turns of a loop share a version.
    pub(super) fn handed_over(self, is_constant: bool) -> Fact {
        match self {
            Fact::Small(_) if is_constant => Fact::Small(Range::default()),
            Fact::Small(range) => Fact::Small(range.coarse()),
            Fact::Float
            | Fact::Unboxed
            | Fact::Array(_)
            | Fact::Truth(_)
            | Fact::Always(_)
            | Fact::Current => self,
        }
    }
}

/// All that is known, by value.
pub(super) type Facts = BTreeMap<ValueId, Fact>;

/// What both know.
pub(super) fn common(one: &Facts, other: &Facts) -> Facts {
    let both = one.iter().filter_map(|(value, fact)| {
        let fact = match (*fact, *other.get(value)?) {
            (Fact::Small(a), Fact::Small(b)) => Fact::Small(a.either(b)),
            (Fact::Float, Fact::Unboxed) | (Fact::Unboxed, Fact::Float) => Fact::Unboxed,
            (a, b) if a == b => a,
            _ => return None,
        };
        Some((*value, fact))
    });
    both.collect()
}

/// How far a small integer is from the ends of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Range {
    /// From the least one.
    pub low: Slack,
    /// From the greatest one.
    pub high: Slack,
}

/// A distance from an end of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Slack {
    /// Perhaps none.
    #[default]
    Nothing,
    /// At least one.
    One,
    /// More than any [`is_modest`] constant.
    Much,
}

/// Is this integer so near to zero that [`Slack::Much`] covers it?
pub(super) fn is_modest(integer: i64) -> bool {
    integer.unsigned_abs() < 1 << 32
}

impl Range {
    /// Of a constant, or of a size.
    pub(super) const MIDDLE: Range = Range {
        low: Slack::Much,
        high: Slack::Much,
    };

    /// Of a value that is one of two.
    pub(super) fn either(self, other: Range) -> Range {
        Range {
            low: self.low.min(other.low),
            high: self.high.min(other.high),
        }
    }

    fn coarse(self) -> Range {
        let coarse = |slack| match slack {
            Slack::Much => Slack::Much,
            Slack::One | Slack::Nothing => Slack::Nothing,
        };
        Range {
            low: coarse(self.low),
            high: coarse(self.high),
        }
    }

    /// Does the sum with this constant stay small?
    pub(super) fn allows(self, step: i64) -> bool {
        let slack = if step < 0 { self.low } else { self.high };
        step == 0 || slack >= needed(step)
    }

    /// The range of the sum with a constant, once it is known to be small.
    pub(super) fn moved(self, step: i64) -> Range {
        match step {
            0 => self,
            1.. => Range {
                low: self.low.max(Slack::One),
                high: Slack::Nothing,
            },
            _ => Range {
                low: Slack::Nothing,
                high: self.high.max(Slack::One),
            },
        }
    }
}

fn needed(step: i64) -> Slack {
    if step.unsigned_abs() == 1 {
        Slack::One
    } else {
        Slack::Much
    }
}

/// A value that is the same at every place.
#[derive(Clone, Copy)]
pub(super) enum Constant {
    /// A word that is no pointer.
    Word(u64),
    /// A float whose word is an immortal box.
    Float(f64, LiteralId),
}

/// The constant that a value is, if it is one, for every value.
pub(super) fn constants(ir: &IrFunction) -> Vec<Option<Constant>> {
    let mut constants = vec![None; ir.values.len()];
    for inst in ir.blocks.iter().flat_map(|block| &block.insts) {
        let Some(result) = inst.result else { continue };
        constants[result.index()] = match &inst.op {
            Op::Word(word) => Some(Constant::Word(*word)),
            Op::Literal(id) => {
                immortal_float(&ir.literals[id.index()]).map(|float| Constant::Float(float, *id))
            }
            _ => None,
        };
    }
    constants
}

/// The float of a literal that is one and is never counted.
fn immortal_float(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Value(value) if literal.kind() == Type::Immediate => value.as_float(),
        _ => None,
    }
}

/// Does the function name a float? Otherwise an operation with a constant integer is expected to
/// be one of integers.
pub(super) fn names_float(constants: &[Option<Constant>]) -> bool {
    constants.iter().flatten().any(|constant| match constant {
        Constant::Float(..) => true,
        Constant::Word(word) => (word ^ 0b100) & 0b110 == 0,
    })
}

/// A small integer's constant word.
pub(super) fn small_constant(constant: Option<Constant>) -> Option<i64> {
    match constant {
        Some(Constant::Word(word)) if word & 0b111 == TAG_INT => Some(word as i64 >> 3),
        _ => None,
    }
}

impl Translator<'_> {
    /// The fact of a value, constants included.
    pub(super) fn fact(&self, value: ValueId) -> Option<Fact> {
        let constant = self.constants[value.index()];
        match constant {
            Some(Constant::Float(..)) => Some(Fact::Unboxed),
            Some(Constant::Word(word)) if word & 0b111 == TAG_INT => {
                let range = if is_modest(word as i64 >> 3) {
                    Range::MIDDLE
                } else {
                    Range::default()
                };
                Some(Fact::Small(range))
            }
            Some(Constant::Word(WORD_TRUE)) => Some(Fact::Truth(true)),
            Some(Constant::Word(WORD_FALSE)) => Some(Fact::Truth(false)),
            Some(Constant::Word(word)) if (word ^ 0b100) & 0b110 == 0 => Some(Fact::Float),
            Some(Constant::Word(_)) => None,
            None => self.facts.get(&value).copied(),
        }
    }

    /// The fact of a value that says what kind of number it is.
    pub(super) fn number_fact(&self, value: ValueId) -> Option<Fact> {
        self.fact(value)
            .filter(|fact| matches!(fact, Fact::Small(_) | Fact::Float | Fact::Unboxed))
    }

    /// What a comparison of small integers with this outcome tells of its operands.
    pub(super) fn learn(&mut self, op: CompareOp, a: ValueId, b: ValueId, outcome: bool) {
        match (op, outcome) {
            (CompareOp::Lt, true) | (CompareOp::Ge, false) => self.learn_less(a, b, true),
            (CompareOp::Gt, true) | (CompareOp::Le, false) => self.learn_less(b, a, true),
            (CompareOp::Le, true) | (CompareOp::Gt, false) => self.learn_less(a, b, false),
            (CompareOp::Ge, true) | (CompareOp::Lt, false) => self.learn_less(b, a, false),
            (CompareOp::Eq, true) => {
                self.learn_less(a, b, false);
                self.learn_less(b, a, false);
            }
            (CompareOp::Eq, false) => {}
            (
                CompareOp::Zero
                | CompareOp::Pos
                | CompareOp::Neg
                | CompareOp::Even
                | CompareOp::Odd,
                _,
            ) => {}
        }
    }

    fn learn_less(&mut self, less: ValueId, greater: ValueId, strictly: bool) {
        let one = if strictly { Slack::One } else { Slack::Nothing };
        let slack = |other: Option<Constant>| match small_constant(other) {
            Some(constant) if is_modest(constant) => Slack::Much,
            _ => one,
        };
        let high = slack(self.constants[greater.index()]);
        let low = slack(self.constants[less.index()]);
        if let Some(Fact::Small(range)) = self.facts.get_mut(&less) {
            range.high = range.high.max(high);
        }
        if let Some(Fact::Small(range)) = self.facts.get_mut(&greater) {
            range.low = range.low.max(low);
        }
    }
}
