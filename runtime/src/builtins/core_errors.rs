//! Failures and results in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, Signal, at_least, between, exactly, row};
use crate::builtins::support::take;
use crate::collections::{map, walk};
use crate::context::Cx;
use crate::failure::{ErrorBody, Fault, FaultKind};
use crate::types::names;
use crate::value::object::{Kind, make};
use crate::value::{Value, print};

/// The part of an error value that a pattern sees under a key.
pub(super) fn field(error: &Value, key: &Value) -> Option<Value> {
    let error = error.as_object::<ErrorBody>()?;
    let part = match key.as_keyword()?.text() {
        "kind" => &error.kind,
        "message" => &error.message,
        "data" => &error.data,
        "cause" => &error.cause,
        "hint" if !error.hint.is_nil() => &error.hint,
        _ => return None,
    };
    Some(part.clone())
}

fn throw(_: &mut Cx, args: &mut [Value]) -> Flow {
    Err(Box::new(Signal::Throw(take(args, 0))))
}

fn ex_info(_: &mut Cx, args: &mut [Value]) -> Flow {
    let message = take(args, 0);
    if !message.is_nil() && message.as_str().is_none() {
        return Err(Fault::wrong_type("ex-info", "a message as a string", &message).into());
    }
    let data = take(args, 1);
    if !data.is_nil() && !map::is_map(&data) {
        return Err(Fault::wrong_type("ex-info", "data as a map", &data).into());
    }
    Ok(make(ErrorBody {
        kind: Value::keyword(FaultKind::User.name()),
        message,
        data,
        cause: take(args, 2),
        hint: Value::NIL,
    }))
}

/// `(IllegalStateException. "text")`: an error value of the kind that the name stands for.
fn new_exception(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = args[0].as_str().unwrap_or_default();
    let kind = names::exception_kinds(name).and_then(|kinds| kinds.first().copied());
    let (mut message, mut data, mut cause) = (take(args, 1), Value::NIL, Value::NIL);
    for further in args[2..].iter_mut().map(std::mem::take) {
        if map::is_map(&further) {
            data = further;
        } else {
            cause = further;
        }
    }
    if message.kind() == Some(Kind::Error) {
        cause = std::mem::take(&mut message);
    }
    if !message.is_nil() && message.as_str().is_none() {
        let mut text = String::new();
        print::write_str(&mut text, &message);
        message = Value::string(text);
    }
    Ok(make(ErrorBody {
        kind: Value::keyword(kind.unwrap_or(FaultKind::User.name())),
        message,
        data,
        cause,
        hint: Value::NIL,
    }))
}

fn part(args: &[Value], part: fn(&ErrorBody) -> &Value) -> Flow {
    Ok(args[0]
        .as_object::<ErrorBody>()
        .map(part)
        .cloned()
        .unwrap_or_default())
}

fn panic(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let values: Vec<Value> = args.iter_mut().map(std::mem::take).collect();
    walk::realise_all(cx, values, |_, values| {
        let mut message = String::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                message.push(' ');
            }
            print::write_str(&mut message, value);
        }
        Err(Fault::new(FaultKind::Panic, message).into())
    })
}

fn assert_fault(_: &mut Cx, args: &mut [Value]) -> Flow {
    let test = args[0].as_str().unwrap_or_default();
    let message = match args[1].is_nil() {
        true => format!("assertion does not hold: {test}"),
        false => {
            let mut message = String::new();
            print::write_str(&mut message, &args[1]);
            format!("{message}: {test}")
        }
    };
    Err(Fault::new(FaultKind::Assert, message).into())
}

fn no_match(_: &mut Cx, args: &mut [Value]) -> Flow {
    let shown = print::short(&args[0]);
    let fault = Fault::new(FaultKind::Match, format!("no clause matches {shown}"));
    Err(fault.data(take(args, 0)).into())
}

fn tagged(tag: &str, value: Value) -> Value {
    map::from_pairs([(Value::keyword(tag), value)])
}

/// The value under the one key of a result: `{:ok v}` or `{:error r}`.
fn result_parts<'a>(who: &str, result: &'a Value) -> Result<Result<&'a Value, &'a Value>, Fault> {
    if map::len(result) == Some(1) {
        if let Some(value) = map::get_keyword(result, "ok") {
            return Ok(Ok(value));
        }
        if let Some(reason) = map::get_keyword(result, "error") {
            return Ok(Err(reason));
        }
    }
    Err(Fault::wrong_type(
        who,
        "a result, {:ok value} or {:error reason}",
        result,
    ))
}

fn unwrap(_: &mut Cx, args: &mut [Value]) -> Flow {
    match result_parts("!", &args[0])? {
        Ok(value) => Ok(value.clone()),
        Err(reason) => Err(Box::new(Signal::Throw(reason.clone()))),
    }
}

fn result_ok(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(result_parts("?", &args[0])?.is_ok()))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "assert-fault*",
        "[test message]",
        exactly(2),
        assert_fault,
        "Fails: an assertion does not hold.",
    ),
    row(
        "error",
        "[reason]",
        exactly(1),
        |_, a| Ok(tagged("error", take(a, 0))),
        "The result {:error reason}.",
    ),
    row(
        "ex-cause",
        "[e]",
        exactly(1),
        |_, a| part(a, |e| &e.cause),
        "The cause of an error value, or nil.",
    ),
    row(
        "ex-data",
        "[e]",
        exactly(1),
        |_, a| part(a, |e| &e.data),
        "The data of an error value, or nil.",
    ),
    row(
        "ex-info",
        "[message data] [message data cause]",
        between(2, 3),
        ex_info,
        "An error value to be thrown.",
    ),
    row(
        "ex-message",
        "[e]",
        exactly(1),
        |_, a| part(a, |e| &e.message),
        "The message of an error value, or nil.",
    ),
    row(
        "new-exception*",
        "[name] [name message] [name message data-or-cause …]",
        between(1, 4),
        new_exception,
        "An error value of the kind that the name of an exception stands for.",
    ),
    row(
        "no-match*",
        "[x]",
        exactly(1),
        no_match,
        "Fails: no clause matches the value.",
    ),
    row(
        "ok",
        "[x]",
        exactly(1),
        |_, a| Ok(tagged("ok", take(a, 0))),
        "The result {:ok x}.",
    ),
    row(
        "panic",
        "[message & values]",
        at_least(1),
        panic,
        "Ends the actor with a fault of kind :panic that shows the message and the values.",
    ),
    row(
        "result-ok",
        "[r]",
        exactly(1),
        result_ok,
        "Is it {:ok v}? False for {:error r}, a fault for anything else.",
    ),
    row(
        "throw",
        "[reason]",
        exactly(1),
        throw,
        "Ends the actor with this reason, unless a `try` takes it.",
    ),
    row(
        "unwrap",
        "[r]",
        exactly(1),
        unwrap,
        "The value of {:ok v}; throws the reason of {:error r}.",
    ),
];
