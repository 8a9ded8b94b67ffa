//! Inlines a small function once into itself: the body of a recursion then serves two levels a
//! call, and what is known of an argument is known in the copy.
//!
//! A call through a var stays undoable: the copy runs while the var holds the function it was
//! copied from, otherwise the call is made as it was. A failure in the copy is traced as if the
//! call had been made.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ir::entity::{BlockId, LiteralId, ValueId};
use crate::ir::function::{Block, ENTRY, Inlined, IrFunction, Place};
use crate::ir::instruction::{Inst, Op, Target, Terminator, Type, Unwind};

/// Instructions that a function may have to be inlined.
const SMALL: usize = 24;

/// See the module's head.
pub fn run(function: &mut IrFunction) {
    if !is_inlinable(function) {
        return;
    }
    let body = function.clone();
    for id in body.block_ids() {
        let calls = own_calls(&body, id);
        // From the last to the first: what stands before a call keeps its place in the block.
        for index in calls.into_iter().rev() {
            Copy::new(function, &body, id, index).run();
        }
    }
}

/// Is the function small, and does all of it mean the same in another frame?
fn is_inlinable(function: &IrFunction) -> bool {
    let size: usize = function.blocks.iter().map(|block| block.insts.len()).sum();
    let own = function.self_value();
    let moves = |inst: &Inst| {
        !matches!(
            inst.op,
            Op::Capture(_) | Op::Poll | Op::CatchTake | Op::MakeClosure(..) | Op::Runtime(..)
        ) && inst.op.operands().iter().all(|(value, _)| *value != own)
    };
    let ends = |block: &Block| {
        matches!(
            &block.end,
            Some(Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Return(_))
        )
    };
    !function.owns_self
        && size <= SMALL
        && function
            .blocks
            .iter()
            .all(|block| !block.is_handler && ends(block))
        && function
            .blocks
            .iter()
            .flat_map(|block| &block.insts)
            .all(moves)
}

fn own_calls(function: &IrFunction, id: BlockId) -> Vec<usize> {
    let insts = function.block(id).insts.iter().enumerate();
    insts
        .filter(|(_, inst)| match &inst.op {
            Op::CallGlobal(var, args) => function.is_own_call(*var, args.len()),
            _ => false,
        })
        .map(|(index, _)| index)
        .collect()
}

/// One copy of `body` in place of one call.
struct Copy<'a> {
    into: &'a mut IrFunction,
    body: &'a IrFunction,
    at: BlockId,
    call: Inst,
    var: LiteralId,
    values: HashMap<ValueId, ValueId>,
    first_block: u32,
    first_place: u32,
    behind: BlockId,
}

impl<'a> Copy<'a> {
    /// Cuts the block behind the call; the call's result becomes a parameter of what follows.
    fn new(into: &'a mut IrFunction, body: &'a IrFunction, at: BlockId, index: usize) -> Copy<'a> {
        let block = &mut into.blocks[at.index()];
        let rest = block.insts.split_off(index + 1);
        let end = block.end.take();
        let call = block.insts.pop().expect("the call stands at this index");
        let Op::CallGlobal(var, args) = &call.op else {
            unreachable!("only calls of globals are inlined");
        };
        let var = *var;
        let parameters = body.block(ENTRY).params.iter().copied();
        let given = std::iter::once(into.self_value()).chain(args.iter().copied());
        let values = parameters.zip(given).collect();
        into.blocks.push(Block {
            params: call.result.into_iter().collect(),
            insts: rest,
            end,
            ..Block::default()
        });
        Copy {
            behind: BlockId(into.blocks.len() as u32 - 1),
            first_block: into.blocks.len() as u32,
            first_place: into.places.len() as u32,
            into,
            body,
            at,
            call,
            var,
            values,
        }
    }

    fn run(mut self) {
        self.copy_places();
        for id in self.body.block_ids() {
            let block = self.block(self.body.block(id));
            self.into.blocks.push(block);
        }
        let generic = self.generic_call();
        let own = self.into.self_value();
        let holds = self.into.add_value(Type::Bool, false);
        let test = Inst {
            op: Op::VarHolds(self.var, own),
            result: Some(holds),
            unwind: None,
            consumed: 0,
            place: self.call.place,
        };
        let to = |block| Target {
            block,
            args: Vec::new(),
        };
        let block = &mut self.into.blocks[self.at.index()];
        block.insts.push(test);
        block.end = Some(Terminator::Branch(
            holds,
            to(BlockId(self.first_block)),
            to(generic),
        ));
    }

    /// The call as it was, for a var that holds something else by now.
    fn generic_call(&mut self) -> BlockId {
        let result = self.into.add_value(Type::Any, false);
        let mut call = self.call.clone();
        call.result = Some(result);
        self.into.blocks.push(Block {
            insts: vec![call],
            end: Some(self.leave(result)),
            is_rare: true,
            ..Block::default()
        });
        BlockId(self.into.blocks.len() as u32 - 1)
    }

    fn leave(&self, value: ValueId) -> Terminator {
        Terminator::Jump(Target {
            block: self.behind,
            args: vec![value],
        })
    }

    fn copy_places(&mut self) {
        let function: Arc<str> = self.body.name.as_str().into();
        let copies = self.body.places.iter().map(|place| Place {
            span: place.span,
            inlined: Some(Inlined {
                function: function.clone(),
                call: self.call.place,
            }),
        });
        self.into.places.extend(copies);
    }

    fn block(&mut self, block: &Block) -> Block {
        let is_entry = std::ptr::eq(block, self.body.block(ENTRY));
        let params = match is_entry {
            true => Vec::new(),
            false => block.params.iter().map(|p| self.value(*p)).collect(),
        };
        let insts = block.insts.iter().map(|inst| self.inst(inst)).collect();
        let end = block.end.as_ref().map(|end| self.end(end));
        Block {
            params,
            insts,
            end,
            ..Block::default()
        }
    }

    fn inst(&mut self, inst: &Inst) -> Inst {
        let mut copy = inst.clone();
        copy.op
            .for_each_operand(|value| *value = self.value(*value));
        copy.result = inst.result.map(|result| self.value(result));
        copy.place += self.first_place;
        copy.unwind = inst.unwind.as_ref().map(|_| Unwind {
            handler: self.call.unwind.as_ref().and_then(|unwind| unwind.handler),
            drops: Vec::new(),
        });
        copy
    }

    fn end(&mut self, end: &Terminator) -> Terminator {
        match end {
            Terminator::Jump(target) => Terminator::Jump(self.target(target)),
            Terminator::Branch(condition, then, otherwise) => Terminator::Branch(
                self.value(*condition),
                self.target(then),
                self.target(otherwise),
            ),
            Terminator::Return(value) => {
                let value = self.value(*value);
                self.leave(value)
            }
            Terminator::TailCallGlobal(..) | Terminator::TailCall(..) | Terminator::Rethrow(..) => {
                unreachable!("such a function is not inlined")
            }
        }
    }

    fn target(&mut self, target: &Target) -> Target {
        Target {
            block: BlockId(target.block.0 + self.first_block),
            args: target.args.iter().map(|arg| self.value(*arg)).collect(),
        }
    }

    /// The copy's value for one of the body.
    fn value(&mut self, value: ValueId) -> ValueId {
        if let Some(known) = self.values.get(&value) {
            return *known;
        }
        let data = self.body.values[value.index()].clone();
        let copy = self.into.add_value(data.kind, data.is_literal);
        self.values.insert(value, copy);
        copy
    }
}
