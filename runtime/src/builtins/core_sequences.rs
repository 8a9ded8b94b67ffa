//! Sequences and calls over them in `batuta.core`. Functions that take functions are Batuta code,
//! but for `apply`, which only hands its arguments on.

use crate::builtin::{Builtin, BuiltinTable, Flow, Signal, at_least, exactly, row, tail_call};
use crate::builtins::core_sorted;
use crate::builtins::support::{take, take_all};
use crate::collections::seq::{self, Cursor, gather, with_seq};
use crate::collections::{is_seq, lazy_seq, list, range, slice, sorted, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{CodeSource, FunctionBody};
use crate::number;
use crate::value::Value;
use crate::value::cell::make_reduced;
use crate::value::object::Kind;

fn cons(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (item, rest) = (take(args, 0), take(args, 1));
    if rest.is_nil() || is_seq(&rest) {
        return Ok(list::cons_cell(item, rest));
    }
    with_seq(cx, "cons", rest, |_, rest| Ok(list::cons_cell(item, rest)))
}

fn list_star(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut items = take_all(args, 0);
    let rest = items.pop().unwrap_or_default();
    let onto = |items: Vec<Value>, rest| {
        Ok(items
            .into_iter()
            .rev()
            .fold(rest, |rest, item| list::cons_cell(item, rest)))
    };
    if items.is_empty() {
        return seq::seq(cx, rest);
    }
    if rest.is_nil() || is_seq(&rest) {
        return onto(items, rest);
    }
    with_seq(cx, "list*", rest, move |_, rest| onto(items, rest))
}

fn second(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let value = take(args, 0);
    if value.kind() == Some(Kind::Vector) {
        return Ok(vector::nth(&value, 1).cloned().unwrap_or_default());
    }
    gather(cx, "second", value, 2, |_, items, _| {
        Ok(items.into_iter().nth(1).unwrap_or_default())
    })
}

/// What is left behind the first n items; nil or empty as the sequence itself says.
fn nthrest(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let count = number::as_i64(&args[1])
        .ok_or_else(|| Fault::wrong_type("nthrest", "an integer", &args[1]))?;
    let value = take(args, 0);
    if count <= 0 {
        return Ok(value);
    }
    seq::consume(cx, Cursor::new("nthrest", value)?, Skip(count as usize))
}

struct Skip(usize);

impl seq::Consumer for Skip {
    fn item(&mut self, _: Value) -> Result<std::ops::ControlFlow<()>, Fault> {
        self.0 -= 1;
        Ok(if self.0 == 0 {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        })
    }

    fn finish(self, _: &mut Cx, rest: Cursor) -> Flow {
        let rest = rest.into_rest();
        Ok(if rest.is_nil() { list::empty() } else { rest })
    }
}

fn rseq(_: &mut Cx, args: &mut [Value]) -> Flow {
    if sorted::is_sorted(&args[0]) {
        return Ok(core_sorted::backwards(&args[0]));
    }
    if args[0].kind() != Some(Kind::Vector) {
        let wanted = "a vector or a sorted map or set";
        return Err(Fault::wrong_type("rseq", wanted, &args[0]).into());
    }
    let mut items: Vec<Value> = vector::iter(&args[0]).cloned().collect();
    items.reverse();
    Ok(slice::of(vector::from_vec(items), 0))
}

fn int_range(_: &mut Cx, args: &mut [Value]) -> Flow {
    let bound = |value: &Value| {
        number::as_i64(value)
            .ok_or_else(|| Fault::wrong_type("range", "integers of at most 64 bits", value))
    };
    let (start, end, step) = (bound(&args[0])?, bound(&args[1])?, bound(&args[2])?);
    range::range(start, end, step)
        .ok_or_else(|| Fault::new(FaultKind::Number, "`range`: a step of zero never ends").into())
}

/// Hands the items of the last argument on as arguments. Of a variadic function's rest no more is
/// realised than its fixed parameters need, so it may be endless.
fn apply(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let function = take(args, 0);
    let mut given = take_all(args, 1);
    let rest = given.pop().unwrap_or_default();
    let limit = named_parameters(&function).map(|most| (most + 1).saturating_sub(given.len()));
    gather(
        cx,
        "apply",
        rest,
        limit.unwrap_or(usize::MAX),
        move |_, items, rest| {
            let complete = limit.is_none_or(|limit| items.len() < limit);
            given.extend(items);
            if complete {
                return tail_call(function, given);
            }
            spread(function, given, rest.into_rest())
        },
    )
}

/// The most arguments that a compiled function with `& rest` takes by name; `None` for functions
/// that need all arguments at once.
fn named_parameters(function: &Value) -> Option<usize> {
    let code = &function.as_object::<FunctionBody>()?.code;
    if matches!(code.source, CodeSource::Native(_)) {
        return None;
    }
    let fixed = code.arities().fixed.last().copied().unwrap_or(0);
    code.arities().variadic.map(|variadic| fixed.max(variadic))
}

fn spread(function: Value, mut given: Vec<Value>, rest: Value) -> Flow {
    let code = function.as_object::<FunctionBody>().map(|body| &body.code);
    let fixed = code
        .and_then(|code| code.arities().variadic)
        .unwrap_or(0)
        .min(given.len());
    let rest = given
        .drain(fixed..)
        .rev()
        .fold(rest, |rest, item| list::cons(item, rest));
    Err(Box::new(Signal::CallSpread {
        function,
        arguments: given,
        rest,
        then: None,
    }))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "apply",
        "[f args] [f a & more]",
        at_least(2),
        apply,
        "Calls f with these arguments, the items of the last one following.",
    ),
    row(
        "cons",
        "[item coll]",
        exactly(2),
        cons,
        "A sequence of the item and then the items of the collection.",
    ),
    row(
        "first",
        "[coll]",
        exactly(1),
        |cx, a| seq::first(cx, take(a, 0)),
        "The first item; nil if there is none.",
    ),
    row(
        "int-range",
        "[start end step]",
        exactly(3),
        int_range,
        "The integers from start up to end, by step.",
    ),
    row(
        "lazy-seq*",
        "[f]",
        exactly(1),
        |_, a| Ok(lazy_seq::make_lazy(take(a, 0))),
        "The lazy sequence that a function of no arguments gives, called once, when it is first looked at.",
    ),
    row(
        "list*",
        "[coll] [item & more]",
        at_least(1),
        list_star,
        "A sequence of these items and then those of the last argument.",
    ),
    row(
        "next",
        "[coll]",
        exactly(1),
        |cx, a| seq::next(cx, take(a, 0)),
        "The items after the first; nil if there are none.",
    ),
    row(
        "nthrest",
        "[coll n]",
        exactly(2),
        nthrest,
        "What is left of the collection behind the first n items.",
    ),
    row(
        "reduced",
        "[x]",
        exactly(1),
        |_, a| Ok(make_reduced(take(a, 0))),
        "Ends a reduction with the value x.",
    ),
    row(
        "rest",
        "[coll]",
        exactly(1),
        |cx, a| seq::rest(cx, take(a, 0)),
        "The items after the first; () if there are none.",
    ),
    row(
        "rseq",
        "[v]",
        exactly(1),
        rseq,
        "The elements of a vector or a sorted collection backwards; nil if there are none.",
    ),
    row(
        "second",
        "[coll]",
        exactly(1),
        second,
        "The second item; nil if there is none.",
    ),
    row(
        "seq",
        "[coll]",
        exactly(1),
        |cx, a| seq::seq(cx, take(a, 0)),
        "The items as a sequence; nil if there are none.",
    ),
];
