//! The instructions: what they take, how they own it, what they give, whether they can fail.
//!
//! Ownership modes of operands: *owned* operands are consumed; *borrowed* ones are only looked at;
//! *flexible* ones are consumed exactly if they stand in the instruction's `consumed` mask, which
//! the ownership pass sets at a last use (an arithmetic fast path then needs no count at all).

use super::entity::{BlockId, LiteralId, ValueId};
use super::operator::{ArithOp, CompareOp, UnaryOp};
pub use super::quick::{Change, Look};

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A tagged word that may be counted.
    Any,
    /// A tagged word that is never counted: nil, booleans, small integers, keywords.
    Immediate,
    /// A machine truth value, 0 or 1.
    Bool,
}

/// Runtime entries that instructions call; each takes tagged words and gives one, or a `Bool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuntimeEntry {
    /// `(class-keyword, value) -> boolean`; borrows.
    IsClass,
    /// `(value) -> boolean`; borrows. Maps, records and errors match map patterns.
    IsMap,
    /// `(value) -> Bool`; borrows.
    IsReduced,
    /// `() -> Bool`: do the vars that fused code relies on have their first values?
    CoreUnchanged,
    /// `(vector) -> integer`; borrows; the value is a vector.
    VectorCount,
    /// `(vector, index) -> element`; borrows; the index is inside.
    VectorNth,
    /// `(vector, index) -> address`; borrows; the index is inside. The address is a small integer
    /// whose successors are the addresses of the elements that follow in the same leaf.
    SlotAddress,
    /// `(vector, index) -> index behind the leaf`; borrows; the index is inside.
    LeafEnd,
    /// `() -> nil`
    ReceiveStart,
    /// `(deadline) -> message`; may wait and fail.
    ReceiveNext,
    /// `() -> nil`
    ReceiveAccept,
    /// `() -> nil`
    ReceiveRewind,
    /// `(milliseconds) -> deadline`
    DeadlineIn,
    /// `(value) -> boolean`; borrows.
    IsTimeout,
    /// `(matcher, timeout) -> park mark`
    Park,
    /// `(self, message) -> no-match mark`
    NoMatch,
    /// `(self) -> nil`; borrows. A closure that has one owner gives up what it has captured.
    Vacate,
    /// `(failure) -> reason`; borrows.
    FailureReason,
    /// `(var, value) -> var`; sets the root.
    DefineVar,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant word that is not a pointer.
    Word(u64),
    /// A constant of the literal table; not owned.
    Literal(LiteralId),
    /// The captured value with this index, owned. Moved out if `self` is the only reference.
    Capture(u32),
    /// The value of the var in the literal table, owned unless the result is as a literal is. Fails
    /// if unbound.
    GlobalGet(LiteralId),
    /// Arithmetic. Flexible operands.
    Arith(ArithOp, ValueId, ValueId),
    /// Arithmetic of one number. Flexible operand.
    Unary(UnaryOp, ValueId),
    /// The element of an array at an index. Borrowed operands.
    ArrayGet(ValueId, ValueId),
    /// Puts an element into an array at an index; gives it as it is there. The array and the index
    /// are borrowed, the element is owned.
    ArraySet(ValueId, ValueId, ValueId),
    /// Number of elements of an array. Borrowed operand.
    ArrayLength(ValueId),
    /// Comparison of numbers. Flexible operands.
    Compare(CompareOp, ValueId, ValueId),
    /// Neither nil nor false.
    Truthy(ValueId),
    /// Negation of a `Bool`.
    Not(ValueId),
    /// A `Bool` as a word.
    FromBool(ValueId),
    /// Are the words the same?
    SameWord(ValueId, ValueId),
    /// Does a call of the var in the literal table enter this function?
    VarHolds(LiteralId, ValueId),
    /// Looks into a collection; the var in the literal table is the core function. Borrowed
    /// operands.
    Look(Look, LiteralId, Vec<ValueId>),
    /// Changes a collection: the var in the literal table is the core function, the first value what
    /// it held. The operands are owned.
    Change(Change, LiteralId, ValueId, Vec<ValueId>),
    /// Are the values equal? The var in the literal table is the core function, which is asked
    /// where the answer takes a walk. Borrowed operands.
    Equal(LiteralId, ValueId, ValueId),
    /// The element that lies at an address in a vector that is alive.
    LoadSlot(ValueId),
    /// Calls the var in the literal table.
    CallGlobal(LiteralId, Vec<ValueId>),
    /// Calls a value.
    Call(ValueId, Vec<ValueId>),
    /// Calls a runtime entry.
    Runtime(RuntimeEntry, Vec<ValueId>),
    /// Makes a closure of the code in the literal table.
    MakeClosure(LiteralId, Vec<ValueId>),
    /// First in a handler block: takes the failure under way as a value; an exit signal goes on.
    CatchTake,
    /// On a loop's way back: lets other actors run. Can fail.
    Poll,
    /// Takes another count.
    Dup(ValueId),
    /// Gives a count back.
    Drop(ValueId),
}

