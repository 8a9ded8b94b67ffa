//! `json`: clojure.data.json's names, and results for text that may be wrong.
//!
//! Text goes straight to values and back ([`parse`], [`write`]); functions among the options are
//! called from the middle of it.

use crate::actor::coroutine::CoroutineState;
use crate::builtin::{Builtin, BuiltinTable, Flow, Signal, and_then, at_least, row};
use crate::builtins::core_print::emit;
use crate::builtins::options;
use crate::builtins::support::{take, text};
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::stream;
use crate::value::Value;
use parse::{Parser, ReadOptions};
use write::WriteOptions;

mod parse;
mod scan;
mod write;

/// The value of a number's text, as the language's reader has it.
fn read_literal(text: &str) -> Option<Value> {
    use batuta_lang::reader::{ReadOptions, read_one};
    use batuta_lang::source::SourceId;

    use crate::value::form::{FormSpans, from_form};

    let (form, _) = read_one(SourceId::NONE, text, 0, &ReadOptions::default()).ok()??;
    from_form(&form, &mut FormSpans::new()).ok()
}

/// The entries of what is written as an object.
fn entries(value: &Value) -> Option<Vec<(Value, Value)>> {
    map::is_map(value).then(|| {
        map::iter(value)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

fn given(value: Value) -> Option<Value> {
    (!value.is_nil()).then_some(value)
}

/// Is it core's function of this name?
fn is_core_function(value: &Value, name: &str) -> bool {
    let var = crate::namespace::find(crate::namespace::CORE, name);
    let root = var.and_then(|var| var.as_object::<crate::function::VarBody>()?.root());
    root.is_some_and(|root| root.is_identical(value))
}

fn read_options(who: &str, args: &[Value]) -> Result<ReadOptions, Fault> {
    let mut read = ReadOptions::default();
    let (mut fails_at_end, mut at_end) = (true, Value::NIL);
    for (option, value) in options::pairs(who, args)? {
        match options::name(&option) {
            "key-fn" if is_core_function(&value, "keyword") => read.keyword_keys = true,
            "key-fn" if is_core_function(&value, "identity") => {}
            "key-fn" => read.key_fn = given(value),
            "value-fn" => read.value_fn = given(value),
            "bigdec" => read.decimals = value.is_truthy(),
            "eof-error?" => fails_at_end = value.is_truthy(),
            "eof-value" => at_end = value,
            _ => return Err(options::unknown(who, &option)),
        }
    }
    read.at_end = (!fails_at_end).then_some(at_end);
    Ok(read)
}

fn write_options(who: &str, args: &[Value]) -> Result<WriteOptions, Fault> {
    let mut write = WriteOptions::default();
    for (option, value) in options::pairs(who, args)? {
        match options::name(&option) {
            "key-fn" => write.key_fn = given(value),
            "value-fn" => write.value_fn = given(value),
            "default-write-fn" => write.default_write_fn = given(value),
            "escape-unicode" => write.escape_unicode = value.is_truthy(),
            "escape-js-separators" => write.escape_js_separators = value.is_truthy(),
            "escape-slash" => write.escape_slash = value.is_truthy(),
            "indent" => write.indent = value.is_truthy(),
            _ => return Err(options::unknown(who, &option)),
        }
    }
    Ok(write)
}

/// The text of a string or of bytes, as a string value.
fn source(who: &str, value: Value) -> Result<Value, Fault> {
    if let Some(bytes) = value.as_bytes() {
        return parse::not_text(bytes).map(Value::str);
    }
    text(who, &value)?;
    Ok(value)
}

fn read_str(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let options = read_options("json/read-str", &args[1..])?;
    read_all(cx, source("json/read-str", take(args, 0))?, options)
}

/// Reads a text that must hold one value and nothing else.
fn read_all(cx: &mut Cx, source: Value, options: ReadOptions) -> Flow {
    let whole = source.clone();
    Parser::new(source, options).read(
        cx,
        Box::new(move |_, value, rest| match parse::trailing(&whole, rest) {
            Some(fault) => Err(fault.into()),
            None => Ok(value),
        }),
    )
}

/// Reads one value from a reader and leaves what follows it there.
fn read(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "json/read";
    let options = read_options(who, &args[1..])?;
    let one = |text: &str, has_more: bool| {
        let end = scan::extent(text, has_more);
        Ok(end.map(|end| (end, Value::str(&text[..end]))))
    };
    let flow = stream::read(who, &args[0], Box::new(one));
    and_then(cx, flow, |cx, text| {
        let text = if text.is_nil() { Value::str("") } else { text };
        read_all(cx, text, options)
    })
}

/// Reads a text outside of any actor, for tools and tests.
///
/// # Errors
/// A syntax fault with line and column.
pub fn read_bytes(bytes: &[u8]) -> Result<Value, Fault> {
    let mut cx = Cx::new(CoroutineState::default());
    let text = Value::str(parse::not_text(bytes)?);
    read_all(&mut cx, text, ReadOptions::default()).map_err(|signal| fault_of(*signal))
}

/// Writes a realised value outside of any actor, for tools and tests.
///
/// # Errors
/// A value that has no JSON form.
pub fn text_of(value: &Value) -> Result<String, Fault> {
    let mut cx = Cx::new(CoroutineState::default());
    let text = write_str(&mut cx, &mut [value.clone()]).map_err(|signal| fault_of(*signal))?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

fn fault_of(signal: Signal) -> Fault {
    match signal {
        Signal::Fault(fault) => fault,
        _ => Fault::new(
            FaultKind::Panic,
            "without functions among the options none is called",
        ),
    }
}

fn write_str(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let options = write_options("json/write-str", &args[1..])?;
    let then = |_: &mut Cx, text: String| Ok(Value::string(text));
    write::write(cx, take(args, 0), options, Box::new(then))
}

/// `pprint`: indented, to where the actor prints.
fn pretty_print(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut options = write_options("json/pprint", &args[1..])?;
    options.indent = true;
    let then = |cx: &mut Cx, mut text: String| {
        text.push('\n');
        emit(cx, &text)
    };
    write::write(cx, take(args, 0), options, Box::new(then))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "json",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "pprint",
        "[x & options]",
        at_least(1),
        pretty_print,
        "Prints a value as JSON, indented; options as for write-str.",
    ),
    row(
        "read",
        "[reader & options]",
        at_least(1),
        read,
        "The next value of a reader of JSON; options as for read-str.",
    ),
    row(
        "read-str",
        "[s & options]",
        at_least(1),
        read_str,
        "The value of a JSON text. Options: :key-fn for property names (strings unless told), \
         :value-fn of key and value (itself means: leave out), :bigdec for exact decimals, \
         :eof-error? and :eof-value for an empty text.",
    ),
    row(
        "write-str",
        "[x & options]",
        at_least(1),
        write_str,
        "The JSON text of a value. Options: :key-fn, :value-fn, :default-write-fn, \
         :escape-unicode :escape-js-separators :escape-slash (true unless told), :indent.",
    ),
];

#[cfg(test)]
mod tests;
