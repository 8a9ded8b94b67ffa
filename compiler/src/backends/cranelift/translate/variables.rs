//! Which of Cranelift's variables holds a value. What Cranelift keeps grows with the product of
//! variables and blocks, so values that are never needed at the same time share a *home*: the
//! variables of a word, a truth value, a float and an array's place.
//!
//! Invariant: where a value is defined, no other value that is needed before or behind that point
//! has its home. (Colouring in the order of dominance, as the interference graph of a program in
//! SSA form is chordal: Hack, Grund, Goos: "Register Allocation for Programs in SSA-Form", 2006.)

use std::collections::BTreeSet;

use cranelift_codegen::ir::{Type, types};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::array::Place;
use crate::ir::entity::ValueId;
use crate::ir::function::IrFunction;
use crate::ir::graph::reachable;

/// What is needed at each point: by block, then by position.
pub(super) type Needed = [Vec<BTreeSet<ValueId>>];

#[derive(Clone, Default)]
struct Home {
    word: Option<Variable>,
    truth: Option<Variable>,
    float: Option<Variable>,
    place: Option<Place>,
}

/// The homes of a function's values.
pub(super) struct Variables {
    of_value: Vec<usize>,
    homes: Vec<Home>,
}

impl Variables {
    /// Gives every value a home.
    pub(super) fn of(ir: &IrFunction, needed: &Needed) -> Variables {
        let mut variables = Variables {
            of_value: vec![0; ir.values.len()],
            homes: vec![Home::default()],
        };
        for id in reachable(ir) {
            let block = ir.block(id);
            let points = &needed[id.index()];
            let mut settled: BTreeSet<ValueId> = points[0].clone();
            for param in &block.params {
                settled.remove(param);
            }
            settled.insert(ir.self_value());
            for param in &block.params {
                variables.settle(*param, settled.iter());
                settled.insert(*param);
            }
            for (index, inst) in block.insts.iter().enumerate() {
                let Some(result) = inst.result else { continue };
                let around = points[index].iter().chain(&points[index + 1]);
                let own = [ir.self_value()];
                variables.settle(result, around.filter(|v| **v != result).chain(&own));
            }
        }
        debug_assert!(variables.keep_apart(needed), "two needed values share");
        variables
    }

    /// Have values that are needed at the same point homes of their own?
    fn keep_apart(&self, needed: &Needed) -> bool {
        needed.iter().flatten().all(|live| {
            let homes: BTreeSet<usize> = live.iter().map(|v| self.of_value[v.index()]).collect();
            homes.len() == live.len()
        })
    }

    /// Gives a value the first home that none of the others has.
    fn settle<'v>(&mut self, value: ValueId, others: impl Iterator<Item = &'v ValueId>) {
        let mut taken = vec![false; self.homes.len()];
        for other in others.filter(|other| **other != value) {
            taken[self.of_value[other.index()]] = true;
        }
        let home = taken.iter().position(|taken| !taken);
        self.of_value[value.index()] = home.unwrap_or_else(|| {
            self.homes.push(Home::default());
            self.homes.len() - 1
        });
    }

    fn home(&mut self, value: ValueId) -> &mut Home {
        &mut self.homes[self.of_value[value.index()]]
    }

    /// The variable of the value's word.
    pub(super) fn word(&mut self, value: ValueId, builder: &mut FunctionBuilder<'_>) -> Variable {
        declared(&mut self.home(value).word, types::I64, builder)
    }

    /// The variable of a `Bool`.
    pub(super) fn truth(&mut self, value: ValueId, builder: &mut FunctionBuilder<'_>) -> Variable {
        declared(&mut self.home(value).truth, types::I8, builder)
    }

    /// The variable of the value's unboxed float.
    pub(super) fn float(&mut self, value: ValueId, builder: &mut FunctionBuilder<'_>) -> Variable {
        declared(&mut self.home(value).float, types::F64, builder)
    }

    /// The variables of where an array's elements are.
    pub(super) fn place(&mut self, value: ValueId, builder: &mut FunctionBuilder<'_>) -> Place {
        *self.home(value).place.get_or_insert_with(|| Place {
            words: builder.declare_var(types::I64),
            len: builder.declare_var(types::I64),
        })
    }
}

fn declared(
    variable: &mut Option<Variable>,
    kind: Type,
    builder: &mut FunctionBuilder<'_>,
) -> Variable {
    *variable.get_or_insert_with(|| builder.declare_var(kind))
}

#[cfg(test)]
mod tests {
    use batuta_lang::source::Span;

    use super::*;
    use crate::ir::builder::Builder;
    use crate::ir::instruction::{Op, Terminator};
    use crate::ir::liveness::Liveness;

    /// A function that asks its argument a thousand questions, each with values of its own.
    fn many_clauses() -> IrFunction {
        let mut builder = Builder::new("many".to_owned(), false, 1, Span::NONE);
        let asked = builder.function().blocks[0].params[1];
        for number in 0..1000 {
            let key = builder.word(number << 3);
            let is_it = builder.value(Op::SameWord(asked, key));
            let (then, otherwise) = (builder.add_block(), builder.add_block());
            builder.branch(is_it, then, otherwise);
            builder.switch_to(then);
            let answer = builder.word((number + 1) << 3);
            builder.end(Terminator::Return(answer));
            builder.switch_to(otherwise);
        }
        builder.end(Terminator::Return(asked));
        builder.finish()
    }

    #[test]
    fn values_of_clauses_share_homes() {
        let ir = many_clauses();
        let liveness = Liveness::of(&ir, |_| true);
        let needed: Vec<_> = ir.block_ids().map(|id| liveness.at_each(&ir, id)).collect();
        let variables = Variables::of(&ir, &needed);
        assert!(variables.keep_apart(&needed));
        assert!(variables.homes.len() <= 4, "{}", variables.homes.len());
    }
}
