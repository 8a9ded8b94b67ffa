//! Calls of core functions that the IR has an instruction for.
//!
//! To add one: a row in `FOLDED`, `BINARY`, `UNARY` or an arm in [`Unit::operator`]. A call with a number of
//! arguments that has no instruction stays a call.

use batuta_lang::form::{Form, FormKind};
use batuta_lang::source::Span;
use batuta_runtime::value::{SMALL_INT_MAX, SMALL_INT_MIN, Value};

use super::unit::{Ctx, Unit, constant_value, if_, let_, local, primitive};
use crate::core_tree::{Core, CoreKind, LocalId, Primitive};
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

const FOLDED: [(&str, Primitive); 9] = [
    ("*", Primitive::Mul),
    ("+", Primitive::Add),
    ("-", Primitive::Sub),
    ("/", Primitive::Arith(ArithOp::Div)),
    ("bit-and", Primitive::Arith(ArithOp::BitAnd)),
    ("bit-or", Primitive::Arith(ArithOp::BitOr)),
    ("bit-xor", Primitive::Arith(ArithOp::BitXor)),
    ("max", Primitive::Arith(ArithOp::Max)),
    ("min", Primitive::Arith(ArithOp::Min)),
];

const BINARY: [(&str, Primitive); 7] = [
    ("aget", Primitive::ArrayGet),
    ("bit-shift-left", Primitive::Arith(ArithOp::ShiftLeft)),
    ("bit-shift-right", Primitive::Arith(ArithOp::ShiftRight)),
    ("identical?", Primitive::Identical),
    ("mod", Primitive::Arith(ArithOp::Mod)),
    ("quot", Primitive::Arith(ArithOp::Quot)),
    ("rem", Primitive::Arith(ArithOp::Rem)),
];

const CHAINED: [(&str, Primitive); 5] = [
    ("<", Primitive::Lt),
    ("<=", Primitive::Le),
    ("==", Primitive::NumEq),
    (">", Primitive::Gt),
    (">=", Primitive::Ge),
];

const UNARY: [(&str, Primitive); 21] = [
    ("-", Primitive::Unary(UnaryOp::Neg)),
    ("abs", Primitive::Unary(UnaryOp::Abs)),
    ("alength", Primitive::ArrayLength),
    ("bit-not", Primitive::Unary(UnaryOp::BitNot)),
    ("chunk-count*", Primitive::VectorCount),
    ("dec", Primitive::Dec),
    ("double", Primitive::Unary(UnaryOp::ToDouble)),
    ("even?", Primitive::GuardedTest(CompareOp::Even, "even?")),
    ("inc", Primitive::Inc),
    ("int", Primitive::Unary(UnaryOp::ToInt)),
    ("long", Primitive::Unary(UnaryOp::ToLong)),
    ("math/abs", Primitive::Unary(UnaryOp::Abs)),
    ("math/sqrt", Primitive::Unary(UnaryOp::Sqrt)),
    ("neg?", Primitive::Test(CompareOp::Neg)),
    ("nil?", Primitive::IsNil),
    ("not", Primitive::Not),
    ("odd?", Primitive::GuardedTest(CompareOp::Odd, "odd?")),
    ("pos?", Primitive::Test(CompareOp::Pos)),
    ("reduced?", Primitive::IsReduced),
    ("sqrt", Primitive::Unary(UnaryOp::Sqrt)),
    ("zero?", Primitive::Test(CompareOp::Zero)),
];

/// The operation that a call of Batuta's own function with so many arguments is, if it takes them
/// as they are.
pub(crate) fn operation(name: &str, count: usize) -> Option<Primitive> {
    match count {
        1 => row(&UNARY, name),
        2 if name == "chunk-nth*" => Some(Primitive::VectorNth),
        2 => row(&FOLDED, name).or_else(|| row(&CHAINED, name)),
        _ => None,
    }
}

fn row(table: &[(&str, Primitive)], name: &str) -> Option<Primitive> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, operation)| *operation)
}

