//! One copy of a function's body in place of one call.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_runtime::value::Value;

use crate::ir::entity::{BlockId, LiteralId, ValueId};
use crate::ir::function::{Block, ENTRY, Inlined, IrFunction, Literal, Place};
use crate::ir::instruction::{Inst, Op, Target, Terminator, Type, Unwind};

/// Whose body it is.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    /// The function that it is copied into.
    Itself,
    /// Another one.
    Other(&'a Value),
}

/// One copy of `body` in place of one call.
pub(super) struct Copy<'a> {
    into: &'a mut IrFunction,
    body: &'a IrFunction,
    at: BlockId,
    call: Inst,
    var: LiteralId,
    callee: Callee<'a>,
    literals: HashMap<LiteralId, LiteralId>,
    values: HashMap<ValueId, ValueId>,
    first_block: u32,
    first_place: u32,
    behind: BlockId,
}

impl<'a> Copy<'a> {
    /// Cuts the block behind the call; the call's result becomes a parameter of what follows.
    pub(super) fn new(
        into: &'a mut IrFunction,
        body: &'a IrFunction,
        callee: Callee<'a>,
        at: BlockId,
        index: usize,
    ) -> Copy<'a> {
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
            callee,
            literals: HashMap::new(),
            values,
        }
    }

    pub(super) fn run(mut self) {
        self.copy_places();
        for id in self.body.block_ids() {
            let block = self.block(self.body.block(id));
            self.into.blocks.push(block);
        }
        let generic = self.generic_call();
        let function = self.function();
        let holds = self.into.add_value(Type::Bool, false);
        let test = self.plain(Op::VarHolds(self.var, function), holds);
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

    fn plain(&self, op: Op, result: ValueId) -> Inst {
        Inst {
            op,
            result: Some(result),
            unwind: None,
            consumed: 0,
            place: self.call.place,
        }
    }

    /// The function that the var must hold for the copy to run.
    fn function(&mut self) -> ValueId {
        let Callee::Other(function) = self.callee else {
            return self.into.self_value();
        };
        let Literal::Var(var) = self.into.literals[self.var.index()].clone() else {
            unreachable!("only calls of globals are inlined");
        };
        let function = function.clone();
        let literal = self.into.add_literal(Literal::Held { var, function });
        let value = self.into.add_value(Type::Immediate, true);
        let inst = self.plain(Op::Literal(literal), value);
        self.into.blocks[self.at.index()].insts.push(inst);
        value
    }

    /// The copy's literal for one of the body.
    fn literal(&mut self, literal: LiteralId) -> LiteralId {
        if matches!(self.callee, Callee::Itself) {
            return literal;
        }
        let (into, body) = (&mut *self.into, self.body);
        *self
            .literals
            .entry(literal)
            .or_insert_with(|| into.add_literal(body.literals[literal.index()].clone()))
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
        let mut insts: Vec<Inst> = block.insts.iter().map(|inst| self.inst(inst)).collect();
        let end = block.end.as_ref().map(|end| self.end(end, &mut insts));
        Block {
            params,
            insts,
            end,
            is_rare: block.is_rare,
            ..Block::default()
        }
    }

    fn inst(&mut self, inst: &Inst) -> Inst {
        let mut copy = inst.clone();
        copy.op
            .for_each_operand(|value| *value = self.value(*value));
        copy.op
            .for_each_literal(|literal| *literal = self.literal(*literal));
        copy.result = inst.result.map(|result| self.value(result));
        copy.place += self.first_place;
        copy.unwind = inst.unwind.as_ref().map(|_| self.unwind());
        copy
    }

    /// Where failures of the copy go: where those of the call went.
    fn unwind(&self) -> Unwind {
        Unwind {
            handler: self.call.unwind.as_ref().and_then(|unwind| unwind.handler),
            drops: Vec::new(),
        }
    }

    /// What a call in tail position becomes: one at the place of the copy's call, since no frame
    /// would be there any more.
    fn tail_call(&mut self, op: Op, insts: &mut Vec<Inst>) -> Terminator {
        let result = self.into.add_value(Type::Any, false);
        insts.push(Inst {
            unwind: Some(self.unwind()),
            ..self.plain(op, result)
        });
        self.leave(result)
    }

    fn end(&mut self, end: &Terminator, insts: &mut Vec<Inst>) -> Terminator {
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
            Terminator::TailCallGlobal(var, args) => {
                let args = args.iter().map(|arg| self.value(*arg)).collect();
                let call = Op::CallGlobal(self.literal(*var), args);
                self.tail_call(call, insts)
            }
            Terminator::TailCall(callee, args) => {
                let args = args.iter().map(|arg| self.value(*arg)).collect();
                let call = Op::Call(self.value(*callee), args);
                self.tail_call(call, insts)
            }
            Terminator::Rethrow(..) => unreachable!("such a function is not inlined"),
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
        let copy = self.into.add_value(data.kind, data.is_foreign);
        self.values.insert(value, copy);
        copy
    }
}
