//! Files and standard input in `batuta.core`. What may block runs on a thread of its own kind
//! while the actor is parked.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use crate::actor::blocking;
use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row, tail_call, wait};
use crate::builtins::support::{take_all, text};
use crate::collections::{map, walk};
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::failure::{Fault, FaultKind};
use crate::stream;
use crate::value::{Value, print};

#[cold]
fn failed(what: &str, path: &str, error: &io::Error) -> Fault {
    Fault::new(FaultKind::Io, format!("cannot {what} {path}: {error}"))
}

fn slurp(_: &mut Cx, args: &mut [Value]) -> Flow {
    let path = text("slurp", &args[0])?.to_owned();
    wait(blocking(move || {
        let bytes = std::fs::read(&path).map_err(|error| failed("read", &path, &error))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::string(text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!("{path} is not UTF-8 text: byte {at} begins no character");
                Err(Fault::new(FaultKind::Io, message))
            }
        }
    }))
}

fn spit(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let path = text("spit", &args[0])?.to_owned();
    let appends = match &args[2..] {
        [] => false,
        [option, value] if option.is_keyword("append") => value.is_truthy(),
        _ => {
            let message = "`spit` takes a path, a content, and perhaps `:append true`";
            return Err(Fault::new(FaultKind::Arity, message).into());
        }
    };
    walk::realise_all(cx, take_all(args, 1), move |_, values| {
        let mut content = String::new();
        print::write_str(&mut content, &values[0]);
        wait(blocking(move || {
            let opened = match appends {
                true => OpenOptions::new().append(true).create(true).open(&path),
                false => File::create(&path),
            };
            opened
                .and_then(|mut file| file.write_all(content.as_bytes()))
                .map(|()| Value::NIL)
                .map_err(|error| failed("write", &path, &error))
        }))
    })
}

fn read_line(cx: &mut Cx, _: &mut [Value]) -> Flow {
    stream::read_line("read-line", &dynamic::value(cx, Dynamic::In))
}

fn read_line_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    stream::read_line("line-seq", &args[0])
}

/// For `with-open`: closes what can be closed.
fn close(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(close) = map::get_keyword(&args[0], "close") {
        return tail_call(close.clone(), Vec::new());
    }
    match args[0].as_dyn_native().and_then(|native| native.close()) {
        Some(flow) => flow,
        None => Err(Fault::wrong_type("close", "something that is open", &args[0]).into()),
    }
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "close",
        "[x]",
        exactly(1),
        close,
        "Closes what is open; `with-open` calls it. Of a map it calls the function under `:close`.",
    ),
    row(
        "read-line",
        "[]",
        exactly(0),
        read_line,
        "The next line of `*in*`, or nil at its end.",
    ),
    row(
        "read-line*",
        "[reader]",
        exactly(1),
        read_line_of,
        "The next line of something to read from, or nil at its end.",
    ),
    row("slurp", "[path]", exactly(1), slurp, "The text of a file."),
    row(
        "spit",
        "[path content & options]",
        at_least(2),
        spit,
        "Writes the text of a value to a file; with `:append true` behind what is there.",
    ),
];
