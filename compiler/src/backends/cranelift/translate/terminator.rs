//! Ends of blocks: where a way goes on, and what it hands over.

use cranelift_codegen::ir::InstBuilder;

use batuta_runtime::context;

use super::Translator;
use super::facts::Fact;
use super::versions::Point;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::instruction::Terminator;

impl Translator<'_> {
    pub(super) fn terminator(&mut self, end: &Terminator) {
        match end {
            Terminator::Jump(target) => self.jump_with(target.block, &target.args),
            Terminator::Branch(condition, then, otherwise) => {
                if let Some(Fact::Always(outcome)) = self.facts.get(condition) {
                    let taken = if *outcome { then } else { otherwise };
                    return self.jump_to(Point::start(taken.block));
                }
                let is_guard = self.is_own_guard(*condition);
                let condition = self.get(*condition);
                let otherwise = self.branch_target(Point::start(otherwise.block));
                if is_guard {
                    self.facts.insert(self.ir.self_value(), Fact::Current);
                }
                let then = self.branch_target(Point::start(then.block));
                self.builder
                    .ins()
                    .brif(condition, then, &[], otherwise, &[]);
            }
            Terminator::Return(value) => {
                let value = self.get(*value);
                self.builder.ins().return_(&[value]);
            }
            Terminator::TailCallGlobal(var, args) => self.tail_call_global(*var, args),
            Terminator::TailCall(callee, args) => self.tail_call_value(*callee, args),
            Terminator::Rethrow(failure, unwind) => {
                let failure = self.get(*failure);
                let sentinel = self.call_rust(&symbols::rethrow(), &[self.context(), failure]);
                self.store_context(sentinel, context::RESULT_OFFSET);
                self.unwind(unwind);
            }
        }
    }

    /// Hands values over to the parameters of a block, with what is known of them.
    fn jump_with(&mut self, block: BlockId, args: &[ValueId]) {
        let point = Point::start(block);
        let handed: Vec<_> = args
            .iter()
            .zip(&self.ir.block(block).params)
            .map(|(arg, param)| {
                let fact = self
                    .fact(*arg)
                    .filter(|_| self.versions.is_needed(*param, point));
                let float = match fact {
                    Some(Fact::Float | Fact::Unboxed) => Some(self.float_of(*arg)),
                    _ => None,
                };
                let place = match fact {
                    Some(Fact::Array(_)) => Some(self.place_of(*arg)),
                    _ => None,
                };
                let word = (fact != Some(Fact::Unboxed)).then(|| self.get(*arg));
                let is_constant = self.constants[arg.index()].is_some();
                (
                    *param,
                    fact.map(|fact| fact.handed_over(is_constant)),
                    float,
                    place,
                    word,
                )
            })
            .collect();
        for (param, fact, float, place, word) in handed {
            if let Some(place) = place {
                self.hand_place_over(place, param);
            }
            if let Some(float) = float {
                self.define_float(param, float);
            }
            if let Some(word) = word {
                self.define(param, word);
            }
            match fact {
                Some(fact) => self.facts.insert(param, fact),
                None => self.facts.remove(&param),
            };
        }
        self.jump_to(point);
    }
}
