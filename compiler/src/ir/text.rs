//! The text form of the IR: what `--emit ir` shows and snapshot tests compare.
//!
//! ```text
//! function user/f:1
//! b0(v0, v1):
//!   v2 = lt v1, 2
//! ```

use std::fmt::Write;

use batuta_runtime::function::VarBody;
use batuta_runtime::value::{Value, print};

use super::entity::{LiteralId, ValueId};
use super::function::{IrFunction, Literal};
use super::instruction::{Inst, Op, Target, Terminator, Unwind};

/// The function as text.
pub fn function_text(function: &IrFunction) -> String {
    let mut out = format!("function {}\n", function.name);
    for id in function.block_ids() {
        let block = function.block(id);
        let handler = match (block.is_handler, block.is_rare) {
            (true, _) => " handler",
            (false, true) => " rare",
            (false, false) => "",
        };
        let _ = writeln!(out, "{id}({}):{handler}", values(&block.params));
        for inst in &block.insts {
            let _ = writeln!(out, "  {}", inst_text(function, inst));
        }
        if let Some(end) = &block.end {
            let _ = writeln!(out, "  {}", end_text(function, end));
        }
    }
    out
}

fn values(values: &[ValueId]) -> String {
    values
        .iter()
        .map(ValueId::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn inst_text(function: &IrFunction, inst: &Inst) -> String {
    let mut out = String::new();
    if let Some(result) = inst.result {
        let _ = write!(out, "{result} = ");
    }
    out.push_str(&op_text(function, &inst.op));
    if inst.consumed != 0 {
        let operands = inst.op.operands();
        let consumed: Vec<ValueId> = operands
            .iter()
            .enumerate()
            .filter(|(position, _)| inst.consumed & (1 << position) != 0)
            .map(|(_, (value, _))| *value)
            .collect();
        let _ = write!(out, " consumes {}", values(&consumed));
    }
    if let Some(unwind) = &inst.unwind {
        out.push_str(&unwind_text(unwind));
    }
    out
}

fn unwind_text(unwind: &Unwind) -> String {
    let mut out = String::new();
    if !unwind.drops.is_empty() {
        let _ = write!(out, " failing drops {}", values(&unwind.drops));
    }
    if let Some(handler) = unwind.handler {
        let _ = write!(out, " failing to {handler}");
    }
    out
}

fn op_text(function: &IrFunction, op: &Op) -> String {
    match op {
        Op::Word(word) => format!("word {}", word_text(*word)),
        Op::Literal(literal) => format!("literal {}", literal_text(function, *literal)),
        Op::Capture(index) => format!("capture {index}"),
        Op::GlobalGet(var) => format!("global {}", literal_text(function, *var)),
        Op::Arith(op, a, b) => format!("{} {a}, {b}", op.name()),
        Op::Unary(op, a) => format!("{} {a}", op.name()),
        Op::ArrayGet(array, index) => format!("array_get {array}, {index}"),
        Op::ArraySet(array, index, element) => {
            format!("array_set {array}, {index}, {element}")
        }
        Op::ArrayLength(array) => format!("array_length {array}"),
        Op::Compare(op, a, b) => format!("{} {a}, {b}", op.name()),
        Op::Truthy(a) => format!("truthy {a}"),
        Op::Not(a) => format!("not {a}"),
        Op::FromBool(a) => format!("from_bool {a}"),
        Op::SameWord(a, b) => format!("same_word {a}, {b}"),
        Op::Change(change, _, _, args) => format!("{} {}", change.name(), values(args)),
        Op::Equal(_, a, b) => format!("equal {a}, {b}"),
        Op::LoadSlot(address) => format!("load_slot {address}"),
        Op::VarHolds(var, a) => format!("holds {}, {a}", literal_text(function, *var)),
        Op::Look(look, _, args) => format!("{} {}", look.name(), values(args)),
        Op::CallGlobal(var, args) => {
            format!("call {}({})", literal_text(function, *var), values(args))
        }
        Op::Call(callee, args) => format!("call {callee}({})", values(args)),
        Op::Runtime(entry, args) => format!("runtime {}({})", entry.symbol(), values(args)),
        Op::MakeClosure(code, captured) => {
            format!(
                "closure {}({})",
                literal_text(function, *code),
                values(captured)
            )
        }
        Op::CatchTake => "catch".to_owned(),
        Op::Poll => "poll".to_owned(),
        Op::Dup(a) => format!("dup {a}"),
        Op::Drop(a) => format!("drop {a}"),
    }
}

fn end_text(function: &IrFunction, end: &Terminator) -> String {
    match end {
        Terminator::Jump(target) => format!("jump {}", target_text(target)),
        Terminator::Branch(condition, then, otherwise) => {
            format!(
                "branch {condition} {}, {}",
                target_text(then),
                target_text(otherwise)
            )
        }
        Terminator::Return(value) => format!("return {value}"),
        Terminator::TailCallGlobal(var, args) => {
            format!(
                "tail_call {}({})",
                literal_text(function, *var),
                values(args)
            )
        }
        Terminator::TailCall(callee, args) => format!("tail_call {callee}({})", values(args)),
        Terminator::Rethrow(failure, unwind) => {
            format!("rethrow {failure}{}", unwind_text(unwind))
        }
    }
}

fn target_text(target: &Target) -> String {
    format!("{}({})", target.block, values(&target.args))
}

fn word_text(word: u64) -> String {
    // SAFETY: `Op::Word` holds words of values that are no pointers, which own nothing.
    print::short(unsafe { Value::borrow_word(&word) })
}

fn literal_text(function: &IrFunction, literal: LiteralId) -> String {
    match &function.literals[literal.index()] {
        Literal::Value(value) => print::short(value),
        Literal::Var(var) => var
            .as_object::<VarBody>()
            .map(VarBody::qualified)
            .unwrap_or_default(),
        Literal::Code(code) => format!("#code<{}>", code.name),
        Literal::Held { function, .. } => print::short(function),
    }
}
