//! One instruction at a time: everything but calls.

use batuta_runtime::abi;
use batuta_runtime::abi::failing::unbound;
use batuta_runtime::builtins::{core_arithmetic, core_arrays, core_comparison};
use batuta_runtime::collections::vector;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::function::{VarBody, core_is_unchanged, make_closure};
use batuta_runtime::number::{self, bits, casts, comparison};
use batuta_runtime::value::Value;
use batuta_runtime::value::object::Kind;

use super::Machine;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::Literal;
use crate::ir::instruction::{Inst, Op, RuntimeEntry};
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

impl Machine {
    pub(super) fn step(&mut self, inst: &Inst) -> Result<(), Fault> {
        let word = match &inst.op {
            Op::Word(word) => *word,
            Op::Literal(literal) => self.literal(*literal)?.word(),
            Op::GlobalGet(var) => {
                let value = self.global(*var)?;
                match inst.result.is_some_and(|it| self.function.is_counted(it)) {
                    true => value.into_word(),
                    false => value.word(),
                }
            }
            Op::Arith(op, a, b) => {
                let operation = arithmetic(*op);
                self.operate(inst, *a, *b, |a, b| operation(a, b).map(Value::into_word))?
            }
            Op::ArrayGet(array, index) => {
                core_arrays::element(self.view(*array), self.view(*index))?.into_word()
            }
            Op::ArraySet(array, index, element) => {
                let element = self.take(*element);
                core_arrays::put(self.view(*array), self.view(*index), element)?.into_word()
            }
            Op::ArrayLength(array) => core_arrays::length(self.view(*array))?.into_word(),
            Op::Unary(op, a) => {
                let result = unary(*op, self.view(*a)).map(Value::into_word);
                if inst.consumed & 1 != 0 {
                    drop(self.take(*a));
                }
                result?
            }
            Op::Compare(op, a, b) => {
                self.operate(inst, *a, *b, |a, b| compare(*op, a, b).map(u64::from))?
            }
            Op::Truthy(value) => u64::from(self.view(*value).is_truthy()),
            Op::Not(value) => u64::from(self.word(*value) == 0),
            Op::FromBool(value) => Value::bool(self.word(*value) != 0).into_word(),
            Op::SameWord(a, b) => u64::from(self.word(*a) == self.word(*b)),
            Op::Runtime(entry, args) => self.runtime(*entry, args)?,
            Op::MakeClosure(code, captured) => self.closure(*code, captured)?.into_word(),
            Op::Dup(value) => self.view(*value).clone().into_word(),
            Op::Drop(value) => {
                drop(self.take(*value));
                return Ok(());
            }
            Op::Poll => return Ok(()),
            Op::VarHolds(var, function) => {
                let callee = abi::call::callee_of(self.literal(*var)?);
                u64::from(callee.word() == self.word(*function))
            }
            Op::Look(..)
            | Op::LoadSlot(_)
            | Op::Equal(..)
            | Op::Capture(_)
            | Op::CatchTake
            | Op::Change(..)
            | Op::CallGlobal(..)
            | Op::Call(..) => {
                return Err(Fault::new(FaultKind::Panic, "not for the interpreter"));
            }
        };
        self.set(inst.result, word);
        Ok(())
    }

    fn view(&self, value: ValueId) -> &Value {
        // SAFETY: the word is owned by this machine and not a `Bool`, by the verifier's rules.
        unsafe { Value::borrow_word(&self.words[value.index()]) }
    }

    fn literal(&self, literal: LiteralId) -> Result<&Value, Fault> {
        match &self.function.literals[literal.index()] {
            Literal::Value(value)
            | Literal::Var(value)
            | Literal::Held {
                function: value, ..
            } => Ok(value),
            Literal::Code(_) => Err(Fault::new(FaultKind::Panic, "code where a value stands")),
        }
    }

    fn global(&self, var: LiteralId) -> Result<Value, Fault> {
        let var = self.literal(var)?;
        var.as_object::<VarBody>()
            .and_then(VarBody::root)
            .ok_or_else(|| unbound(var))
    }

    /// Callee and arguments of a call through a var: what a compiled call would enter.
    pub(super) fn call_of_var(
        &self,
        var: LiteralId,
        args: &[ValueId],
    ) -> Option<(Value, Vec<Value>)> {
        let var = self.literal(var).ok()?;
        Some((abi::call::callee_of(var), self.take_all(args)))
    }

    /// As [`Self::call_of_var`], with arguments that stay where they are too.
    pub(super) fn look(&self, var: LiteralId, args: &[ValueId]) -> Option<(Value, Vec<Value>)> {
        let var = self.literal(var).ok()?;
        let args = args.iter().map(|value| self.view(*value).clone()).collect();
        Some((abi::call::callee_of(var), args))
    }

