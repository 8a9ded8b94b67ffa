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

/// What a value is made of, as far as it matters to a test.
#[derive(Clone, Copy)]
enum Origin {
    Word(u64),
    Condition(ValueId),
    Other,
}

/// What stays the same while ways are changed.
struct Values {
    origins: Vec<Origin>,
    uses: Vec<usize>,
}

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    let origin = |definition: &Option<&Op>| match definition {
        Some(Op::Word(word)) => Origin::Word(*word),
        Some(Op::FromBool(condition)) => Origin::Condition(*condition),
        _ => Origin::Other,
    };
    let values = Values {
        origins: definitions(function).iter().map(origin).collect(),
        uses: uses(function),
    };
    let mut changed = false;
    for id in function.block_ids() {
        if let Some(test) = test_of(function, &values, id) {
            changed |= thread(function, &values, &test);
        }
    }
    if changed {
        remove_unreachable(function);
    }
}

fn test_of(function: &IrFunction, values: &Values, id: BlockId) -> Option<Test> {
    let Block {
        params, insts, end, ..
    } = function.block(id);
    let ([param], [inst], Some(Terminator::Branch(condition, then, otherwise))) =
        (&params[..], &insts[..], end)
    else {
        return None;
    };
    let tests = id != ENTRY && inst.op == Op::Truthy(*param) && inst.result == Some(*condition);
    let is_used_here_only = |value: &ValueId| values.uses[value.index()] == 1;
    (tests && is_used_here_only(param) && is_used_here_only(condition)).then_some(Test {
        id,
        then: then.block,
        otherwise: otherwise.block,
    })
}

/// Gives whether any way goes past the test now.
fn thread(function: &mut IrFunction, values: &Values, test: &Test) -> bool {
    let predecessors = predecessors(function);
    let mut ways = Vec::new();
    for source in &predecessors[test.id.index()] {
        if let Some(Terminator::Jump(target)) = &function.block(*source).end
            && let Some(verdict) = verdict(
                function,
                &predecessors,
                *source,
                values.origins[target.args[0].index()],
            )
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
    handed: Origin,
) -> Option<Verdict> {
    match handed {
        Origin::Word(word) => Some(Verdict::Known(word != WORD_NIL && word != WORD_FALSE)),
        Origin::Condition(condition) => {
            Some(match outcome_at(function, predecessors, at, condition) {
                Some(outcome) => Verdict::Known(outcome),
                None => Verdict::Asks(condition),
            })
        }
        Origin::Other => None,
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
