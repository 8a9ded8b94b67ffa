//! Printing and text of values in `batuta.core`. One call writes once.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::builtin::{
    Builtin, BuiltinTable, Flow, Resume, Signal, and_then, at_least, between, exactly, row,
};
use crate::builtins::core_state::{pop_bindings, push_binding};
use crate::builtins::support::{take, take_all, text};
use crate::collections::walk;
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::number;
use crate::output;
use crate::stream;
use crate::types::{instance, printing};
use crate::value::Value;
use crate::value::object::Kind;
use crate::value::print::{self, PrintOptions};

/// How a call writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `pr`
    Readable,
    /// `print`
    Plain,
}

/// What the print vars say in this actor.
fn options(cx: &Cx, style: Style) -> PrintOptions {
    let limit = |which| {
        let value = dynamic::value(cx, which);
        number::as_i64(&value).map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(0))
    };
    PrintOptions {
        readable: style == Style::Readable
            && dynamic::value(cx, Dynamic::PrintReadably).is_truthy(),
        length: limit(Dynamic::PrintLength),
        level: limit(Dynamic::PrintLevel),
        meta: dynamic::value(cx, Dynamic::PrintMeta).is_truthy(),
        namespace_maps: dynamic::value(cx, Dynamic::PrintNamespaceMaps).is_truthy(),
        ..PrintOptions::READABLE
    }
}

/// The texts of all arguments with a space between, lazy sequences realised as far as they are
/// shown.
fn texts(
    cx: &mut Cx,
    args: &mut [Value],
    style: Style,
    then: impl FnOnce(&mut Cx, String) -> Flow + Send + 'static,
) -> Flow {
    let options = options(cx, style);
    let show = move |cx: &mut Cx, values: Vec<Value>| {
        printing::with_texts(cx, values, move |cx, values, texts| {
            let mut out = String::new();
            texts.during(|| {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push(' ');
                    }
                    print::write_with(&mut out, value, options);
                }
            });
            then(cx, out)
        })
    };
    let length = options.length.saturating_add(1);
    walk::realise_some(
        cx,
        take_all(args, 0),
        length,
        move |cx, values| match style {
            Style::Plain => prepare_from(cx, values, 0, show),
            Style::Readable => show(cx, values),
        },
    )
}

/// The texts of all arguments joined, as `str` gives them. Objects whose type has `toString` say their own text.
fn str_of(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let [only] = args
        && only.as_str().is_some()
    {
        return Ok(take(args, 0));
    }
    if args.iter().all(is_plain) {
        return Ok(text_of(args));
    }
    instance::with_own_texts(cx, take_all(args, 0), |cx, values| {
        walk::realise_all(cx, values, |cx, values| prepare_from(cx, values, 0, joined))
    })
}

/// Bytes that most texts made of parts have room in.
const SHORT_TEXT: usize = 64;

/// Is it shown without asking anybody?
fn is_plain(value: &Value) -> bool {
    let is_leaf = |kind| matches!(kind, Kind::Str | Kind::WideInt | Kind::BigInt | Kind::Float);
    value.kind().is_none_or(is_leaf)
}

fn text_of(values: &[Value]) -> Value {
    let mut out = String::with_capacity(SHORT_TEXT);
    for value in values {
        print::write_str(&mut out, value);
    }
    Value::string(out)
}

fn joined(_: &mut Cx, values: Vec<Value>) -> Flow {
    Ok(text_of(&values))
}

/// Lets objects of other crates get ready to be shown, one after the other.
fn prepare_from(
    cx: &mut Cx,
    values: Vec<Value>,
    start: usize,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    for index in start..values.len() {
        let native = values[index].as_dyn_native();
        if let Some(flow) = native.and_then(|native| native.prepare_display()) {
            return and_then(cx, flow, move |cx, _| {
                prepare_from(cx, values, index + 1, then)
            });
        }
    }
    then(cx, values)
}

/// Writes text where this actor prints to.
pub(super) fn emit(cx: &Cx, text: &str) -> Flow {
    stream::print(cx, text)?;
    Ok(Value::NIL)
}

