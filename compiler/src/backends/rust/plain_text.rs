//! The text of plain functions, and of the test that leads to them in general ones.

use super::function::Text;
use super::plain::PlainFunction;
use super::plain_types::Plain;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::{ENTRY, Literal};
use crate::ir::instruction::{Inst, Op};
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

/// A plain function as its callers see it.
#[derive(Clone)]
pub(super) struct PlainCallee {
    /// What it is called.
    pub(super) name: String,
    /// May it come to no value?
    pub(super) may_fail: bool,
}

/// The plain version of the function whose text grows, or that it leads to.
pub(super) struct PlainContext<'a> {
    /// The version.
    pub(super) function: &'a PlainFunction,
    /// How it is called.
    pub(super) callee: PlainCallee,
    /// What must hold of vars for it to run.
    pub(super) conditions: Vec<String>,
    /// The general function's name and the static of its var.
    pub(super) general: (String, String),
}

impl Plain {
    /// The function that makes a plain value of a word.
    fn of_word(self) -> &'static str {
        match self {
            Plain::Nil => "as_nil",
            Plain::Bool => "as_bool",
            Plain::I64 => "as_i64",
            Plain::F64 => "as_f64",
            Plain::Longs => "as_longs",
            Plain::Doubles => "as_doubles",
        }
    }

    fn word(self, value: &str) -> String {
        let function = match self {
            Plain::Longs | Plain::Doubles => return format!("{value}.word"),
            Plain::Nil => "from_nil",
            Plain::Bool => "from_truth",
            Plain::I64 => "from_i64",
            Plain::F64 => "from_float",
        };
        format!("{function}(cx, {value})")
    }
}

