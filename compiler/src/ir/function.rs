//! A function of the IR: one arity of a source function.

use std::sync::Arc;

use batuta_lang::source::Span;
use batuta_runtime::function::{FnCode, VarBody};
use batuta_runtime::value::Value;

use super::entity::{BlockId, LiteralId, ValueId};
use super::instruction::{Inst, Terminator, Type};

/// A constant of a function.
#[derive(Clone)]
pub enum Literal {
    /// A published value.
    Value(Value),
    /// A var.
    Var(Value),
    /// Code of a function made here.
    Code(Arc<FnCode>),
    /// The function that the var held when it was looked at; immortal.
    Held {
        /// The var.
        var: Value,
        /// What it held.
        function: Value,
    },
}

impl Literal {
    /// Keywords and immortal objects are never counted.
    pub fn kind(&self) -> Type {
        match self {
            Literal::Value(value) | Literal::Var(value) => match value.header() {
                Some(header) if !header.is_immortal() => Type::Any,
                _ => Type::Immediate,
            },
            Literal::Code(_) | Literal::Held { .. } => Type::Immediate,
        }
    }
}

/// Where an instruction stands in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The expression.
    pub span: Span,
    /// The call it was copied in for, if it was.
    pub inlined: Option<Inlined>,
}

/// How an instruction came into a function that does not have it in its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Inlined {
    /// Name of the function it belongs to, with the arity.
    pub function: Arc<str>,
    /// The place of the call.
    pub call: u32,
}

impl From<Span> for Place {
    fn from(span: Span) -> Place {
        Place {
            span,
            inlined: None,
        }
    }
}

/// A basic block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Values that every jump here hands over.
    pub params: Vec<ValueId>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// How it ends; none only while it is built.
    pub end: Option<Terminator>,
    /// Is it reached by failures only?
    pub is_handler: bool,
    /// Is it hardly ever reached?
    pub is_rare: bool,
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub struct ValueData {
    /// Its type.
    pub kind: Type,
    /// A literal is not owned by the function: it is counted when it leaves, never given back. So is
    /// the value of a var that is only looked at (`passes::borrow`).
    pub is_foreign: bool,
}

/// One arity. Parameters of the entry block: the function itself, then the arguments.
#[derive(Clone)]
pub struct IrFunction {
    /// Name for people, with the arity: `user/f:2`.
    pub name: String,
    /// Does the function own `self` (a closure), or is it defined at top level?
    pub owns_self: bool,
    /// The number of arguments whose entry this code is, if it is one.
    pub entry_arity: Option<usize>,
    /// Blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// Values.
    pub values: Vec<ValueData>,
    /// Constants.
    pub literals: Vec<Literal>,
    /// Source places of instructions.
    pub places: Vec<Place>,
    /// Names of the types that are declared for the arguments, where they are.
    pub declared: Vec<Option<Arc<str>>>,
}

/// The entry block.
pub const ENTRY: BlockId = BlockId(0);

impl IrFunction {
    /// A function without blocks.
    pub fn new(name: String, owns_self: bool) -> IrFunction {
        IrFunction {
            name,
            owns_self,
            entry_arity: None,
            blocks: Vec::new(),
            values: Vec::new(),
            literals: Vec::new(),
            places: Vec::new(),
            declared: Vec::new(),
        }
    }

    /// The value standing for the function itself.
    pub fn self_value(&self) -> ValueId {
        self.blocks[ENTRY.index()].params[0]
    }

    /// Is a call of this var with so many arguments a call of this very code, as long as the var
    /// is not redefined?
    pub fn is_own_call(&self, var: LiteralId, arguments: usize) -> bool {
        let Literal::Var(var) = &self.literals[var.index()] else {
            return false;
        };
        let own_name = self.name.rsplit_once(':').map(|(name, _)| name);
        let called = var.as_object::<VarBody>().map(VarBody::qualified);
        !self.owns_self && self.entry_arity == Some(arguments) && called.as_deref() == own_name
    }

    /// Number of arguments.
    pub fn argument_count(&self) -> usize {
        self.blocks[ENTRY.index()].params.len() - 1
    }

    /// The type of a value.
    pub fn type_of(&self, value: ValueId) -> Type {
        self.values[value.index()].kind
    }

    /// Must the function count this value?
    pub fn is_counted(&self, value: ValueId) -> bool {
        let data = &self.values[value.index()];
        data.kind == Type::Any && !data.is_foreign && (self.owns_self || value != self.self_value())
    }

    /// Adds a value.
    pub fn add_value(&mut self, kind: Type, is_foreign: bool) -> ValueId {
        self.values.push(ValueData { kind, is_foreign });
        ValueId(self.values.len() as u32 - 1)
    }

    /// Adds a constant.
    pub fn add_literal(&mut self, literal: Literal) -> LiteralId {
        self.literals.push(literal);
        LiteralId(self.literals.len() as u32 - 1)
    }

    /// The block.
    pub fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.index()]
    }

    /// All block ids in order.
    pub fn block_ids(&self) -> impl DoubleEndedIterator<Item = BlockId> + use<> {
        (0..self.blocks.len() as u32).map(BlockId)
    }
}
