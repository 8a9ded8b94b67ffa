//! The rules of the IR, checked after lowering and after each pass in test builds.
//!
//! 1. Every block has an end.
//! 2. A value is defined once, and on every way before it is used.
//! 3. A jump hands over as many values as the block has parameters; a branch hands over none, and
//!    its two blocks are reached from nowhere else, so that counts can be settled on its edges.
//! 4. Conditions are of type `Bool`; nothing else takes a `Bool` but `not` and `from_bool`.
//! 5. An instruction that can fail has an unwind, others have none; handlers are handler blocks,
//!    begin with `catch`, and are reached by failures only.
//! 6. After the ownership pass every counted value is consumed exactly once on every way.

mod counts;

use super::entity::{BlockId, ValueId};
use super::function::{ENTRY, IrFunction};
use super::instruction::{Inst, Op, Target, Terminator, Type};

/// A rule that does not hold, with the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{function}, {block}: {text}")]
pub struct Broken {
    /// Name of the function.
    pub function: String,
    /// The block.
    pub block: BlockId,
    /// What is wrong.
    pub text: String,
}

/// How far the function has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rules 1 to 5.
    Lowered,
    /// All rules.
    Owned,
}

/// Checks a function.
///
/// # Errors
/// Every rule found broken.
pub fn verify(function: &IrFunction, stage: Stage) -> Result<(), Vec<Broken>> {
    let mut verifier = Verifier {
        function,
        broken: Vec::new(),
    };
    verifier.run();
    if verifier.broken.is_empty() && stage == Stage::Owned {
        counts::check(&mut verifier);
    }
    if verifier.broken.is_empty() {
        Ok(())
    } else {
        Err(verifier.broken)
    }
}

struct Verifier<'a> {
    function: &'a IrFunction,
    broken: Vec<Broken>,
}

impl Verifier<'_> {
    fn report(&mut self, block: BlockId, text: impl Into<String>) {
        let function = self.function.name.clone();
        self.broken.push(Broken {
            function,
            block,
            text: text.into(),
        });
    }

    fn run(&mut self) {
        let function = self.function;
        let mut sources = vec![0usize; function.blocks.len()];
        for id in function.block_ids() {
            let Some(end) = &function.block(id).end else {
                self.report(id, "the block has no end");
                continue;
            };
            end.successors()
                .iter()
                .for_each(|next| sources[next.index()] += 1);
            self.end(id, end);
        }
        for id in function.block_ids() {
            if let Some(Terminator::Branch(_, then, otherwise)) = &function.block(id).end
                && (sources[then.block.index()] != 1 || sources[otherwise.block.index()] != 1)
            {
                self.report(id, "a branch shares a block with another way");
            }
            for inst in &function.block(id).insts {
                self.inst(id, inst);
            }
        }
        if self.broken.is_empty() {
            self.definitions();
        }
    }

    fn target(&mut self, id: BlockId, target: &Target, hands_over: bool) {
        let params = self.function.block(target.block).params.len();
        if target.args.len() != params {
            let text = format!("{} values for {params} parameters", target.args.len());
            self.report(id, text);
        }
        if !hands_over && params > 0 {
            self.report(id, "a branch hands over values");
        }
        if self.function.block(target.block).is_handler {
            self.report(id, "a jump to a handler block");
        }
    }

    fn end(&mut self, id: BlockId, end: &Terminator) {
        match end {
            Terminator::Jump(target) => self.target(id, target, true),
            Terminator::Branch(condition, then, otherwise) => {
                self.expect_bool(id, *condition, true);
                self.target(id, then, false);
                self.target(id, otherwise, false);
            }
            Terminator::Return(_)
            | Terminator::TailCallGlobal(..)
            | Terminator::TailCall(..)
            | Terminator::Rethrow(..) => {}
        }
        for value in end.owned_operands() {
            self.expect_bool(id, value, false);
        }
    }

    fn expect_bool(&mut self, id: BlockId, value: ValueId, wanted: bool) {
        if (self.function.type_of(value) == Type::Bool) != wanted {
            let kind = if wanted { "is not a Bool" } else { "is a Bool" };
            self.report(id, format!("{value} {kind}"));
        }
    }

    fn inst(&mut self, id: BlockId, inst: &Inst) {
        let takes_bool = matches!(inst.op, Op::Not(_) | Op::FromBool(_));
        for (value, _) in inst.op.operands() {
            self.expect_bool(id, value, takes_bool);
        }
        if inst.op.can_fail() != inst.unwind.is_some() {
            self.report(
                id,
                format!("{:?} and its unwind do not go together", inst.op),
            );
        }
        if let Some(handler) = inst.unwind.as_ref().and_then(|unwind| unwind.handler) {
            let block = self.function.block(handler);
            let catches = block.insts.iter().any(|inst| inst.op == Op::CatchTake);
            if !block.is_handler || !catches {
                self.report(id, format!("{handler} is no handler"));
            }
        }
    }

    /// Rule 2, by forward data flow: what is defined on every way to a block.
    fn definitions(&mut self) {
        let function = self.function;
        let mut at_entry: Vec<Option<Defined>> = vec![None; function.blocks.len()];
        let mut pending = vec![(ENTRY, Defined::none_of(function))];
        while let Some((id, incoming)) = pending.pop() {
            let mut defined = match &mut at_entry[id.index()] {
                Some(known) => {
                    if !known.keep_common(&incoming) {
                        continue;
                    }
                    known.clone()
                }
                unknown => unknown.insert(incoming).clone(),
            };
            let block = function.block(id);
            defined.extend(block.params.iter().copied());
            for inst in &block.insts {
                if let Some(handler) = inst.unwind.as_ref().and_then(|unwind| unwind.handler) {
                    pending.push((handler, defined.clone()));
                }
                defined.extend(inst.result);
            }
            if let Some(end) = &block.end {
                pending.extend(end.successors().into_iter().map(|s| (s, defined.clone())));
            }
        }
        for id in function.block_ids() {
            if let Some(defined) = at_entry[id.index()].take() {
                self.uses(id, defined);
            }
        }
    }

    fn uses(&mut self, id: BlockId, mut defined: Defined) {
        let block = self.function.block(id);
        defined.extend(block.params.iter().copied());
        for inst in &block.insts {
            for (value, _) in inst.op.operands() {
                if !defined.contains(value) {
                    self.report(id, format!("{value} is used before it is defined"));
                }
            }
            if let Some(result) = inst.result
                && !defined.insert(result)
            {
                self.report(id, format!("{result} is defined twice"));
            }
        }
        for value in block.end.iter().flat_map(Terminator::used) {
            if !defined.contains(value) {
                self.report(id, format!("{value} is used before it is defined"));
            }
        }
    }
}

/// A set of values, a bit each: a function may have thousands.
#[derive(Clone)]
struct Defined(Vec<u64>);

impl Defined {
    fn none_of(function: &IrFunction) -> Defined {
        Defined(vec![0; function.values.len().div_ceil(64)])
    }

    /// Gives whether the value is new.
    fn insert(&mut self, value: ValueId) -> bool {
        let (word, bit) = (&mut self.0[value.index() / 64], 1 << (value.index() % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn extend(&mut self, values: impl IntoIterator<Item = ValueId>) {
        for value in values {
            self.insert(value);
        }
    }

    fn contains(&self, value: ValueId) -> bool {
        self.0[value.index() / 64] & 1 << (value.index() % 64) != 0
    }

    /// Keeps what the other has too; gives whether anything went.
    fn keep_common(&mut self, other: &Defined) -> bool {
        let mut changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            changed |= *word & !other != 0;
            *word &= other;
        }
        changed
    }
}
