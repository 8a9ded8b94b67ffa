//! `io`: files, folders, streams and other programs; and the names of `batuta.core`.
//!
//! What may block runs on a thread of its own kind while the actor is parked ([`stream`],
//! [`files`]); programs are waited for by the reactor ([`process`]). Paths are texts ([`path`]).

use std::fs::{File, OpenOptions};
use std::io::Write;

use crate::actor::blocking;
use crate::builtin::{
    Builtin, BuiltinTable, Flow, at_least, between, exactly, row, tail_call, wait,
};
use crate::builtins::options;
use crate::builtins::support::{take, take_all, text};
use crate::collections::{map, walk};
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::failure::{Fault, FaultKind};
use crate::value::{Value, print};
use encoding::Encoding;

mod encoding;
mod files;
mod path;
mod process;
mod stream;

/// A failure of the system, with the path and what may help.
#[cold]
fn failed(what: &str, path: &str, error: &std::io::Error) -> Fault {
    let fault = Fault::new(FaultKind::Io, format!("cannot {what} {path}: {error}"));
    let fault = fault.data(map::from_pairs([(
        Value::keyword("path"),
        Value::str(path),
    )]));
    match error.kind() {
        _ if path.starts_with("http") => fault.hint("`http/get` fetches what is at an address"),
        std::io::ErrorKind::NotFound => {
            fault.hint("paths begin at the working directory, which `(os/cwd)` gives")
        }
        std::io::ErrorKind::PermissionDenied => fault.hint("the program may not do that there"),
        _ => fault,
    }
}

/// The options of what opens a file.
struct Opening {
    encoding: Encoding,
    appends: bool,
}

fn opening(who: &str, args: &[Value]) -> Result<Opening, Fault> {
    let mut opening = Opening {
        encoding: Encoding::Utf8,
        appends: false,
    };
    for (option, value) in options::pairs(who, args)? {
        match options::name(&option) {
            "encoding" => opening.encoding = Encoding::named(who, &value)?,
            "append" => opening.appends = value.is_truthy(),
            _ => return Err(options::unknown(who, &option)),
        }
    }
    Ok(opening)
}

/// All text of a file, or what is left in a reader.
fn slurp(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "slurp";
    let encoding = opening(who, &args[1..])?.encoding;
    if args[0].as_str().is_none() && args[0].as_dyn_native().is_some() {
        let all =
            |text: &str, has_more: bool| Ok((!has_more).then(|| (text.len(), Value::str(text))));
        return crate::stream::read(who, &args[0], Box::new(all));
    }
    let path = text(who, &args[0])?.to_owned();
    wait(blocking(move || {
        let bytes = std::fs::read(&path).map_err(|error| failed("read", &path, &error))?;
        encoding.decode(bytes).map(Value::string).map_err(|at| {
            let message = format!("{path} is not text: byte {at} begins no character");
            Fault::new(FaultKind::Io, message)
                .hint("`:encoding \"ISO-8859-1\"` reads any bytes as text")
        })
    }))
}

fn open_to_write(path: &str, appends: bool) -> std::io::Result<File> {
    match appends {
        true => OpenOptions::new().append(true).create(true).open(path),
        false => File::create(path),
    }
}

fn spit(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "spit";
    let opening = opening(who, &args[2..])?;
    let place = take(args, 0);
    if place.as_native::<stream::Writer>().is_none() {
        text(who, &place)?;
    }
    walk::realise(cx, take(args, 1), move |_, content| {
        let mut text = String::new();
        print::write_str(&mut text, &content);
        if let Some(writer) = place.as_native::<stream::Writer>() {
            return writer.write(writer.encode(&text));
        }
        let path = place.as_str().unwrap_or_default().to_owned();
        let bytes = match content.as_bytes() {
            Some(bytes) => bytes.to_vec(),
            None => opening.encoding.encode(&text),
        };
        wait(blocking(move || {
            open_to_write(&path, opening.appends)
                .and_then(|mut file| file.write_all(&bytes))
                .map(|()| Value::NIL)
                .map_err(|error| failed("write", &path, &error))
        }))
    })
}