/// How an operand is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Consumed.
    Owned,
    /// Looked at.
    Borrowed,
    /// Consumed if the mask says so.
    Flexible,
}

/// Where a failure goes from an instruction that can fail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unwind {
    /// Handler block; none = out of the function.
    pub handler: Option<BlockId>,
    /// Values to give back on that way.
    pub drops: Vec<ValueId>,
}

/// An instruction in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// What it defines.
    pub result: Option<ValueId>,
    /// Where its failure goes, if it can fail.
    pub unwind: Option<Unwind>,
    /// Bits of the flexible operands that it consumes.
    pub consumed: u8,
    /// Where in the source it stands: an index into the function's spans.
    pub place: u32,
}

/// A jump's target with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The block.
    pub block: BlockId,
    /// One per parameter, consumed.
    pub args: Vec<ValueId>,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Terminator {
    /// Goes on there.
    Jump(Target),
    /// Goes on at the first target if the `Bool` is true.
    Branch(ValueId, Target, Target),
    /// Gives the value to the caller.
    Return(ValueId),
    /// Becomes a call of the var in the literal table.
    TailCallGlobal(LiteralId, Vec<ValueId>),
    /// Becomes a call of the value.
    TailCall(ValueId, Vec<ValueId>),
    /// The failure taken as this value goes on, to the handler or out.
    Rethrow(ValueId, Unwind),
}

impl RuntimeEntry {
    /// Name in the ABI table.
    pub fn symbol(self) -> &'static str {
        match self {
            RuntimeEntry::IsClass => "bt_is_class",
            RuntimeEntry::IsMap => "bt_is_map",
            RuntimeEntry::IsReduced => "bt_is_reduced",
            RuntimeEntry::CoreUnchanged => "bt_core_unchanged",
            RuntimeEntry::VectorCount => "bt_vector_count",
            RuntimeEntry::VectorNth => "bt_vector_nth",
            RuntimeEntry::SlotAddress => "bt_slot_address",
            RuntimeEntry::LeafEnd => "bt_leaf_end",
            RuntimeEntry::ReceiveStart => "bt_receive_start",
            RuntimeEntry::ReceiveNext => "bt_receive_next",
            RuntimeEntry::ReceiveAccept => "bt_receive_accept",
            RuntimeEntry::ReceiveRewind => "bt_receive_rewind",
            RuntimeEntry::DeadlineIn => "bt_deadline_in",
            RuntimeEntry::IsTimeout => "bt_is_timeout",
            RuntimeEntry::Park => "bt_park",
            RuntimeEntry::NoMatch => "bt_no_match",
            RuntimeEntry::Vacate => "bt_vacate",
            RuntimeEntry::FailureReason => "bt_failure_reason",
            RuntimeEntry::DefineVar => "bt_define_var",
        }
    }

    /// How it owns its operands.
    pub fn mode(self) -> Mode {
        match self {
            RuntimeEntry::Park | RuntimeEntry::NoMatch | RuntimeEntry::DefineVar => Mode::Owned,
            _ => Mode::Borrowed,
        }
    }

    /// Does it only look at its operands, with nothing but its result to show for it?
    pub fn is_pure(self) -> bool {
        matches!(
            self,
            RuntimeEntry::IsClass
                | RuntimeEntry::IsMap
                | RuntimeEntry::IsReduced
                | RuntimeEntry::CoreUnchanged
                | RuntimeEntry::VectorCount
                | RuntimeEntry::VectorNth
                | RuntimeEntry::IsTimeout
        )
    }

    /// Can it fail?
    pub fn can_fail(self) -> bool {
        matches!(self, RuntimeEntry::ReceiveNext | RuntimeEntry::DeadlineIn)
    }

    /// Is the result the size or place of something in memory, and so a modest integer?
    pub fn gives_size(self) -> bool {
        matches!(
            self,
            RuntimeEntry::VectorCount | RuntimeEntry::SlotAddress | RuntimeEntry::LeafEnd
        )
    }

    /// Type of its result.
    pub fn result_type(self) -> Type {
        match self {
            RuntimeEntry::VectorNth
            | RuntimeEntry::ReceiveNext
            | RuntimeEntry::DeadlineIn
            | RuntimeEntry::FailureReason => Type::Any,
            RuntimeEntry::IsReduced | RuntimeEntry::CoreUnchanged => Type::Bool,
            _ => Type::Immediate,
        }
    }
}