fn emit_line(cx: &mut Cx, mut text: String) -> Flow {
    text.push('\n');
    emit(cx, &text)
}

fn emit_text(cx: &mut Cx, text: String) -> Flow {
    emit(cx, &text)
}

fn string(_: &mut Cx, text: String) -> Flow {
    Ok(Value::string(text))
}

fn line(_: &mut Cx, mut text: String) -> Flow {
    text.push('\n');
    Ok(Value::string(text))
}

/// Shows text and value of a form on standard error, and gives the value.
fn dbg(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let form = take(args, 0);
    walk::realise(cx, take(args, 1), move |cx, value| {
        let form = form.as_str().unwrap_or_default();
        let text = format!("{form} => {}\n", print::readable(&value));
        stream::write(&dynamic::value(cx, Dynamic::Err), &text)?;
        Ok(value)
    })
}

/// Undoes the binding of `*out*` and gives what was printed.
struct Capturing(Value);

impl Resume for Capturing {
    fn resume(self: Box<Self>, cx: &mut Cx, _: Value) -> Flow {
        pop_bindings(cx);
        let mut text = String::new();
        print::write_str(&mut text, &self.0);
        Ok(Value::string(text))
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        pop_bindings(cx);
    }
}

fn with_out_str(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let output = stream::string_output();
    push_binding(cx, dynamic::var(Dynamic::Out).clone(), output.clone());
    Err(Box::new(Signal::Call {
        function: take(args, 0),
        arguments: Vec::new(),
        then: Some(Box::new(Capturing(output))),
    }))
}

fn string_input(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(stream::string_input(text("with-in-str", &args[0])?))
}

fn gensym(_: &mut Cx, args: &mut [Value]) -> Flow {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let prefix = match args {
        [] => "G__".to_owned(),
        [prefix, ..] => {
            let mut out = String::new();
            print::write_str(&mut out, prefix);
            out
        }
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(Value::symbol(format!("{prefix}{number}")))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "dbg*",
        "[text x]",
        exactly(2),
        dbg,
        "Shows the text of a form and its value on standard error; gives the value.",
    ),
    row(
        "flush",
        "[]",
        exactly(0),
        |_, _| output::flush().map(|()| Value::NIL).map_err(Into::into),
        "Hands on what printing holds back.",
    ),
    row(
        "gensym",
        "[] [prefix]",
        between(0, 1),
        gensym,
        "A symbol that was never seen before.",
    ),
    row(
        "newline",
        "[]",
        exactly(0),
        |cx, _| emit(cx, "\n"),
        "Writes a line break.",
    ),
    row(
        "pr",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Readable, emit_text),
        "Writes the values as the reader takes them.",
    ),
    row(
        "pr-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Readable, string),
        "The text that `pr` writes.",
    ),
    row(
        "print",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Plain, emit_text),
        "Writes the values for people: strings and characters as they are.",
    ),
    row(
        "print-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Plain, string),
        "The text that `print` writes.",
    ),
    row(
        "println",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Plain, emit_line),
        "As `print`, and a line break.",
    ),
    row(
        "println-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Plain, line),
        "The text that `println` writes.",
    ),
    row(
        "prn",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Readable, emit_line),
        "As `pr`, and a line break.",
    ),
    row(
        "prn-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, Style::Readable, line),
        "The text that `prn` writes.",
    ),
    row(
        "str",
        "[& xs]",
        at_least(0),
        str_of,
        "The texts of all arguments joined; nothing for nil.",
    ),
    row(
        "string-input*",
        "[s]",
        exactly(1),
        string_input,
        "Something to read the text from, for `*in*`.",
    ),
    row(
        "string-output*",
        "[]",
        exactly(0),
        |_, _| Ok(stream::string_output()),
        "Something to print to, for `*out*`; `str` of it is what was printed.",
    ),
    row(
        "with-out-str*",
        "[f]",
        exactly(1),
        with_out_str,
        "Calls a function of no arguments; gives what is printed meanwhile as a string.",
    ),
];