/// `(io/reader x …)`: of a path; a reader as it is.
fn open_reader(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "io/reader";
    let encoding = opening(who, &args[1..])?.encoding;
    if args[0].as_native::<stream::Reader>().is_some() {
        return Ok(take(args, 0));
    }
    let path = text(who, &args[0])?.to_owned();
    wait(blocking(move || {
        let file = File::open(&path).map_err(|error| failed("open", &path, &error))?;
        Ok(stream::reader(&path, Box::new(file), encoding))
    }))
}

/// `(io/writer x …)`: to a path; a writer as it is.
fn open_writer(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "io/writer";
    let opening = opening(who, &args[1..])?;
    if args[0].as_native::<stream::Writer>().is_some() {
        return Ok(take(args, 0));
    }
    let path = text(who, &args[0])?.to_owned();
    wait(blocking(move || {
        let opened = open_to_write(&path, opening.appends);
        let file = opened.map_err(|error| failed("open", &path, &error))?;
        Ok(stream::writer(&path, file, opening.encoding))
    }))
}

/// `(io/write writer x …)`: the texts of values, or bytes.
fn write(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise_all(cx, take_all(args, 0), |_, args| {
        let Some((place, values)) = args.split_first() else {
            return Ok(Value::NIL);
        };
        let mut text = String::new();
        let Some(writer) = place.as_native::<stream::Writer>() else {
            values
                .iter()
                .for_each(|value| print::write_str(&mut text, value));
            let written = place.as_dyn_native().and_then(|n| n.write_text(&text));
            written.unwrap_or_else(|| Err(Fault::wrong_type("io/write", "a writer", place)))?;
            return Ok(Value::NIL);
        };
        let mut bytes = Vec::new();
        for value in values {
            match value.as_bytes() {
                Some(raw) => bytes.extend_from_slice(raw),
                None => {
                    text.clear();
                    print::write_str(&mut text, value);
                    bytes.extend(writer.encode(&text));
                }
            }
        }
        writer.write(bytes)
    })
}

fn flush(_: &mut Cx, args: &mut [Value]) -> Flow {
    match args[0].as_native::<stream::Writer>() {
        Some(writer) => writer.flush(),
        None => Err(Fault::wrong_type("io/flush", "a writer", &args[0]).into()),
    }
}

fn write_bytes(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "io/write-bytes";
    let path = text(who, &args[0])?.to_owned();
    let bytes = crate::builtins::bytes::octets(who, &args[1])?.to_vec();
    let appends = opening(who, &args[2..])?.appends;
    wait(blocking(move || {
        open_to_write(&path, appends)
            .and_then(|mut file| file.write_all(&bytes))
            .map(|()| Value::NIL)
            .map_err(|error| failed("write", &path, &error))
    }))
}

fn read_line(cx: &mut Cx, _: &mut [Value]) -> Flow {
    crate::stream::read_line("read-line", &dynamic::value(cx, Dynamic::In))
}

fn read_line_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    crate::stream::read_line("line-seq", &args[0])
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

/// Names of core.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: CORE_ROWS,
};

const CORE_ROWS: &[Builtin] = &[
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
    row(
        "slurp",
        "[f & options]",
        at_least(1),
        slurp,
        "The text of a file, or what is left in a reader. Option: :encoding, \"UTF-8\" unless told.",
    ),
    row(
        "spit",
        "[f content & options]",
        at_least(2),
        spit,
        "Writes the text of a value, or bytes, to a file. Options: :append true for behind what is \
         there, :encoding.",
    ),
];