impl Op {
    /// The values it takes, in order, with their modes.
    pub fn operands(&self) -> Vec<(ValueId, Mode)> {
        let all = |values: &[ValueId], mode| values.iter().map(|v| (*v, mode)).collect();
        match self {
            Op::Word(_) | Op::Literal(_) | Op::Capture(_) | Op::GlobalGet(_) => Vec::new(),
            Op::CatchTake | Op::Poll => Vec::new(),
            Op::Arith(_, a, b) | Op::Compare(_, a, b) => all(&[*a, *b], Mode::Flexible),
            Op::Unary(_, a) => vec![(*a, Mode::Flexible)],
            Op::SameWord(a, b) | Op::ArrayGet(a, b) | Op::Equal(_, a, b) => {
                all(&[*a, *b], Mode::Borrowed)
            }
            Op::ArraySet(array, index, element) => vec![
                (*array, Mode::Borrowed),
                (*index, Mode::Borrowed),
                (*element, Mode::Owned),
            ],
            Op::ArrayLength(a) | Op::LoadSlot(a) => vec![(*a, Mode::Borrowed)],
            Op::Truthy(a) | Op::Not(a) | Op::FromBool(a) | Op::Dup(a) | Op::VarHolds(_, a) => {
                vec![(*a, Mode::Borrowed)]
            }
            Op::Drop(a) => vec![(*a, Mode::Owned)],
            Op::CallGlobal(_, args) | Op::MakeClosure(_, args) => all(args, Mode::Owned),
            Op::Look(_, _, args) => all(args, Mode::Borrowed),
            Op::Change(_, _, held, args) => {
                let mut operands = vec![(*held, Mode::Borrowed)];
                operands.extend(args.iter().map(|v| (*v, Mode::Owned)));
                operands
            }
            Op::Call(callee, args) => {
                let mut operands = vec![(*callee, Mode::Owned)];
                operands.extend(args.iter().map(|v| (*v, Mode::Owned)));
                operands
            }
            Op::Runtime(entry, args) => all(args, entry.mode()),
        }
    }

    /// Shows every value it takes, to be replaced.
    pub fn for_each_operand(&mut self, mut change: impl FnMut(&mut ValueId)) {
        match self {
            Op::Word(_) | Op::Literal(_) | Op::Capture(_) | Op::GlobalGet(_) => {}
            Op::CatchTake | Op::Poll => {}
            Op::ArraySet(array, index, element) => {
                change(array);
                change(index);
                change(element);
            }
            Op::Arith(_, a, b)
            | Op::Compare(_, a, b)
            | Op::SameWord(a, b)
            | Op::ArrayGet(a, b)
            | Op::Equal(_, a, b) => {
                change(a);
                change(b);
            }
            Op::Truthy(a)
            | Op::Not(a)
            | Op::FromBool(a)
            | Op::VarHolds(_, a)
            | Op::Unary(_, a)
            | Op::ArrayLength(a)
            | Op::LoadSlot(a)
            | Op::Dup(a)
            | Op::Drop(a) => change(a),
            Op::CallGlobal(_, args)
            | Op::Look(_, _, args)
            | Op::MakeClosure(_, args)
            | Op::Runtime(_, args) => {
                args.iter_mut().for_each(change);
            }
            Op::Call(callee, args) | Op::Change(_, _, callee, args) => {
                change(callee);
                args.iter_mut().for_each(change);
            }
        }
    }

    /// Shows every literal it names, to be replaced.
    pub fn for_each_literal(&mut self, mut change: impl FnMut(&mut LiteralId)) {
        match self {
            Op::Literal(literal)
            | Op::GlobalGet(literal)
            | Op::VarHolds(literal, _)
            | Op::CallGlobal(literal, _)
            | Op::Look(_, literal, _)
            | Op::Equal(literal, _, _)
            | Op::Change(_, literal, _, _)
            | Op::MakeClosure(literal, _) => change(literal),
            _ => {}
        }
    }

