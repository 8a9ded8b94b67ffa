//! The text of instructions.

use super::function::Text;
use crate::backends::cranelift::translate::leaf::leaf;
use crate::backends::cranelift::translate::{holds_builtin, names_float};
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::IrFunction;
use crate::ir::instruction::{Change, Inst, Look, Op, RuntimeEntry, Type};
use crate::ir::operator::{ArithOp, UnaryOp};

impl Text<'_> {
    /// What often returns at once does so before anything else: such a way saves no registers.
    pub(super) fn quick_return(&mut self) {
        let Some(leaf) = leaf(self.ir) else { return };
        let Some((op, a, b)) = leaf.small_test() else {
            return;
        };
        let insts = self.ir.blocks.iter().flat_map(|block| &block.insts);
        for inst in insts {
            if let (Op::Word(_), Some(result)) = (&inst.op, inst.result)
                && [a, b, leaf.returned()].contains(&result)
            {
                self.inst(inst);
            }
        }
        let wanted = leaf.returns_if();
        let test = format!("{}({}, {})", op.name(), self.value(a), self.value(b));
        let returned = self.value(leaf.returned());
        self.say(&format!(
            "if {test} == Some({wanted}) {{ return {returned}; }}"
        ));
    }

    pub(super) fn inst(&mut self, inst: &Inst) {
        let expression = match &inst.op {
            Op::Word(word) => return self.alias(inst, word_text(*word)),
            Op::Literal(literal) => {
                let literal = self.literal(*literal);
                return self.alias(inst, literal);
            }
            Op::Capture(index) => self.capture(*index),
            Op::GlobalGet(var) => {
                let is_owned = inst.result.is_some_and(|it| self.ir.is_counted(it));
                let entry = if is_owned { "global" } else { "global_seen" };
                format!("{entry}(cx, {})", self.var(*var))
            }
            Op::Arith(..)
            | Op::Unary(..)
            | Op::ArrayGet(..)
            | Op::ArraySet(..)
            | Op::ArrayLength(_)
            | Op::Compare(..)
            | Op::Equal(..) => return self.in_two_ways(inst),
            Op::Truthy(value) => format!("truthy({})", self.value(*value)),
            Op::Not(value) => format!("!{}", self.value(*value)),
            Op::FromBool(value) => format!("from_bool({})", self.value(*value)),
            Op::SameWord(a, b) => format!("{} == {}", self.value(*a), self.value(*b)),
            Op::VarHolds(var, function) => {
                let var = self.var(*var);
                format!("callee_of({var}) == {}", self.value(*function))
            }
            Op::Look(look, var, args) => self.look(*look, *var, args),
            Op::Change(change, var, held, args) => self.change(*change, *var, *held, args),
            Op::LoadSlot(address) => format!("load_slot(cx{})", self.values(&[*address])),
            Op::CallGlobal(var, args) => self.call_global(*var, args),
            Op::Call(callee, args) => {
                let (count, callee, args) = (args.len(), self.value(*callee), self.values(args));
                format!("call{count}(cx, {callee}{args})")
            }
            Op::Runtime(entry, args) => self.runtime(*entry, args),
            Op::MakeClosure(code, captured) => {
                let code = self.literal(*code);
                let captured: Vec<String> = captured.iter().map(|v| self.value(*v)).collect();
                format!("closure({code}, [{}])", captured.join(", "))
            }
            Op::CatchTake => "bt_catch_take(cx)".to_owned(),
            Op::Poll => return self.test_failure("poll(cx)", inst),
            Op::Dup(value) => {
                let line = format!("dup(cx{});", self.values(&[*value]));
                return self.say(&line);
            }
            Op::Drop(value) => {
                let line = format!("release(cx{});", self.values(&[*value]));
                return self.say(&line);
            }
        };
        let Some(result) = inst.result else {
            return self.say(&format!("{expression};"));
        };
        self.define(result, &expression);
        if inst.op.can_fail() {
            self.test_failure(&result.to_string(), inst);
        }
    }

    pub(super) fn alias(&mut self, inst: &Inst, text: String) {
        if let Some(result) = inst.result {
            self.aliases.insert(result, text);
        }
    }

    /// An operation with a quick way and a slow one.
    fn in_two_ways(&mut self, inst: &Inst) {
        let mask = inst.consumed;
        let operands: Vec<ValueId> = inst.op.operands().iter().map(|(v, _)| *v).collect();
        let words: Vec<String> = operands.iter().map(|v| self.value(*v)).collect();
        let words = words.join(", ");
        let (both, slow) = (format!("({words})"), format!("(cx, {words}, {mask})"));
        let in_context = format!("(cx, {words})");
        let (form, quick, slow) = match &inst.op {
            Op::Arith(op, ..) => {
                let name = arith_name(*op);
                let quick = match self.expects_floats && is_of_floats(*op) {
                    true => format!("{name}_floats{in_context}"),
                    false => format!("{name}{both}"),
                };
                ("first", quick, format!("{name}_slow{slow}"))
            }
            Op::Unary(op, _) => {
                let name = op.name();
                let quick = format!("{name}{in_context}");
                ("first", quick, format!("{name}_slow{slow}"))
            }
            Op::Compare(op, ..) => {
                let name = op.name();
                (
                    "compared",
                    format!("{name}{both}"),
                    format!("{name}_slow{slow}"),
                )
            }
            Op::Equal(var, ..) => {
                let look = format!("look_equal{in_context}");
                let slow = self.or_core(&look, *var, &operands);
                ("equal", format!("equal_in_place{both}"), slow)
            }
            op => {
                let (name, quick) = match op {
                    Op::ArrayGet(..) => ("array_get", &in_context),
                    Op::ArraySet(..) => ("array_set", &both),
                    _ => ("array_length", &both),
                };
                let slow = format!("{name}_slow{in_context}");
                ("first", format!("{name}{quick}"), slow)
            }
        };
        self.define_unless_failed(inst, &format!("{form}!({quick}; {slow}; "));
    }

    fn capture(&mut self, index: u32) -> String {
        match self.self_is_named {
            true => format!("capture(cx, this, {index})"),
            false => format!("take_captured(cx, this, {index})"),
        }
    }

    /// What is found in place or, failing that, what the core function says. The operands stay the
    /// function's own.
    fn or_core(&mut self, quick: &str, var: LiteralId, args: &[ValueId]) -> String {
        let dups: String = args
            .iter()
            .map(|arg| format!("dup(cx, {}); ", self.value(*arg)))
            .collect();
        let call = self.call_global(var, args);
        format!("match {quick} {{ NO_MATCH => {{ {dups}{call} }} found => found }}")
    }

    fn look(&mut self, look: Look, var: LiteralId, args: &[ValueId]) -> String {
        let quick = match look {
            Look::Nth => format!("nth(cx{})", self.values(args)),
            Look::NthOr => format!("nth_in_vector(cx{})", self.values(&args[..2])),
            // The leaves of the runtime.
            Look::Get
            | Look::Count
            | Look::First
            | Look::Rest
            | Look::Next
            | Look::Seq
            | Look::Deref
            | Look::Dispatch => format!("bt_look_{}(cx{})", look.name(), self.values(args)),
        };
        self.or_core(&quick, var, args)
    }

    fn change(
        &mut self,
        change: Change,
        var: LiteralId,
        held: ValueId,
        args: &[ValueId],
    ) -> String {
        let (place, held) = (self.var(var), self.value(held));
        let words: Vec<String> = args.iter().map(|arg| self.value(*arg)).collect();
        let in_place = match change {
            Change::Conj => format!("push_in_place({})", words.join(", ")),
            Change::Assoc => format!("assoc_in_place(cx, {})", words.join(", ")),
        };
        let call = self.call_global(var, args);
        let vector = &words[0];
        format!("if callee_of({place}) == {held} && {in_place} {{ {vector} }} else {{ {call} }}")
    }

    fn call_global(&mut self, var: LiteralId, args: &[ValueId]) -> String {
        let (count, place, words) = (args.len(), self.var(var), self.values(args));
        if let Some(callee) = self.callee(var, count) {
            if self.ir.is_own_call(var, count) && !self.leaves_calls {
                return format!("call_itself{count}(cx, {place}, this, {callee}{words})");
            }
            return format!("call_known{count}(cx, {place}, {callee}_entry, {callee}{words})");
        }
        match holds_builtin(&self.ir.literals[var.index()], count) {
            true => format!("call_builtin{count}(cx, {place}{words})"),
            false => format!("call_var{count}(cx, {place}{words})"),
        }
    }

    fn runtime(&mut self, entry: RuntimeEntry, args: &[ValueId]) -> String {
        let words = self.values(args);
        match (entry, args) {
            (RuntimeEntry::IsReduced, [value]) => format!("is_reduced({})", self.value(*value)),
            (RuntimeEntry::VectorCount, [vector]) => {
                format!("vector_count({})", self.value(*vector))
            }
            _ => {
                let call = format!("{}(cx{words})", entry.symbol());
                match entry.result_type() {
                    Type::Bool => format!("{call} != 0"),
                    Type::Any | Type::Immediate => call,
                }
            }
        }
    }
}