/// `io/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "io",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "absolute",
        "[path]",
        exactly(1),
        path::absolute,
        "The path from the root, without . and .. in it; nothing need be there.",
    ),
    row(
        "absolute?",
        "[path]",
        exactly(1),
        path::is_absolute,
        "Does the path begin at the root?",
    ),
    row(
        "canonical",
        "[path]",
        exactly(1),
        files::canonical,
        "The path from the root with all links followed.",
    ),
    row(
        "copy",
        "[from to]",
        exactly(2),
        files::copy,
        "Copies a file; what was at the other path is replaced.",
    ),
    row(
        "delete-file",
        "[path] [path silently]",
        between(1, 2),
        files::delete,
        "Deletes a file or an empty folder and gives true; with silently false instead of a fault.",
    ),
    row(
        "delete-tree",
        "[path]",
        exactly(1),
        files::delete_tree,
        "Deletes a file, or a folder with all that is in it, if it is there; follows no links.",
    ),
    row(
        "dir?",
        "[path]",
        exactly(1),
        files::is_folder,
        "Is a folder at the path?",
    ),
    row(
        "exists?",
        "[path]",
        exactly(1),
        files::exists,
        "Is anything at the path?",
    ),
    row(
        "ext",
        "[path]",
        exactly(1),
        path::extension,
        "The path's ending without its dot, or nil.",
    ),
    row(
        "file?",
        "[path]",
        exactly(1),
        files::is_file,
        "Is a file at the path?",
    ),
    row(
        "flush",
        "[writer]",
        exactly(1),
        flush,
        "Hands on what the writer holds back.",
    ),
    row(
        "info",
        "[path]",
        exactly(1),
        files::info,
        "A map of :kind (:file, :dir, :link), :size in bytes and :modified, or nil.",
    ),
    row(
        "join",
        "[& parts]",
        at_least(1),
        path::join,
        "The path of the parts, one within the other.",
    ),
    row(
        "kill",
        "[process] [process force]",
        between(1, 2),
        process::kill,
        "Asks a program to end; with force ends it.",
    ),
    row(
        "list",
        "[path]",
        exactly(1),
        files::list,
        "A sorted vector of the paths in a folder.",
    ),
    row(
        "make-dirs",
        "[path]",
        exactly(1),
        files::make_folders,
        "Makes a folder and those above it, if they are not there.",
    ),
    row(
        "make-parents",
        "[path & parts]",
        at_least(1),
        files::make_parents,
        "Makes the folders above the path of the parts; true if there were some to make.",
    ),
    row(
        "move",
        "[from to]",
        exactly(2),
        files::rename,
        "Gives a file or folder another path on the same disk.",
    ),
    row(
        "name",
        "[path]",
        exactly(1),
        path::name,
        "The last part of a path, or nil.",
    ),
    row(
        "parent",
        "[path]",
        exactly(1),
        path::parent,
        "The path without its last part, or nil.",
    ),
    row(
        "read-bytes",
        "[path]",
        exactly(1),
        files::read_bytes,
        "The bytes of a file.",
    ),
    row(
        "reader",
        "[x & options]",
        at_least(1),
        open_reader,
        "A reader of the file at a path, for line-seq, slurp and their like; `with-open` closes it. \
         Option: :encoding.",
    ),
    row(
        "sh",
        "[program & arguments-and-options]",
        at_least(1),
        process::run,
        "Runs a program to its end and gives :exit, :out and :err. Options behind the arguments: \
         :in, :dir, :env, :timeout in milliseconds, :out-enc :bytes.",
    ),
    row(
        "spawn",
        "[program & arguments-and-options]",
        at_least(1),
        process::spawn,
        "Starts a program beside this one: a value with :in (a writer), :out and :err (readers) and \
         :pid; deref waits for its exit code. Options: :dir, :env.",
    ),
    row(
        "stem",
        "[path]",
        exactly(1),
        path::stem,
        "The last part of a path without its ending, or nil.",
    ),
    row(
        "temp-dir",
        "[] [prefix] [prefix suffix]",
        between(0, 2),
        files::temporary_folder,
        "Makes an empty folder where temporary things belong; gives its path.",
    ),
    row(
        "temp-file",
        "[] [prefix] [prefix suffix]",
        between(0, 2),
        files::temporary_file,
        "Makes an empty file where temporary things belong; gives its path.",
    ),
    row(
        "wait",
        "[process] [process timeout-ms]",
        between(1, 2),
        process::wait_for,
        "The exit code of a program when it has ended; nil if it runs on after the time.",
    ),
    row(
        "write",
        "[writer & xs]",
        at_least(1),
        write,
        "Writes the texts of values, or bytes, to a writer.",
    ),
    row(
        "write-bytes",
        "[path bytes & options]",
        at_least(2),
        write_bytes,
        "Writes bytes to a file; with :append true behind what is there.",
    ),
    row(
        "writer",
        "[x & options]",
        at_least(1),
        open_writer,
        "A writer to the file at a path; `with-open` closes it. Options: :append, :encoding.",
    ),
];