    /// Can it fail, so that it needs an [`Unwind`]?
    pub fn can_fail(&self) -> bool {
        match self {
            Op::GlobalGet(_)
            | Op::Arith(..)
            | Op::Unary(..)
            | Op::ArrayGet(..)
            | Op::ArraySet(..)
            | Op::ArrayLength(_)
            | Op::Compare(..)
            | Op::Look(..)
            | Op::Equal(..)
            | Op::Change(..)
            | Op::CallGlobal(..)
            | Op::Call(..)
            | Op::CatchTake
            | Op::Poll => true,
            Op::Runtime(entry, _) => entry.can_fail(),
            _ => false,
        }
    }

    /// Type of its result; none if it gives none.
    pub fn result_type(&self) -> Option<Type> {
        Some(match self {
            Op::Word(_) | Op::FromBool(_) => Type::Immediate,
            Op::Literal(_)
            | Op::Capture(_)
            | Op::GlobalGet(_)
            | Op::Arith(..)
            | Op::Unary(..)
            | Op::ArrayGet(..)
            | Op::ArraySet(..)
            | Op::ArrayLength(_)
            | Op::LoadSlot(_)
            | Op::Look(..)
            | Op::Change(..)
            | Op::CallGlobal(..)
            | Op::Call(..)
            | Op::MakeClosure(..)
            | Op::CatchTake => Type::Any,
            Op::Compare(..)
            | Op::Equal(..)
            | Op::Truthy(_)
            | Op::Not(_)
            | Op::SameWord(..)
            | Op::VarHolds(..) => Type::Bool,
            Op::Runtime(entry, _) => entry.result_type(),
            Op::Poll | Op::Dup(_) | Op::Drop(_) => return None,
        })
    }
}

impl Terminator {
    /// The values it consumes (a branch's condition is a `Bool` and not among them).
    pub fn owned_operands(&self) -> Vec<ValueId> {
        match self {
            Terminator::Jump(target) => target.args.clone(),
            Terminator::Branch(_, a, b) => a.args.iter().chain(&b.args).copied().collect(),
            Terminator::Return(value) | Terminator::Rethrow(value, _) => vec![*value],
            Terminator::TailCallGlobal(_, args) => args.clone(),
            Terminator::TailCall(callee, args) => std::iter::once(*callee)
                .chain(args.iter().copied())
                .collect(),
        }
    }

    /// The values it uses, conditions included.
    pub fn used(&self) -> Vec<ValueId> {
        let mut used = self.owned_operands();
        if let Terminator::Branch(condition, ..) = self {
            used.push(*condition);
        }
        used
    }

    /// Shows every value it uses, to be replaced.
    pub fn for_each_operand(&mut self, mut change: impl FnMut(&mut ValueId)) {
        match self {
            Terminator::Jump(target) => target.args.iter_mut().for_each(change),
            Terminator::Branch(condition, then, otherwise) => {
                change(condition);
                then.args.iter_mut().for_each(&mut change);
                otherwise.args.iter_mut().for_each(change);
            }
            Terminator::Return(value) | Terminator::Rethrow(value, _) => change(value),
            Terminator::TailCallGlobal(_, args) => args.iter_mut().for_each(change),
            Terminator::TailCall(callee, args) => {
                change(callee);
                args.iter_mut().for_each(change);
            }
        }
    }

    /// Shows every block it leads to, to be replaced.
    pub fn for_each_block(&mut self, mut change: impl FnMut(&mut BlockId)) {
        match self {
            Terminator::Jump(target) => change(&mut target.block),
            Terminator::Branch(_, then, otherwise) => {
                change(&mut then.block);
                change(&mut otherwise.block);
            }
            Terminator::Rethrow(_, unwind) => unwind.handler.iter_mut().for_each(change),
            Terminator::Return(_) | Terminator::TailCallGlobal(..) | Terminator::TailCall(..) => {}
        }
    }

    /// Blocks that may come next.
    pub fn successors(&self) -> Vec<BlockId> {
        match self {
            Terminator::Jump(target) => vec![target.block],
            Terminator::Branch(_, a, b) => vec![a.block, b.block],
            Terminator::Rethrow(_, unwind) => unwind.handler.into_iter().collect(),
            _ => Vec::new(),
        }
    }
}
