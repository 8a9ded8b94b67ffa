//! Folds what is known while compiling: operations on constants, truth values that were made words
//! only to be tested, branches whose outcome is certain.
//!
//! Only what gives the same without a failure is folded: a sum that leaves the small integers, a
//! division by zero and the like stay as they are. To fold another operation: [`Folding::op`].

use batuta_runtime::number;
use batuta_runtime::value::{Value, WORD_FALSE, WORD_NIL, WORD_TRUE};

use crate::ir::entity::ValueId;
use crate::ir::function::IrFunction;
use crate::ir::graph::{Replacements, definitions, remove_unreachable};
use crate::ir::instruction::{Op, Terminator, Type};
use crate::ir::operator::{ArithOp, CompareOp};

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Known {
    /// Its word.
    Word(u64),
    /// The truth value.
    Bool(bool),
}

/// What an operation turns out to be.
enum Folded {
    /// Always this.
    Known(Known),
    /// Another value.
    Same(ValueId),
}

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let mut folding = Folding {
        known: vec![None; function.values.len()],
        replacements: Replacements::of(function),
    };
    folding.values(function);
    folding.rewrite(function);
    branches(function, &folding);
    remove_unreachable(function);
}

struct Folding {
    known: Vec<Option<Known>>,
    replacements: Replacements,
}

impl Folding {
    fn values(&mut self, function: &IrFunction) {
        let definitions = definitions(function);
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            let Some(result) = inst.result else { continue };
            match self.op(&inst.op, &definitions) {
                Some(Folded::Known(known)) => self.known[result.index()] = Some(known),
                Some(Folded::Same(value)) => self.replacements.replace(result, value),
                None => {}
            }
        }
    }

    fn op(&self, op: &Op, definitions: &[Option<&Op>]) -> Option<Folded> {
        let of = |value: ValueId| self.known[self.replacements.get(value).index()];
        let definition = |value: ValueId| definitions[self.replacements.get(value).index()];
        let known = match *op {
            Op::Word(word) => Known::Word(word),
            Op::Truthy(value) => match (of(value), definition(value)) {
                (Some(Known::Word(word)), _) => Known::Bool(word != WORD_NIL && word != WORD_FALSE),
                (_, Some(Op::FromBool(test))) => return Some(Folded::Same(*test)),
                _ => return None,
            },
            Op::Not(test) => match (of(test), definition(test)) {
                (Some(Known::Bool(outcome)), _) => Known::Bool(!outcome),
                (_, Some(Op::Not(inner))) => return Some(Folded::Same(*inner)),
                _ => return None,
            },
            Op::FromBool(test) => match of(test)? {
                Known::Bool(outcome) => Known::Word(word_of(outcome)),
                Known::Word(_) => return None,
            },
            Op::SameWord(a, b) => match (of(a), of(b)) {
                _ if a == b => Known::Bool(true),
                (Some(a), Some(b)) => Known::Bool(a == b),
                _ => return None,
            },
            Op::Arith(op, a, b) => Known::Word(arithmetic(op, small(of(a)?)?, small(of(b)?)?)?),
            Op::Compare(op, a, b) => Known::Bool(compare(op, small(of(a)?)?, small(of(b)?)?)),
            _ => return None,
        };
        Some(Folded::Known(known))
    }

    /// Puts constants in place of operations that give them.
    fn rewrite(&self, function: &mut IrFunction) {
        self.replacements.apply(function);
        for inst in function
            .blocks
            .iter_mut()
            .flat_map(|block| &mut block.insts)
        {
            let known = inst.result.and_then(|result| self.known[result.index()]);
            if let Some(Known::Word(word)) = known {
                inst.op = Op::Word(word);
                inst.unwind = None;
                if let Some(result) = inst.result {
                    function.values[result.index()].kind = Type::Immediate;
                }
            }
        }
    }
}

/// Branches that always go the same way become jumps.
fn branches(function: &mut IrFunction, folding: &Folding) {
    for block in &mut function.blocks {
        let Some(Terminator::Branch(condition, then, otherwise)) = &block.end else {
            continue;
        };
        if let Some(Known::Bool(outcome)) = folding.known[condition.index()] {
            let taken = if outcome { then } else { otherwise };
            block.end = Some(Terminator::Jump(taken.clone()));
        }
    }
}

fn word_of(outcome: bool) -> u64 {
    if outcome { WORD_TRUE } else { WORD_FALSE }
}

/// A small integer.
fn small(known: Known) -> Option<i64> {
    match known {
        Known::Word(word) if word & 0b111 == batuta_runtime::value::TAG_INT => {
            Some(word as i64 >> 3)
        }
        _ => None,
    }
}

/// The word of the result, if it is small again.
fn arithmetic(op: ArithOp, a: i64, b: i64) -> Option<u64> {
    let result = match op {
        ArithOp::Add => a.checked_add(b)?,
        ArithOp::Sub => a.checked_sub(b)?,
        ArithOp::Mul => a.checked_mul(b)?,
        ArithOp::BitAnd => a & b,
        ArithOp::BitOr => a | b,
        ArithOp::BitXor => a ^ b,
        ArithOp::Max => a.max(b),
        ArithOp::Min => a.min(b),
        ArithOp::Div
        | ArithOp::Quot
        | ArithOp::Rem
        | ArithOp::Mod
        | ArithOp::ShiftLeft
        | ArithOp::ShiftRight => return None,
    };
    let value: Value = number::int(result);
    value.as_small_int().map(|_| value.word())
}

fn compare(op: CompareOp, a: i64, b: i64) -> bool {
    match op {
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
        CompareOp::Eq => a == b,
        CompareOp::Zero => a == 0,
        CompareOp::Pos => a > 0,
        CompareOp::Neg => a < 0,
        CompareOp::Even => a & 1 == 0,
        CompareOp::Odd => a & 1 == 1,
    }
}
