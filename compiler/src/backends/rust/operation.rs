//! The text of instructions.

use super::function::Text;
use crate::backends::cranelift::translate::holds_builtin;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{
    ArithOp, Change, CompareOp, Inst, Look, Op, RuntimeEntry, Type, UnaryOp,
};

impl Text<'_> {
    pub(super) fn inst(&mut self, inst: &Inst) {
        let mask = inst.consumed;
        let expression = match &inst.op {
            Op::Word(word) => return self.alias(inst, word_text(*word)),
            Op::Literal(literal) => {
                let literal = self.literal(*literal);
                return self.alias(inst, literal);
            }
            Op::Capture(index) => self.capture(*index),
            Op::GlobalGet(var) => format!("global(cx, {})", self.var(*var)),
            Op::Arith(op, a, b) => {
                let name = arith_name(*op, self.expects_floats);
                format!("{name}(cx{}, {mask})", self.values(&[*a, *b]))
            }
            Op::Unary(op, a) => format!("{}(cx{}, {mask})", unary_name(*op), self.values(&[*a])),
            Op::ArrayGet(array, index) => {
                format!("array_get(cx{})", self.values(&[*array, *index]))
            }
            Op::ArraySet(array, index, value) => {
                format!("array_set(cx{})", self.values(&[*array, *index, *value]))
            }
            Op::ArrayLength(array) => format!("array_length(cx{})", self.values(&[*array])),
            Op::Compare(op, a, b) => {
                let name = compare_name(*op);
                let test = format!("{name}(cx{}, {mask})", self.values(&[*a, *b]));
                return self.tested(inst, &test, "1 ==");
            }
            Op::Equal(var, a, b) => {
                let quick = format!("equal(cx{})", self.values(&[*a, *b]));
                let word = self.or_core(&quick, *var, &[*a, *b]);
                return self.tested(inst, &word, "truthy");
            }
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

    fn alias(&mut self, inst: &Inst, text: String) {
        if let Some(result) = inst.result {
            self.aliases.insert(result, text);
        }
    }

    /// A truth value that comes as a word which may be the mark of a failure.
    fn tested(&mut self, inst: &Inst, word: &str, test: &str) {
        let Some(result) = inst.result else {
            return;
        };
        let answer = format!("t{}", result.0);
        self.say(&format!("let {answer} = {word};"));
        self.test_failure(&answer, inst);
        let truth = match test {
            "truthy" => format!("truthy({answer})"),
            test => format!("{test} {answer}"),
        };
        self.define(result, &truth);
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
            Look::Get => format!("get(cx{})", self.values(args)),
            Look::Count => format!("count(cx{})", self.values(args)),
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

fn arith_name(op: ArithOp, expects_floats: bool) -> &'static str {
    match (op, expects_floats) {
        (ArithOp::Add, false) => "add",
        (ArithOp::Add, true) => "add_floats",
        (ArithOp::Sub, false) => "sub",
        (ArithOp::Sub, true) => "sub_floats",
        (ArithOp::Mul, false) => "mul",
        (ArithOp::Mul, true) => "mul_floats",
        (ArithOp::Div, false) => "div",
        (ArithOp::Div, true) => "div_floats",
        (ArithOp::Max, false) => "max",
        (ArithOp::Max, true) => "max_floats",
        (ArithOp::Min, false) => "min",
        (ArithOp::Min, true) => "min_floats",
        (ArithOp::Quot, _) => "quot",
        (ArithOp::Rem, _) => "rem",
        (ArithOp::Mod, _) => "modulo",
        (ArithOp::BitAnd, _) => "bit_and",
        (ArithOp::BitOr, _) => "bit_or",
        (ArithOp::BitXor, _) => "bit_xor",
        (ArithOp::ShiftLeft, _) => "shift_left",
        (ArithOp::ShiftRight, _) => "shift_right",
    }
}

fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "neg",
        UnaryOp::Abs => "abs",
        UnaryOp::BitNot => "bit_not",
        UnaryOp::Sqrt => "sqrt",
        UnaryOp::ToLong => "to_long",
        UnaryOp::ToInt => "to_int",
        UnaryOp::ToDouble => "to_double",
    }
}

fn compare_name(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "lt",
        CompareOp::Le => "le",
        CompareOp::Gt => "gt",
        CompareOp::Ge => "ge",
        CompareOp::Eq => "num_eq",
        CompareOp::Zero => "is_zero",
        CompareOp::Pos => "is_pos",
        CompareOp::Neg => "is_neg",
        CompareOp::Even => "is_even",
        CompareOp::Odd => "is_odd",
    }
}