impl Text<'_> {
    /// In a general function: the test of its arguments, and the call of its plain version.
    pub(super) fn way_to_plain(&mut self, plain: &PlainContext<'_>, arguments: &[String]) {
        let count = arguments.len();
        let params = &plain.function.params;
        let somes: Vec<String> = (1..=count).map(|n| format!("Some(p{n})")).collect();
        let tests: Vec<String> = params
            .iter()
            .zip(arguments)
            .map(|(kind, argument)| format!("{}({argument})", kind.of_word()))
            .collect();
        let mut all = plain.conditions.clone();
        let name = &plain.callee.name;
        if plain.function.gives_up {
            all.push(format!("{name}_tries.are_left()"));
        }
        if count > 0 {
            all.push(format!(
                "let ({}) = ({})",
                somes.join(", "),
                tests.join(", ")
            ));
        }
        let head = match all.is_empty() {
            true => String::new(),
            false => format!("if {} ", all.join(" && ")),
        };
        self.open(head.trim_end());
        let handed: Vec<String> = (1..=count).map(|n| format!("p{n}")).collect();
        let arrays = params.iter().zip(arguments);
        let arrays = arrays.filter(|(kind, _)| kind.element().is_some());
        let releases: String = arrays
            .map(|(_, argument)| format!("release(cx, {argument}); "))
            .collect();
        let word = plain.function.result.word("value");
        if plain.callee.may_fail {
            let handed = [vec!["cx".to_owned()], handed].concat().join(", ");
            self.open(&format!("match {name}({handed})"));
            self.say(&format!("Ok(value) => {{ {releases}return {word}; }}"));
            self.say(&format!(
                "Err(Left::Failed) => {{ {releases}return FAILED; }}"
            ));
            self.say(&match plain.function.gives_up {
                true => format!("Err(Left::GivesUp) => {name}_tries.one_less(),"),
                false => "Err(Left::GivesUp) => {}".to_owned(),
            });
            self.close();
        } else {
            self.say(&format!("let value = {name}({});", handed.join(", ")));
            self.say(&format!("{releases}return {word};"));
        }
        self.close();
    }

    /// The first line of a plain function.
    pub(super) fn plain_head(&mut self, plain: &PlainContext<'_>, changes: &str) -> String {
        let params = plain.function.ir.block(ENTRY).params[1..].iter();
        let params = params.zip(&plain.function.params);
        let mut list: Vec<String> = params
            .map(|(param, kind)| format!("{changes}{param}: {}", kind.rust()))
            .collect();
        let (name, result) = (&plain.callee.name, plain.function.result.rust());
        if !plain.callee.may_fail {
            return format!("pub fn {name}({}) -> {result} {{\n", list.join(", "));
        }
        list.insert(0, "cx: Cx".to_owned());
        let list = list.join(", ");
        format!("pub unsafe fn {name}({list}) -> Plainly<{result}> {{\n")
    }

    /// Where stack or time is short, the general function goes on: it can have more of both.
    pub(super) fn plain_check(&mut self, plain: &PlainContext<'_>) {
        if !plain.function.is_recursive {
            return;
        }
        let params = &plain.function.ir.block(ENTRY).params[1..];
        let words: String = params
            .iter()
            .zip(&plain.function.params)
            .map(|(param, kind)| format!("{}, ", kind.word(&param.to_string())))
            .collect();
        let (general, var) = &plain.general;
        let count = params.len();
        let call = format!("check{count}(cx, callee_of(&{var}), {words}{general}_entry)");
        let kind = plain.function.result.of_word();
        self.open("if must_stop(cx)");
        for (param, kind) in params.iter().zip(&plain.function.params) {
            if kind.element().is_some() {
                self.say(&format!("dup(cx, {param}.word);"));
            }
        }
        self.say(&format!("return again(cx, {call}, {kind});"));
        self.close();
    }

    fn kind(&self, value: ValueId) -> Option<Plain> {
        let plain = self.plain.as_ref()?;
        plain.function.types[value.index()]
    }

    fn is_integer(&self, value: ValueId) -> bool {
        self.kind(value) == Some(Plain::I64)
    }

    /// The type of a value's variable.
    pub(super) fn plain_type(&self, value: ValueId) -> &'static str {
        self.kind(value).map_or("bool", Plain::rust)
    }

    /// A number as a float.
    fn as_float(&self, value: ValueId) -> String {
        match self.is_integer(value) {
            true => format!("({} as f64)", self.value(value)),
            false => self.value(value),
        }
    }

    fn word(&self, value: ValueId) -> String {
        let shown = self.value(value);
        self.kind(value)
            .map_or(shown.clone(), |kind| kind.word(&shown))
    }

    /// What follows when there is no value: the slow way says why.
    fn or_left(&mut self, quick: &str, slow: &str, inst: &Inst) -> String {
        let sites = self.sites(inst);
        format!(
            "match {quick} {{ Some(value) => value, None => return Err(left(cx, {slow}, {sites})) }}"
        )
    }

    /// An instruction of a plain function.
    pub(super) fn plain_inst(&mut self, inst: &Inst) {
        let ir = self.ir;
        let text = match &inst.op {
            Op::Word(word) => return self.alias(inst, plain_constant(*word)),
            Op::Literal(literal) => {
                return match &ir.literals[literal.index()] {
                    Literal::Value(value) if value.as_float().is_some() => {
                        let text = float_text(value.as_float().unwrap_or_default());
                        self.alias(inst, text);
                    }
                    _ => {}
                };
            }
            Op::Dup(_) | Op::Drop(_) => return,
            Op::VarHolds(..) => return self.alias(inst, "true".to_owned()),
            Op::Arith(op, a, b) if inst.result.is_some_and(|result| self.is_integer(result)) => {
                self.integer_arithmetic(*op, *a, *b, inst)
            }
            Op::Arith(op, a, b) => self.float_arithmetic(*op, *a, *b, inst),
            Op::Unary(op, a) => self.plain_unary(*op, *a, inst),
            Op::Compare(op, a, b) => self.plain_compare(*op, *a, *b),
            Op::Equal(_, a, b) | Op::SameWord(a, b) => {
                format!("{} == {}", self.value(*a), self.value(*b))
            }
            Op::Truthy(value) => match self.kind(*value) {
                Some(Plain::Bool) => self.value(*value),
                kind => (kind != Some(Plain::Nil)).to_string(),
            },
            Op::Not(value) => format!("!{}", self.value(*value)),
            Op::FromBool(value) => self.value(*value),
            Op::ArrayGet(array, index) => {
                let (array, index, word) =
                    (self.value(*array), self.value(*index), self.word(*index));
                let slow = format!("array_get_slow(cx, {array}.word, {word})");
                self.or_left(&format!("{array}.get({index})"), &slow, inst)
            }
            Op::ArraySet(array, index, value) => self.plain_set(*array, *index, *value, inst),
            Op::ArrayLength(array) => format!("{}.len()", self.value(*array)),
            Op::CallGlobal(var, args) => self.plain_call(*var, args, Some(inst)),
            Op::Poll => {
                let sites = self.sites(inst);
                return self.say(&format!("poll_plainly(cx, {sites})?;"));
            }
            _ => unreachable!("no plain function has such an instruction"),
        };
        match inst.result {
            Some(result) => self.define(result, &text),
            None => self.say(&format!("{text};")),
        }
    }

    fn fits(&self, inst: &Inst) -> bool {
        let plain = self.plain.as_ref();
        inst.result
            .zip(plain)
            .is_some_and(|(result, plain)| plain.function.ranges.fits(result))
    }

    fn integer_arithmetic(&mut self, op: ArithOp, a: ValueId, b: ValueId, inst: &Inst) -> String {
        let (left, right) = (self.value(a), self.value(b));
        let slow = |name: &str, text: &Self| {
            format!("{name}_slow(cx, {}, {}, 3)", text.word(a), text.word(b))
        };
        let fits = self.fits(inst);
        let checked = |name: &str| format!("{left}.checked_{name}({right}).ok_or(Left::GivesUp)?");
        let quick = match op {
            ArithOp::Add if fits => return format!("{left} + {right}"),
            ArithOp::Sub if fits => return format!("{left} - {right}"),
            ArithOp::Mul if fits => return format!("{left} * {right}"),
            ArithOp::Add => return checked("add"),
            ArithOp::Sub => return checked("sub"),
            ArithOp::Mul => return checked("mul"),
            ArithOp::BitAnd => return format!("{left} & {right}"),
            ArithOp::BitOr => return format!("{left} | {right}"),
            ArithOp::BitXor => return format!("{left} ^ {right}"),
            ArithOp::Max => return format!("{left}.max({right})"),
            ArithOp::Min => return format!("{left}.min({right})"),
            ArithOp::ShiftLeft => {
                return format!("left_shifted({left}, {right}).ok_or(Left::GivesUp)?");
            }
            ArithOp::ShiftRight => {
                return format!("right_shifted({left}, {right}).ok_or(Left::GivesUp)?");
            }
            ArithOp::Div => ("exact_quotient", slow("div", self)),
            ArithOp::Quot => ("quotient", slow("quot", self)),
            ArithOp::Rem => ("remainder", slow("rem", self)),
            ArithOp::Mod => ("modulus", slow("modulo", self)),
        };
        let call = format!("{}({left}, {right})", quick.0);
        let is_certain = op != ArithOp::Div && fits && self.is_never_zero(b);
        match is_certain {
            true => format!("{call}.unwrap_or(0)"),
            false => self.or_left(&call, &quick.1, inst),
        }
    }

    fn is_never_zero(&self, value: ValueId) -> bool {
        let plain = self.plain.as_ref();
        plain.is_some_and(|plain| plain.function.ranges.is_never_zero(value))
    }

    fn float_arithmetic(&mut self, op: ArithOp, a: ValueId, b: ValueId, inst: &Inst) -> String {
        let (left, right) = (self.as_float(a), self.as_float(b));
        match op {
            ArithOp::Add => format!("{left} + {right}"),
            ArithOp::Sub => format!("{left} - {right}"),
            ArithOp::Mul => format!("{left} * {right}"),
            ArithOp::Max => format!("greater({left}, {right})"),
            ArithOp::Min => format!("lesser({left}, {right})"),
            // By the integer zero it is a fault.
            _ if self.is_integer(b) && !self.is_never_zero(b) => {
                let slow = format!("div_slow(cx, {}, {}, 3)", self.word(a), self.word(b));
                let zero = self.value(b);
                let quick = format!("if {zero} == 0 {{ None }} else {{ Some({left} / {right}) }}");
                self.or_left(&format!("({quick})"), &slow, inst)
            }
            _ => format!("{left} / {right}"),
        }
    }

    fn plain_unary(&mut self, op: UnaryOp, a: ValueId, inst: &Inst) -> String {
        let value = self.value(a);
        let fits = self.fits(inst);
        match (op, self.is_integer(a)) {
            (UnaryOp::Sqrt, _) => format!("root({})", self.as_float(a)),
            (UnaryOp::ToDouble, _) => self.as_float(a),
            (UnaryOp::BitNot, _) => format!("!{value}"),
            (UnaryOp::Neg, false) => format!("-{value}"),
            (UnaryOp::Abs, false) => format!("{value}.abs()"),
            (UnaryOp::Neg, true) if fits => format!("-{value}"),
            (UnaryOp::Abs, true) if fits => format!("{value}.abs()"),
            (UnaryOp::Neg, true) => format!("{value}.checked_neg().ok_or(Left::GivesUp)?"),
            (UnaryOp::Abs, true) => format!("{value}.checked_abs().ok_or(Left::GivesUp)?"),
            (_, true) => value,
            (_, false) => format!("integer_part({value}).ok_or(Left::GivesUp)?"),
        }
    }

    fn plain_compare(&mut self, op: CompareOp, a: ValueId, b: ValueId) -> String {
        let sign = match op {
            CompareOp::Lt | CompareOp::Neg => "<",
            CompareOp::Le => "<=",
            CompareOp::Gt | CompareOp::Pos => ">",
            CompareOp::Ge => ">=",
            CompareOp::Eq | CompareOp::Zero => "==",
            CompareOp::Even => return format!("{} & 1 == 0", self.value(a)),
            CompareOp::Odd => return format!("{} & 1 != 0", self.value(a)),
        };
        if self.is_integer(a) == self.is_integer(b) {
            return format!("{} {sign} {}", self.value(a), self.value(b));
        }
        format!("{} {sign} {}", self.beside_float(a), self.beside_float(b))
    }

    /// A number that is compared with one of the other kind.
    fn beside_float(&self, value: ValueId) -> String {
        let plain = self.plain.as_ref();
        let is_small = plain.is_some_and(|plain| plain.function.ranges.is_small(value));
        match self.is_integer(value) && !is_small {
            true => format!("(small({})? as f64)", self.value(value)),
            false => self.as_float(value),
        }
    }

    fn plain_set(&mut self, array: ValueId, index: ValueId, value: ValueId, inst: &Inst) -> String {
        let element = match self.kind(array) {
            Some(Plain::Doubles) => self.as_float(value),
            _ => self.value(value),
        };
        let (index_word, value_word) = (self.word(index), self.word(value));
        let (array, index) = (self.value(array), self.value(index));
        let slow = format!("array_set_slow(cx, {array}.word, {index_word}, {value_word})");
        self.or_left(&format!("{array}.set({index}, {element})"), &slow, inst)
    }

    /// A call of a plain function; one in tail position leaves no trace.
    pub(super) fn plain_call(
        &mut self,
        var: LiteralId,
        args: &[ValueId],
        inst: Option<&Inst>,
    ) -> String {
        let callee = self.outside.plain_callee(var, args.len());
        let callee = callee.expect("a plain function calls plain functions only");
        let block = self.block;
        let mut handed: Vec<String> = args.iter().map(|arg| self.argument(*arg, block)).collect();
        if !callee.may_fail {
            return format!("{}({})", callee.name, handed.join(", "));
        }
        handed.insert(0, "cx".to_owned());
        let call = format!("{}({})", callee.name, handed.join(", "));
        match inst {
            None => format!("{call}?"),
            Some(inst) => {
                let sites = self.sites(inst);
                format!(
                    "match {call} {{ Ok(value) => value, Err(why) => return Err(passed(cx, why, {sites})) }}"
                )
            }
        }
    }

    /// An argument of a plain function, which takes no integers from the ends of the range.
    pub(super) fn argument(&self, value: ValueId, block: crate::ir::entity::BlockId) -> String {
        let shown = self.value(value);
        let is_certain = !self.is_integer(value)
            || self
                .plain
                .as_ref()
                .is_some_and(|plain| plain.function.ranges.is_argument(value, block));
        match is_certain {
            true => shown,
            false => format!("argument({shown})?"),
        }
    }

    /// The statement that gives a value to the caller.
    pub(super) fn plain_return(&mut self, value: &str) {
        let may_fail = self
            .plain
            .as_ref()
            .is_some_and(|plain| plain.callee.may_fail);
        match may_fail {
            true => self.say(&format!("return Ok({value});")),
            false => self.say(&format!("return {value};")),
        }
    }
}

fn plain_constant(word: u64) -> String {
    use batuta_runtime::value::{WORD_FALSE, WORD_NIL, WORD_TRUE};
    match word {
        WORD_NIL => "()".to_owned(),
        WORD_FALSE => "false".to_owned(),
        WORD_TRUE => "true".to_owned(),
        _ if word & 0b111 == 0 => match word as i64 >> 3 {
            value @ 0.. => format!("{value}_i64"),
            value => format!("({value}_i64)"),
        },
        _ => float_text(f64::from_bits(word.wrapping_sub(1).rotate_right(4))),
    }
}

fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "f64::NAN".to_owned();
    }
    match (value.is_infinite(), value.is_sign_negative()) {
        (true, false) => "f64::INFINITY".to_owned(),
        (true, true) => "f64::NEG_INFINITY".to_owned(),
        (false, false) => format!("{value:?}_f64"),
        (false, true) => format!("({value:?}_f64)"),
    }
}