    fn operate(
        &mut self,
        inst: &Inst,
        a: ValueId,
        b: ValueId,
        operation: impl FnOnce(&Value, &Value) -> Result<u64, Fault>,
    ) -> Result<u64, Fault> {
        let result = operation(self.view(a), self.view(b));
        for (position, value) in [a, b].into_iter().enumerate() {
            if inst.consumed & (1 << position) != 0 {
                drop(self.take(value));
            }
        }
        result
    }

    fn closure(&self, code: LiteralId, captured: &[ValueId]) -> Result<Value, Fault> {
        match &self.function.literals[code.index()] {
            Literal::Code(code) => Ok(make_closure(code.clone(), self.take_all(captured))),
            _ => Err(Fault::new(FaultKind::Panic, "a value where code stands")),
        }
    }

    fn runtime(&mut self, entry: RuntimeEntry, args: &[ValueId]) -> Result<u64, Fault> {
        Ok(match entry {
            RuntimeEntry::DefineVar => {
                let (var, value) = (self.take(args[0]), self.take(args[1]));
                if let Some(body) = var.as_object::<VarBody>() {
                    body.set_root(&var, value);
                }
                var.into_word()
            }
            RuntimeEntry::IsClass => {
                let (class, value) = (self.view(args[0]), self.view(args[1]));
                Value::bool(abi::count::is_class(class, value)).into_word()
            }
            RuntimeEntry::IsMap => {
                Value::bool(abi::count::is_map_like(self.view(args[0]))).into_word()
            }
            RuntimeEntry::IsReduced => {
                let is_reduced = self.view(args[0]).kind() == Some(Kind::Reduced);
                u64::from(is_reduced)
            }
            RuntimeEntry::CoreUnchanged => u64::from(core_is_unchanged()),
            RuntimeEntry::VectorCount => {
                let count = vector::len(self.view(args[0])).unwrap_or(0);
                number::int(count as i64).into_word()
            }
            RuntimeEntry::VectorNth => {
                let index = self.view(args[1]).as_small_int().unwrap_or(0) as usize;
                vector::nth(self.view(args[0]), index)
                    .cloned()
                    .unwrap_or_default()
                    .into_word()
            }
            RuntimeEntry::SlotAddress
            | RuntimeEntry::LeafEnd
            | RuntimeEntry::ReceiveStart
            | RuntimeEntry::ReceiveNext
            | RuntimeEntry::ReceiveAccept
            | RuntimeEntry::ReceiveRewind
            | RuntimeEntry::DeadlineIn
            | RuntimeEntry::IsTimeout
            | RuntimeEntry::Park
            | RuntimeEntry::NoMatch
            | RuntimeEntry::Vacate
            | RuntimeEntry::FailureReason => {
                return Err(Fault::new(FaultKind::Panic, "not for the interpreter"));
            }
        })
    }
}

fn arithmetic(op: ArithOp) -> fn(&Value, &Value) -> Result<Value, Fault> {
    match op {
        ArithOp::Add => number::add,
        ArithOp::Sub => number::sub,
        ArithOp::Mul => number::mul,
        ArithOp::Div => number::div,
        ArithOp::Quot => number::quot,
        ArithOp::Rem => number::rem,
        ArithOp::Mod => number::modulo,
        ArithOp::BitAnd => bits::and,
        ArithOp::BitOr => bits::or,
        ArithOp::BitXor => bits::xor,
        ArithOp::ShiftLeft => bits::shift_left,
        ArithOp::ShiftRight => bits::shift_right,
        ArithOp::Max => core_arithmetic::greater,
        ArithOp::Min => core_arithmetic::lesser,
    }
}

fn unary(op: UnaryOp, a: &Value) -> Result<Value, Fault> {
    match op {
        UnaryOp::Neg => number::neg(a),
        UnaryOp::Abs => number::abs(a),
        UnaryOp::BitNot => bits::not(a),
        UnaryOp::Sqrt => Ok(Value::float(casts::to_f64("sqrt", a)?.sqrt())),
        UnaryOp::ToLong => casts::to_i64("long", a).map(number::int),
        UnaryOp::ToInt => Ok(number::int(casts::to_i32("int", a)?.into())),
        UnaryOp::ToDouble => casts::to_f64("double", a).map(Value::float),
    }
}

fn compare(op: CompareOp, a: &Value, b: &Value) -> Result<bool, Fault> {
    match op {
        CompareOp::Lt => comparison::less(a, b),
        CompareOp::Le => comparison::less_or_equal(a, b),
        CompareOp::Gt => comparison::less(b, a),
        CompareOp::Ge => comparison::less_or_equal(b, a),
        CompareOp::Eq => comparison::equivalent(a, b),
        CompareOp::Zero => core_comparison::is_zero(a),
        CompareOp::Pos => core_comparison::is_positive(a),
        CompareOp::Neg => core_comparison::is_negative(a),
        CompareOp::Even => core_comparison::parity("even?", a).map(|odd| !odd),
        CompareOp::Odd => core_comparison::parity("odd?", a),
    }
}
