//! Threads jumps through blocks that only test what is handed to them (Muchnick, "Advanced Compiler
//! Design and Implementation", 1997, 18.11): where the outcome is known the jump goes on to where
//! the test leads, and where a truth value was made a word only for the test, the branch is taken
//! where it was made. What `and`, `or` and predicates of fused pipelines leave behind goes away.

use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{Block, ENTRY, IrFunction};
use crate::ir::graph::{
    branch_through, definitions, jump_to, predecessors, remove_unreachable, split_branch, uses,
};
use crate::ir::instruction::{Op, Terminator};
use batuta_runtime::value::{WORD_FALSE, WORD_NIL};

/// A block that does nothing but test its parameter.
struct Test {
    id: BlockId,
    then: BlockId,
    otherwise: BlockId,
}

/// What a way into a test turns out to be.
enum Verdict {
    /// The outcome is certain.
    Known(bool),
    /// It is that of this condition.
    Asks(ValueId),
}

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let mut changed = false;
    for id in function.block_ids() {
        if let Some(test) = test_of(function, id) {
            changed |= thread(function, &test);
        }
    }
    if changed {
        remove_unreachable(function);
    }
}

fn test_of(function: &IrFunction, id: BlockId) -> Option<Test> {
    let Block {
        params, insts, end, ..
    } = function.block(id);
    let ([param], [inst], Some(Terminator::Branch(condition, then, otherwise))) =
        (&params[..], &insts[..], end)
    else {
        return None;
    };
    let tests = id != ENTRY && inst.op == Op::Truthy(*param) && inst.result == Some(*condition);
    let uses = uses(function);
    (tests && uses[param.index()] == 1 && uses[condition.index()] == 1).then_some(Test {
        id,
        then: then.block,
        otherwise: otherwise.block,
    })
}

/// Gives whether any way goes past the test now.
fn thread(function: &mut IrFunction, test: &Test) -> bool {
    let predecessors = predecessors(function);
    let mut ways = Vec::new();
    for source in &predecessors[test.id.index()] {
        if let Some(Terminator::Jump(target)) = &function.block(*source).end
            && let Some(verdict) = verdict(function, &predecessors, *source, target.args[0])
        {
            ways.push((*source, verdict));
        }
    }
    if ways.is_empty() {
        return false;
    }
    split_branch(function, test.id);
    for (source, verdict) in ways {
        let end = match verdict {
            Verdict::Known(true) => jump_to(test.then),
            Verdict::Known(false) => jump_to(test.otherwise),
            Verdict::Asks(condition) => {
                branch_through(function, condition, test.then, test.otherwise)
            }
        };
        function.blocks[source.index()].end = Some(end);
    }
    true
}

fn verdict(
    function: &IrFunction,
    predecessors: &[Vec<BlockId>],
    at: BlockId,
    value: ValueId,
) -> Option<Verdict> {
    match definitions(function)[value.index()]? {
        Op::Word(word) => Some(Verdict::Known(*word != WORD_NIL && *word != WORD_FALSE)),
        Op::FromBool(condition) => Some(match outcome_at(function, predecessors, at, *condition) {
            Some(outcome) => Verdict::Known(outcome),
            None => Verdict::Asks(*condition),
        }),
        _ => None,
    }
}

/// The outcome of a condition that a branch on the only way here has asked.
fn outcome_at(
    function: &IrFunction,
    predecessors: &[Vec<BlockId>],
    mut at: BlockId,
    condition: ValueId,
) -> Option<bool> {
    while let [before] = predecessors[at.index()][..] {
        if let Some(Terminator::Branch(asked, then, _)) = &function.block(before).end
            && *asked == condition
        {
            return Some(then.block == at);
        }
        at = before;
    }
    None
}
