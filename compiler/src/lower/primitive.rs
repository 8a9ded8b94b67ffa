//! Primitives: operations with an instruction of their own, and conditions.

use batuta_runtime::function::{CodeSource, FunctionBody, VarBody};
use batuta_runtime::value::Value;

use crate::core_tree::{Core, CoreKind, Primitive, VarRef};
use crate::ir::entity::ValueId;
use crate::ir::function::Literal;
use crate::ir::instruction::{Op, RuntimeEntry};
use crate::ir::operator::{ArithOp, CompareOp};

use super::Lower;

/// The builtin that the var holds, if it does.
pub(super) fn builtin_in(var: &VarRef) -> Option<Value> {
    let _pin = batuta_runtime::quiescence::pin();
    let root = var.0.as_object::<VarBody>().and_then(VarBody::root)?;
    let function = root.as_object::<FunctionBody>()?;
    matches!(function.code.source, CodeSource::Native(_)).then(|| root.clone())
}

impl Lower<'_> {
    /// Lowers a node to a `Bool`: is its value neither nil nor false?
    pub(super) fn condition(&mut self, core: &Core) -> Option<ValueId> {
        if let CoreKind::Primitive(primitive, args) = &core.kind {
            let place = self.builder.set_span(core.span);
            let test = self.test(*primitive, args);
            self.builder.restore_place(place);
            if let Some(test) = test {
                return test;
            }
        }
        if let CoreKind::CallGlobal(var, args) = &core.kind
            && self.is_equality(var, args.len())
        {
            let place = self.builder.set_span(core.span);
            let values = self.values(args)?;
            let equal = self.equality(var, values[0], values[1]);
            self.builder.restore_place(place);
            return Some(equal);
        }
        let value = self.value(core)?;
        Some(self.builder.value(Op::Truthy(value)))
    }

    /// A primitive that gives a truth value, as a `Bool`. Outer `None`: it is none of those.
    fn test(&mut self, primitive: Primitive, args: &[Core]) -> Option<Option<ValueId>> {
        if primitive == Primitive::Not {
            return Some(
                self.condition(&args[0])
                    .map(|c| self.builder.value(Op::Not(c))),
            );
        }
        let asked = match primitive {
            Primitive::IsReduced => Some(RuntimeEntry::IsReduced),
            Primitive::CoreUnchanged => Some(RuntimeEntry::CoreUnchanged),
            _ => None,
        };
        if let Some(entry) = asked {
            let asking = self.runtime(entry, args);
            return Some(asking.map(|op| self.builder.value(op)));
        }
        if let Primitive::Test(op) = primitive {
            return Some(
                self.value(&args[0])
                    .map(|value| self.test_of_number(op, value)),
            );
        }
        if let Primitive::GuardedTest(op, name) = primitive {
            let word = self.guarded_test(op, name, &args[0]);
            return Some(word.map(|word| self.builder.value(Op::Truthy(word))));
        }
        let op: fn(ValueId, ValueId) -> Op = match primitive {
            Primitive::Lt => |a, b| Op::Compare(CompareOp::Lt, a, b),
            Primitive::Le => |a, b| Op::Compare(CompareOp::Le, a, b),
            Primitive::Gt => |a, b| Op::Compare(CompareOp::Gt, a, b),
            Primitive::Ge => |a, b| Op::Compare(CompareOp::Ge, a, b),
            Primitive::NumEq => |a, b| Op::Compare(CompareOp::Eq, a, b),
            Primitive::Identical | Primitive::WordEq | Primitive::IsNil => Op::SameWord,
            _ => return None,
        };
        Some(
            self.two_operands(primitive, args)
                .map(|(a, b)| self.builder.value(op(a, b))),
        )
    }

    fn test_of_number(&mut self, op: CompareOp, value: ValueId) -> ValueId {
        let zero = self.builder.word(batuta_runtime::number::int(0).word());
        self.builder.value(Op::Compare(op, value, zero))
    }

    /// The test while the core function is what it was, else a call of it.
    fn guarded_test(
        &mut self,
        op: CompareOp,
        name: &'static str,
        argument: &Core,
    ) -> Option<ValueId> {
        let value = self.value(argument)?;
        let var = self.surroundings.core_var(name);
        let function = builtin_in(&var).map(|function| {
            let var = var.0.clone();
            let literal = self.builder.literal(Literal::Held { var, function });
            self.builder.value(Op::Literal(literal))
        });
        let var = self.var_literal(&var);
        let exit = self.builder.add_block();
        let result = self.builder.add_param(exit);
        if let Some(function) = function {
            let (quick, call) = (self.builder.add_block(), self.builder.add_rare_block());
            let holds = self.builder.value(Op::VarHolds(var, function));
            self.builder.branch(holds, quick, call);
            self.builder.switch_to(quick);
            let test = self.test_of_number(op, value);
            let word = self.builder.value(Op::FromBool(test));
            self.builder.jump(exit, vec![word]);
            self.builder.switch_to(call);
        }
        let word = self.builder.value(Op::CallGlobal(var, vec![value]));
        self.builder.jump(exit, vec![word]);
        self.builder.switch_to(exit);
        Some(result)
    }

    fn two_operands(&mut self, primitive: Primitive, args: &[Core]) -> Option<(ValueId, ValueId)> {
        let a = self.value(&args[0])?;
        let b = if primitive == Primitive::IsNil {
            self.nil()
        } else {
            self.value(&args[1])?
        };
        Some((a, b))
    }

    pub(super) fn primitive(&mut self, primitive: Primitive, args: &[Core]) -> Option<ValueId> {
        if let Primitive::GuardedTest(op, name) = primitive {
            return self.guarded_test(op, name, &args[0]);
        }
        if let Some(test) = self.test(primitive, args) {
            let test = test?;
            return Some(self.builder.value(Op::FromBool(test)));
        }
        let op = match primitive {
            Primitive::Add => self.arithmetic(ArithOp::Add, args)?,
            Primitive::Sub => self.arithmetic(ArithOp::Sub, args)?,
            Primitive::Mul => self.arithmetic(ArithOp::Mul, args)?,
            Primitive::Inc => self.step(ArithOp::Add, &args[0])?,
            Primitive::Dec => self.step(ArithOp::Sub, &args[0])?,
            Primitive::Arith(op) => self.arithmetic(op, args)?,
            Primitive::Unary(op) => Op::Unary(op, self.value(&args[0])?),
            Primitive::ArrayGet => {
                let (array, index) = (self.value(&args[0])?, self.value(&args[1])?);
                Op::ArrayGet(array, index)
            }
            Primitive::ArraySet => {
                let (array, index) = (self.value(&args[0])?, self.value(&args[1])?);
                Op::ArraySet(array, index, self.value(&args[2])?)
            }
            Primitive::ArrayLength => Op::ArrayLength(self.value(&args[0])?),
            Primitive::IsVector => self.class_test("vector", &args[0])?,
            Primitive::IsMap => self.runtime(RuntimeEntry::IsMap, args)?,
            Primitive::IsClass => {
                let value = self.value(&args[0])?;
                let class = self.value(&args[1])?;
                Op::Runtime(RuntimeEntry::IsClass, vec![class, value])
            }
            Primitive::VectorCount => self.runtime(RuntimeEntry::VectorCount, args)?,
            Primitive::VectorNth => self.runtime(RuntimeEntry::VectorNth, args)?,
            Primitive::SlotAddress => self.runtime(RuntimeEntry::SlotAddress, args)?,
            Primitive::LeafEnd => self.runtime(RuntimeEntry::LeafEnd, args)?,
            Primitive::LoadSlot => Op::LoadSlot(self.value(&args[0])?),
            Primitive::ReceiveStart => self.runtime(RuntimeEntry::ReceiveStart, args)?,
            Primitive::ReceiveNext => self.runtime(RuntimeEntry::ReceiveNext, args)?,
            Primitive::ReceiveAccept => self.runtime(RuntimeEntry::ReceiveAccept, args)?,
            Primitive::ReceiveRewind => self.runtime(RuntimeEntry::ReceiveRewind, args)?,
            Primitive::DeadlineIn => self.runtime(RuntimeEntry::DeadlineIn, args)?,
            Primitive::IsTimeout => self.runtime(RuntimeEntry::IsTimeout, args)?,
            Primitive::Park => self.runtime(RuntimeEntry::Park, args)?,
            Primitive::NoMatch => {
                let message = self.value(&args[0])?;
                let matcher = self.builder.function().self_value();
                Op::Runtime(RuntimeEntry::NoMatch, vec![message, matcher])
            }
            Primitive::Lt
            | Primitive::Le
            | Primitive::Gt
            | Primitive::Ge
            | Primitive::NumEq
            | Primitive::Identical
            | Primitive::IsNil
            | Primitive::WordEq
            | Primitive::IsReduced
            | Primitive::CoreUnchanged
            | Primitive::Test(_)
            | Primitive::GuardedTest(..)
            | Primitive::Not => unreachable!("lowered by `test`"),
        };
        Some(self.builder.value(op))
    }

    fn arithmetic(&mut self, op: ArithOp, args: &[Core]) -> Option<Op> {
        let a = self.value(&args[0])?;
        let b = self.value(&args[1])?;
        Some(Op::Arith(op, a, b))
    }

    fn step(&mut self, op: ArithOp, arg: &Core) -> Option<Op> {
        let a = self.value(arg)?;
        let one = self.builder.word(batuta_runtime::number::int(1).word());
        Some(Op::Arith(op, a, one))
    }

    fn class_test(&mut self, class: &str, arg: &Core) -> Option<Op> {
        let value = self.value(arg)?;
        let class = self.constant(&Value::keyword(class));
        Some(Op::Runtime(RuntimeEntry::IsClass, vec![class, value]))
    }

    fn runtime(&mut self, entry: RuntimeEntry, args: &[Core]) -> Option<Op> {
        let values = self.values(args)?;
        Some(Op::Runtime(entry, values))
    }
}