impl Unit<'_> {
    /// The call `(name args…)` of Batuta's own function as an operation, if there is one.
    pub(super) fn operator(
        &mut self,
        name: &str,
        args: &[Form],
        span: Span,
        ctx: Ctx,
    ) -> Option<Core> {
        match args {
            [only] => {
                let operation = row(&UNARY, name)?;
                let value = self.expr(only, ctx.value());
                Some(primitive(operation, vec![value], span))
            }
            [first, second] if matches!(name, "=" | "not=") => {
                let test = self.equals_immediate(first, second, span, ctx)?;
                let negated = || primitive(Primitive::Not, vec![test.clone()], span);
                Some(if name == "=" { test } else { negated() })
            }
            [_, _] if name == "chunk-nth*" => {
                let arguments = self.exprs(args, ctx);
                Some(primitive(Primitive::VectorNth, arguments, span))
            }
            [_, _] if row(&BINARY, name).is_some() => {
                let arguments = self.exprs(args, ctx);
                row(&BINARY, name).map(|operation| primitive(operation, arguments, span))
            }
            [_, _, _] if name == "aset" => {
                let arguments = self.exprs(args, ctx);
                Some(primitive(Primitive::ArraySet, arguments, span))
            }
            [_, _, ..] => self.arithmetic(name, args, span, ctx),
            [] => None,
        }
    }

    fn arithmetic(&mut self, name: &str, args: &[Form], span: Span, ctx: Ctx) -> Option<Core> {
        if let Some(operation) = row(&FOLDED, name) {
            let arguments = self.exprs(args, ctx);
            return arguments
                .into_iter()
                .reduce(|left, right| primitive(operation, vec![left, right], span));
        }
        let operation = row(&CHAINED, name)?;
        let arguments = self.exprs(args, ctx);
        if arguments.len() == 2 {
            return Some(primitive(operation, arguments, span));
        }
        Some(self.chain(operation, arguments, span))
    }

    /// `(< a b c)`: all are evaluated, then neighbours compared until one comparison fails.
    fn chain(&mut self, operation: Primitive, arguments: Vec<Core>, span: Span) -> Core {
        let bindings: Vec<(LocalId, Core)> = arguments
            .into_iter()
            .map(|argument| (self.fresh("operand"), argument))
            .collect();
        let compare = |pair: &[(LocalId, Core)]| {
            let operands = vec![local(pair[0].0, span), local(pair[1].0, span)];
            primitive(operation, operands, span)
        };
        let comparisons: Vec<Core> = bindings.windows(2).map(compare).collect();
        let no = || constant_value(Value::FALSE, span);
        let chained = comparisons
            .into_iter()
            .rev()
            .reduce(|rest, test| if_(test, rest, no(), span));
        let_(bindings, chained.unwrap_or_else(no), span)
    }

    /// `(= x :k)` and its like: one comparison of words.
    fn equals_immediate(
        &mut self,
        first: &Form,
        second: &Form,
        span: Span,
        ctx: Ctx,
    ) -> Option<Core> {
        let (value, literal) = match (is_immediate(first), is_immediate(second)) {
            (_, true) => (first, second),
            (true, false) => (second, first),
            (false, false) => return None,
        };
        let arguments = vec![
            self.expr(value, ctx.value()),
            self.expr(literal, ctx.value()),
        ];
        Some(primitive(Primitive::WordEq, arguments, span))
    }
}

/// Is the literal's value one word that no other value is equal to?
pub(crate) fn is_immediate(form: &Form) -> bool {
    match &form.kind {
        FormKind::Nil | FormKind::Bool(_) | FormKind::Char(_) | FormKind::Keyword(_) => true,
        FormKind::Int(value) => (SMALL_INT_MIN..=SMALL_INT_MAX).contains(value),
        FormKind::BigInt(_)
        | FormKind::Ratio(..)
        | FormKind::Float(_)
        | FormKind::Decimal { .. }
        | FormKind::Str(_)
        | FormKind::Symbol(_)
        | FormKind::Regex(_)
        | FormKind::List(_)
        | FormKind::Vector(_)
        | FormKind::Map(_)
        | FormKind::Set(_)
        | FormKind::Tagged(..) => false,
    }
}

/// Does evaluating the node do nothing but give a value that is there already?
pub(crate) fn is_trivial(core: &Core) -> bool {
    matches!(core.kind, CoreKind::Const(_) | CoreKind::Local(_))
}
