//! Builds IR functions block by block, giving every failing instruction its handler.

use std::sync::Arc;

use batuta_lang::source::Span;

use super::entity::{BlockId, LiteralId, ValueId};
use super::function::{Block, IrFunction, Literal};
use super::instruction::{Inst, Op, Target, Terminator, Type, Unwind};

/// See the module's head. Instructions go to the current block.
pub struct Builder {
    function: IrFunction,
    current: BlockId,
    handler: Option<BlockId>,
    place: u32,
}

impl Builder {
    /// Starts a function: its entry block has `self` and `arguments` parameters.
    pub fn new(name: String, owns_self: bool, arguments: usize, span: Span) -> Builder {
        let mut function = IrFunction::new(name, owns_self);
        function.places.push(span.into());
        function.blocks.push(Block::default());
        let mut builder = Builder {
            function,
            current: BlockId(0),
            handler: None,
            place: 0,
        };
        for _ in 0..=arguments {
            builder.add_param(BlockId(0));
        }
        builder
    }

    /// Says for how many arguments this is the function's entry.
    pub fn set_entry_arity(&mut self, arguments: Option<usize>) {
        self.function.entry_arity = arguments;
    }

    /// Says which types are declared for the arguments.
    pub fn set_declared(&mut self, types: Vec<Option<Arc<str>>>) {
        self.function.declared = types;
    }

    /// The finished function.
    pub fn finish(self) -> IrFunction {
        self.function
    }

    /// The function so far.
    pub fn function(&self) -> &IrFunction {
        &self.function
    }

    /// Adds an empty block.
    pub fn add_block(&mut self) -> BlockId {
        self.function.blocks.push(Block::default());
        BlockId(self.function.blocks.len() as u32 - 1)
    }

    /// Adds an empty block that failures go to.
    pub fn add_handler_block(&mut self) -> BlockId {
        let block = self.add_block();
        self.function.blocks[block.index()].is_handler = true;
        block
    }

    /// Adds an empty block that is hardly ever reached.
    pub fn add_rare_block(&mut self) -> BlockId {
        let block = self.add_block();
        self.function.blocks[block.index()].is_rare = true;
        block
    }

    /// Adds a parameter to a block.
    pub fn add_param(&mut self, block: BlockId) -> ValueId {
        let value = self.function.add_value(Type::Any, false);
        self.function.blocks[block.index()].params.push(value);
        value
    }

    /// Goes on in another block.
    pub fn switch_to(&mut self, block: BlockId) {
        self.current = block;
    }

    /// Has the current block ended?
    pub fn is_ended(&self) -> bool {
        self.function.block(self.current).end.is_some()
    }

    /// Where failures go from now on; gives what was set before.
    pub fn set_handler(&mut self, handler: Option<BlockId>) -> Option<BlockId> {
        std::mem::replace(&mut self.handler, handler)
    }

    /// Where failures go now.
    pub fn handler(&self) -> Option<BlockId> {
        self.handler
    }

    /// The source place of what follows; gives the place before.
    pub fn set_span(&mut self, span: Span) -> u32 {
        let before = self.place;
        if self.function.places[before as usize].span != span {
            self.function.places.push(span.into());
            self.place = self.function.places.len() as u32 - 1;
        }
        before
    }

    /// Goes back to a place that `set_span` gave.
    pub fn restore_place(&mut self, place: u32) {
        self.place = place;
    }

    /// Adds an instruction that gives a value.
    pub fn value(&mut self, op: Op) -> ValueId {
        let kind = match &op {
            Op::Literal(literal) => self.function.literals[literal.index()].kind(),
            _ => op.result_type().unwrap_or(Type::Immediate),
        };
        let result = self.function.add_value(kind, matches!(op, Op::Literal(_)));
        self.push(op, Some(result));
        result
    }

    /// Adds an instruction that gives none.
    pub fn effect(&mut self, op: Op) {
        self.push(op, None);
    }

    fn push(&mut self, op: Op, result: Option<ValueId>) {
        let unwind = op.can_fail().then(|| Unwind {
            handler: self.handler,
            drops: Vec::new(),
        });
        let inst = Inst {
            op,
            result,
            unwind,
            consumed: 0,
            place: self.place,
        };
        self.function.blocks[self.current.index()].insts.push(inst);
    }

    /// Ends the current block.
    pub fn end(&mut self, terminator: Terminator) {
        self.function.blocks[self.current.index()].end = Some(terminator);
    }

    /// Ends the current block with a jump.
    pub fn jump(&mut self, block: BlockId, args: Vec<ValueId>) {
        self.end(Terminator::Jump(Target { block, args }));
    }

    /// Ends the current block with a branch to two blocks without parameters.
    pub fn branch(&mut self, condition: ValueId, then: BlockId, otherwise: BlockId) {
        let target = |block| Target {
            block,
            args: Vec::new(),
        };
        self.end(Terminator::Branch(
            condition,
            target(then),
            target(otherwise),
        ));
    }

    /// Ends the current block with the failure going on.
    pub fn rethrow(&mut self, failure: ValueId) {
        let unwind = Unwind {
            handler: self.handler,
            drops: Vec::new(),
        };
        self.end(Terminator::Rethrow(failure, unwind));
    }

    /// A constant word that is no pointer.
    pub fn word(&mut self, word: u64) -> ValueId {
        self.value(Op::Word(word))
    }

    /// Adds a constant to the table.
    pub fn literal(&mut self, literal: Literal) -> LiteralId {
        self.function.add_literal(literal)
    }
}
