//! Common subexpressions: what a block on every way here has computed is not computed again
//! (dominator-based value numbering; Briggs, Cooper, Simpson, "Value Numbering", 1997).
//!
//! Numbers never change, so arithmetic is among it: an operation that did not fail once does not
//! fail again. What looks at anything that can change, or makes something with an identity, is not.

use std::collections::HashMap;

use crate::ir::entity::{BlockId, LiteralId, ValueId};
use crate::ir::function::{ENTRY, IrFunction};
use crate::ir::graph::{Replacements, predecessors, reachable};
use crate::ir::instruction::Op;
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

/// An operation with its operands: equal keys, equal results.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Word(u64),
    Literal(LiteralId),
    Arith(ArithOp, ValueId, ValueId),
    Unary(UnaryOp, ValueId),
    Compare(CompareOp, ValueId, ValueId),
    SameWord(ValueId, ValueId),
    Truthy(ValueId),
    Not(ValueId),
    FromBool(ValueId),
}

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let above = only_ways(function);
    let mut numbering = Numbering {
        replacements: Replacements::of(function),
        known: vec![HashMap::new(); function.blocks.len()],
        above,
        found: false,
    };
    for id in reachable(function) {
        numbering.block(function, id);
    }
    if numbering.found {
        numbering.remove(function);
    }
}

/// For each block the one that only leads to it, if there is one: what that block has computed is
/// there. (The tree of dominators without its joins: a join forgets what was computed before it.)
fn only_ways(function: &IrFunction) -> Vec<Option<BlockId>> {
    let predecessors = predecessors(function);
    function
        .block_ids()
        .map(|id| match predecessors[id.index()][..] {
            [only] if id != ENTRY && !function.block(id).is_handler => Some(only),
            _ => None,
        })
        .collect()
}

struct Numbering {
    replacements: Replacements,
    known: Vec<HashMap<Key, ValueId>>,
    above: Vec<Option<BlockId>>,
    found: bool,
}

impl Numbering {
    fn block(&mut self, function: &IrFunction, id: BlockId) {
        for inst in &function.block(id).insts {
            let (Some(result), Some(key)) = (inst.result, self.key(&inst.op)) else {
                continue;
            };
            match self.find(id, &key) {
                Some(earlier) => {
                    self.replacements.replace(result, earlier);
                    self.found = true;
                }
                None => {
                    self.known[id.index()].insert(key, result);
                }
            }
        }
    }

    fn find(&self, id: BlockId, key: &Key) -> Option<ValueId> {
        let mut at = Some(id);
        while let Some(block) = at {
            if let Some(value) = self.known[block.index()].get(key) {
                return Some(*value);
            }
            at = self.above[block.index()];
        }
        None
    }

    fn key(&self, op: &Op) -> Option<Key> {
        let of = |value: ValueId| self.replacements.get(value);
        Some(match *op {
            Op::Word(word) => Key::Word(word),
            Op::Literal(literal) => Key::Literal(literal),
            Op::Arith(op, a, b) => Key::Arith(op, of(a), of(b)),
            Op::Unary(op, a) => Key::Unary(op, of(a)),
            Op::Compare(op, a, b) => Key::Compare(op, of(a), of(b)),
            Op::SameWord(a, b) => Key::SameWord(of(a), of(b)),
            Op::Truthy(a) => Key::Truthy(of(a)),
            Op::Not(a) => Key::Not(of(a)),
            Op::FromBool(a) => Key::FromBool(of(a)),
            _ => return None,
        })
    }

    /// Takes the later ones away.
    fn remove(&self, function: &mut IrFunction) {
        for block in &mut function.blocks {
            block.insts.retain(|inst| {
                inst.result
                    .is_none_or(|result| self.replacements.get(result) == result)
            });
        }
        self.replacements.apply(function);
    }
}
