//! The types of plain values, and what operations make of them.

use batuta_runtime::function::VarBody;
use batuta_runtime::value::{WORD_FALSE, WORD_NIL, WORD_TRUE};

use crate::ir::entity::ValueId;
use crate::ir::function::{IrFunction, Literal};
use crate::ir::instruction::Op;
use crate::ir::operator::{ArithOp, UnaryOp};

/// A type of plain values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Nil,
    Bool,
    I64,
    F64,
    Longs,
    Doubles,
}

impl Plain {
    /// The type as Rust.
    pub(super) fn rust(self) -> &'static str {
        match self {
            Plain::Nil => "()",
            Plain::Bool => "bool",
            Plain::I64 => "i64",
            Plain::F64 => "f64",
            Plain::Longs => "Array<i64>",
            Plain::Doubles => "Array<f64>",
        }
    }

    pub(super) fn is_array(self) -> bool {
        matches!(self, Plain::Longs | Plain::Doubles)
    }

    fn is_number(self) -> bool {
        matches!(self, Plain::I64 | Plain::F64)
    }

    /// The elements of an array.
    pub(super) fn element(self) -> Option<Plain> {
        match self {
            Plain::Longs => Some(Plain::I64),
            Plain::Doubles => Some(Plain::F64),
            _ => None,
        }
    }
}

/// What is known of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing yet.
    Nothing,
    /// One type.
    Always(Plain),
    /// More than one type, or none that is plain.
    Other,
}

impl Known {
    pub(super) fn or(self, other: Known) -> Known {
        match (self, other) {
            (Known::Nothing, known) | (known, Known::Nothing) => known,
            (a, b) if a == b => a,
            _ => Known::Other,
        }
    }

    pub(super) fn plain(self) -> Option<Plain> {
        match self {
            Known::Always(plain) => Some(plain),
            Known::Nothing | Known::Other => None,
        }
    }
}

/// What some builtins always make.
pub(super) fn made_by_builtin(literal: &Literal) -> Known {
    let Literal::Var(var) = literal else {
        return Known::Other;
    };
    match var.as_object::<VarBody>().map(|body| &*body.name) {
        Some("double-array") => Known::Always(Plain::Doubles),
        Some("long-array") => Known::Always(Plain::Longs),
        Some("parse-long") => Known::Always(Plain::I64),
        Some("parse-double") => Known::Always(Plain::F64),
        _ => Known::Other,
    }
}

fn constant(word: u64) -> Known {
    match word {
        WORD_NIL => Known::Always(Plain::Nil),
        WORD_TRUE | WORD_FALSE => Known::Always(Plain::Bool),
        _ if word & 0b111 == 0 => Known::Always(Plain::I64),
        _ if (word ^ 0b100) & 0b110 == 0 => Known::Always(Plain::F64),
        _ => Known::Other,
    }
}

/// The type of what an operation gives.
pub(super) fn operation(ir: &IrFunction, op: &Op, types: &[Known]) -> Known {
    use Plain::{Bool, F64, I64, Nil};
    let of = |value: &ValueId| types[value.index()];
    // Nothing is said of the result as long as nothing is known of the operands.
    let with = |values: &[ValueId], f: &dyn Fn(&[Plain]) -> Option<Plain>| {
        if values.iter().any(|value| of(value) == Known::Other) {
            return Known::Other;
        }
        let plain: Option<Vec<Plain>> = values.iter().map(|value| of(value).plain()).collect();
        plain.map_or(Known::Nothing, |plain| {
            f(&plain).map_or(Known::Other, Known::Always)
        })
    };
    let if_all = |values: &[ValueId], wanted: &dyn Fn(Plain) -> bool, result: Plain| {
        with(values, &|types| {
            types.iter().all(|t| wanted(*t)).then_some(result)
        })
    };
    match op {
        Op::Word(word) => constant(*word),
        Op::Literal(literal) => match &ir.literals[literal.index()] {
            Literal::Value(value) if value.as_float().is_some() => Known::Always(F64),
            _ => Known::Other,
        },
        Op::Arith(op, a, b) => with(&[*a, *b], &|types| arithmetic(*op, types[0], types[1])),
        Op::Unary(op, a) => with(&[*a], &|types| unary(*op, types[0])),
        Op::Compare(op, a, b) => match op.order() {
            Some(_) => if_all(&[*a, *b], &Plain::is_number, Bool),
            None => if_all(&[*a], &|t| t == I64, Bool),
        },
        Op::Equal(_, a, b) => with(&[*a, *b], &|types| {
            (types[0] == types[1] && !types[0].is_array()).then_some(Bool)
        }),
        Op::SameWord(a, b) => with(&[*a, *b], &|types| {
            (types[0] == types[1] && matches!(types[0], Bool | Nil)).then_some(Bool)
        }),
        Op::ArrayGet(array, index) => with(&[*array, *index], &|types| {
            types[0].element().filter(|_| types[1] == I64)
        }),
        Op::ArraySet(array, index, value) => with(&[*array, *index, *value], &|types| {
            let element = types[0].element()?;
            let fits = types[2] == element || element == F64 && types[2] == I64;
            (types[1] == I64 && fits).then_some(element)
        }),
        Op::ArrayLength(array) => if_all(&[*array], &Plain::is_array, I64),
        Op::Truthy(_) | Op::Not(_) | Op::FromBool(_) | Op::VarHolds(..) => Known::Always(Bool),
        _ => Known::Other,
    }
}

fn arithmetic(op: ArithOp, a: Plain, b: Plain) -> Option<Plain> {
    use Plain::{F64, I64};
    let is_of_both = matches!(
        op,
        ArithOp::Add | ArithOp::Sub | ArithOp::Mul | ArithOp::Div
    );
    match (a, b) {
        (I64, I64) => Some(I64),
        (F64, F64) if is_of_both || matches!(op, ArithOp::Max | ArithOp::Min) => Some(F64),
        (F64, I64) | (I64, F64) if is_of_both => Some(F64),
        _ => None,
    }
}

fn unary(op: UnaryOp, a: Plain) -> Option<Plain> {
    use Plain::{F64, I64};
    match (op, a) {
        (UnaryOp::Sqrt | UnaryOp::ToDouble, I64 | F64) => Some(F64),
        (UnaryOp::Neg | UnaryOp::Abs, I64 | F64) => Some(a),
        (UnaryOp::ToLong, I64 | F64) | (UnaryOp::BitNot, I64) => Some(I64),
        _ => None,
    }
}