/// Is arithmetic likely to be one of floats?
pub(super) fn expects_floats(ir: &IrFunction) -> bool {
    let mut insts = ir.blocks.iter().flat_map(|block| &block.insts);
    let gives_float = |op: &Op| {
        let of_float = matches!(op, Op::Unary(UnaryOp::Sqrt | UnaryOp::ToDouble, _));
        of_float || matches!(op, Op::ArrayGet(..))
    };
    names_float(ir) || insts.any(|inst| gives_float(&inst.op))
}

/// A constant word.
fn word_text(word: u64) -> String {
    use batuta_runtime::value::{WORD_FALSE, WORD_NIL, WORD_TRUE};
    match word {
        WORD_NIL => "NIL".to_owned(),
        WORD_FALSE => "FALSE".to_owned(),
        WORD_TRUE => "TRUE".to_owned(),
        _ if word & 0b111 == 0 => format!("int({})", word as i64 >> 3),
        _ if (word ^ 0b100) & 0b110 == 0 => {
            let value = f64::from_bits(word.wrapping_sub(1).rotate_right(4));
            format!("float({value:?})")
        }
        _ => format!("{word:#x}"),
    }
}

fn arith_name(op: ArithOp) -> &'static str {
    match op {
        // `mod` is a word of Rust's own.
        ArithOp::Mod => "modulo",
        _ => op.name(),
    }
}

/// Has the operation a way of its own for floats?
fn is_of_floats(op: ArithOp) -> bool {
    use ArithOp::{Add, Div, Max, Min, Mul, Sub};
    matches!(op, Add | Sub | Mul | Div | Max | Min)
}
