//! Printing and text of values in `batuta.core`. One call writes once.

use std::sync::atomic::{AtomicU64, Ordering};

use batuta_lang::form::Name;
use batuta_lang::reader::{ReadOptions, read_one};
use batuta_lang::source::{SourceId, Span};

use crate::builtin::{Builtin, BuiltinTable, Flow, and_then, at_least, between, exactly, row};
use crate::builtins::support::{take, take_all, text};
use crate::collections::walk;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::output;
use crate::types::instance;
use crate::value::form::{self, FormSpans};
use crate::value::{Value, print};

mod capture;

type Write = fn(&mut String, &Value);

/// The texts of all arguments, lazy sequences realised, with something between.
fn texts(
    cx: &mut Cx,
    args: &mut [Value],
    write: Write,
    between: &'static str,
    then: impl FnOnce(&Cx, String) -> Flow + Send + 'static,
) -> Flow {
    let plain = !std::ptr::fn_addr_eq(write, print::write_readable as Write);
    let show = move |cx: &mut Cx, values: Vec<Value>| {
        let mut out = String::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.push_str(between);
            }
            write(&mut out, value);
        }
        then(cx, out)
    };
    walk::realise_all(cx, take_all(args, 0), move |cx, values| {
        if plain {
            prepare_from(cx, values, 0, show)
        } else {
            show(cx, values)
        }
    })
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
    if !capture::add(cx, text) {
        output::write(text)?;
    }
    Ok(Value::NIL)
}

fn emit_line(cx: &Cx, mut text: String) -> Flow {
    text.push('\n');
    emit(cx, &text)
}

fn emit_text(cx: &Cx, text: String) -> Flow {
    emit(cx, &text)
}

fn print_line(cx: &mut Cx, args: &mut [Value]) -> Flow {
    texts(cx, args, print::write_plain, " ", emit_line)
}

fn pr_line(cx: &mut Cx, args: &mut [Value]) -> Flow {
    texts(cx, args, print::write_readable, " ", emit_line)
}

/// Objects whose type has `toString` say their own text.
fn str_of(cx: &mut Cx, args: &mut [Value]) -> Flow {
    instance::with_own_texts(cx, take_all(args, 0), |cx, mut values| {
        texts(cx, &mut values, print::write_str, "", string)
    })
}

fn string(_: &Cx, text: String) -> Flow {
    Ok(Value::string(text))
}

fn line(cx: &Cx, mut text: String) -> Flow {
    text.push('\n');
    string(cx, text)
}

/// Shows text and value of a form on standard error, and gives the value.
fn dbg(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let form = take(args, 0);
    walk::realise(cx, take(args, 1), move |_, value| {
        let form = form.as_str().unwrap_or_default().to_owned();
        to_standard_error(&format!("{form} => {}\n", print::readable(&value)))?;
        Ok(value)
    })
}

pub(super) fn to_standard_error(text: &str) -> Result<(), Fault> {
    use std::io::Write;
    std::io::stderr()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| {
            Fault::new(
                FaultKind::Io,
                format!("cannot write to standard error: {error}"),
            )
        })
}

/// The first form of a text as a value; nothing is evaluated.
fn read_string(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("read-string", &args[0])?;
    match read_one(SourceId::NONE, source, 0, &ReadOptions::default()) {
        Ok(Some((form, _))) => Ok(form::from_form(&form, &mut FormSpans::new())?),
        Ok(None) => Err(Fault::new(FaultKind::Syntax, "`read-string`: no form in the text").into()),
        Err(diagnostic) => Err(Fault::new(FaultKind::Syntax, diagnostic.message).into()),
    }
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

/// What the reader makes of `#tag form`.
fn tagged_literal(_: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(tag) = args[0].as_symbol() else {
        return Err(Fault::wrong_type("tagged-literal", "a symbol", &args[0]).into());
    };
    let inner = form::to_form(&args[1], &FormSpans::new(), Span::NONE)?;
    Ok(form::tagged(Name::parse(tag.text()), inner))
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
        |cx, a| texts(cx, a, print::write_readable, " ", emit_text),
        "Writes the values as the reader takes them.",
    ),
    row(
        "pr-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, print::write_readable, " ", string),
        "The text that `pr` writes.",
    ),
    row(
        "print",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, print::write_plain, " ", emit_text),
        "Writes the values for people: strings and characters as they are.",
    ),
    row(
        "print-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, print::write_plain, " ", string),
        "The text that `print` writes.",
    ),
    row(
        "println",
        "[& xs]",
        at_least(0),
        print_line,
        "As `print`, and a line break.",
    ),
    row(
        "println-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, print::write_plain, " ", line),
        "The text that `println` writes.",
    ),
    row(
        "prn",
        "[& xs]",
        at_least(0),
        pr_line,
        "As `pr`, and a line break.",
    ),
    row(
        "prn-str",
        "[& xs]",
        at_least(0),
        |cx, a| texts(cx, a, print::write_readable, " ", line),
        "The text that `prn` writes.",
    ),
    row(
        "read-string",
        "[s]",
        exactly(1),
        read_string,
        "The first form of a text as data. Evaluates nothing.",
    ),
    row(
        "str",
        "[& xs]",
        at_least(0),
        str_of,
        "The texts of all arguments joined; nothing for nil.",
    ),
    row(
        "tagged-literal",
        "[tag x]",
        exactly(2),
        tagged_literal,
        "The literal `#tag x` as data.",
    ),
    row(
        "with-out-str*",
        "[f]",
        exactly(1),
        capture::with_out_str,
        "Calls a function of no arguments; gives what is printed meanwhile as a string.",
    ),
];
