//! Text to data in `batuta.core`. Nothing read here is evaluated; what a program's own reader
//! functions make of tagged literals is asked for, innermost first.

use std::sync::Arc;

use batuta_lang::expand::hygiene::Gensyms;
use batuta_lang::expand::syntax_quote::expand_as_data;
use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::reader::{Completeness, Conditionals, ReadOptions, is_complete, read_one};
use batuta_lang::source::SourceId;

use crate::builtin::{Builtin, BuiltinTable, Flow, and_then, call_then, exactly, row};
use crate::builtins::core_namespaces::current;
use crate::builtins::support::{take, text};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{map, vector, walk};
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::failure::{Fault, FaultKind};
use crate::namespace;
use crate::stream;
use crate::value::form::{FormSpans, from_form};
use crate::value::object::{Native, make_native};
use crate::value::tagged::{ReaderConditional, TaggedLiteral, make_conditional, make_tagged};
use crate::value::{Value, symbol};

/// What a call of a reading function asks for.
struct Reading {
    who: &'static str,
    namespace: Arc<str>,
    features: Vec<String>,
    conditionals: Conditionals,
    is_edn: bool,
    /// Given at the end of the text; a fault without it.
    eof: Option<Value>,
    /// Functions by tag.
    readers: Value,
    /// Called with tag and value of a literal that nothing else reads; nil: a fault.
    default: Value,
}

impl Reading {
    fn new(cx: &Cx, who: &'static str, options: &Value) -> Result<Reading, Fault> {
        let option = |key| map::get_keyword(options, key).cloned();
        let is_edn = option("edn").is_some();
        let known = |which| match is_edn {
            true => Value::NIL,
            false => dynamic::value(cx, which),
        };
        let mut features: Vec<String> = vec!["batuta".into(), "clj".into()];
        if let Some(more) = option("features") {
            let mut cursor = Cursor::new(who, more)?;
            while let Step::Item(item) = cursor.next() {
                features.extend(item.as_keyword().map(|key| key.text().to_owned()));
            }
        }
        let keeps = option("read-cond").is_some_and(|how| how.is_keyword("preserve"));
        Ok(Reading {
            who,
            namespace: current(cx),
            features,
            conditionals: match keeps {
                true => Conditionals::Keep,
                false => Conditionals::Choose,
            },
            is_edn,
            eof: option("eof"),
            readers: option("readers").unwrap_or_else(|| known(Dynamic::DataReaders)),
            default: option("default").unwrap_or_else(|| known(Dynamic::DefaultDataReader)),
        })
    }

    /// The first form of a text and where it ends; templates are written out.
    fn form(&self, text: &str) -> Result<Option<(Form, usize)>, Fault> {
        let features: Vec<&str> = self.features.iter().map(String::as_str).collect();
        let options = ReadOptions {
            current_ns: &self.namespace,
            resolve_alias: &|alias| namespace::alias_target(&self.namespace, alias),
            features: &features,
            conditionals: self.conditionals,
            only_data: self.is_edn,
        };
        let syntax = |message: String| Fault::new(FaultKind::Syntax, message);
        let read = read_one(SourceId::NONE, text, 0, &options);
        let Some((form, end)) = read.map_err(|error| syntax(error.message))? else {
            return Ok(None);
        };
        static GENSYMS: Gensyms = Gensyms::new();
        let mut qualify = |name: &Name| namespace::qualified(&self.namespace, name);
        let form = expand_as_data(&form, &mut qualify, &GENSYMS);
        Ok(Some((form.map_err(|error| syntax(error.message))?, end)))
    }

    fn at_end(&self) -> Flow {
        self.eof.clone().ok_or_else(|| {
            let message = format!("`{}`: EOF while reading: no form in the text", self.who);
            Fault::new(FaultKind::Syntax, message).into()
        })
    }
}

/// The value of a form, its tagged literals read by the functions that are named for them.
fn finish(reading: Arc<Reading>, form: Form) -> Flow {
    let mut tagged = Vec::new();
    gather_tagged(&form, &mut tagged);
    tagged.reverse();
    read_tagged(reading, tagged, form, FormSpans::new())
}

/// All tagged literals, the inner ones first.
fn gather_tagged(form: &Form, found: &mut Vec<(Name, Arc<Form>)>) {
    match &form.kind {
        FormKind::List(items) | FormKind::Vector(items) | FormKind::Set(items) => {
            items.iter().for_each(|item| gather_tagged(item, found));
        }
        FormKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            gather_tagged(key, found);
            gather_tagged(value, found);
        }),
        FormKind::Tagged(tag, inner) => {
            gather_tagged(inner, found);
            found.push((tag.clone(), inner.clone()));
        }
        _ => {}
    }
}

fn read_tagged(
    reading: Arc<Reading>,
    mut left: Vec<(Name, Arc<Form>)>,
    form: Form,
    mut spans: FormSpans,
) -> Flow {
    while let Some((tag, inner)) = left.pop() {
        let symbol = Value::symbol(tag.to_string());
        let value = from_form(&inner, &mut spans)?;
        let own = map::get(&reading.readers, &symbol).cloned();
        let (function, arguments) = match own {
            Some(function) => (function, vec![value]),
            None => {
                let literal = Form::new(inner.span, FormKind::Tagged(tag.clone(), inner.clone()));
                let read = from_form(&literal, &mut spans)?;
                if read.as_native::<TaggedLiteral>().is_none() || tag.is("actor") || tag.is("ref") {
                    spans.settle_tagged(&inner, read);
                    continue;
                }
                if reading.default.is_nil() {
                    let message = format!("`{}`: no reader function for tag {tag}", reading.who);
                    let hint = "name one in `*data-readers*` or by `:readers`";
                    return Err(Fault::new(FaultKind::Syntax, message).hint(hint).into());
                }
                (reading.default.clone(), vec![symbol, value])
            }
        };
        return call_then(function, arguments, move |_, value| {
            spans.settle_tagged(&inner, value);
            read_tagged(reading, left, form, spans)
        });
    }
    Ok(from_form(&form, &mut spans)?)
}

fn read_string(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (options, source) = match args {
        [source] => (Value::NIL, source),
        [options, source, ..] if map::is_map(options) => (options.clone(), source),
        [source, options, ..] => (options.clone(), source),
        [] => return Ok(Value::NIL),
    };
    let who = "read-string";
    let reading = Arc::new(Reading::new(cx, who, &options)?);
    match reading.form(text(who, source)?)? {
        Some((form, _)) => finish(reading, form),
        None => reading.at_end(),
    }
}

/// A form on its way out of a stream, with its text.
struct ReadForm {
    form: Form,
    text: String,
}

impl Native for ReadForm {
    fn class(&self) -> &'static str {
        "form"
    }

    fn print(&self) -> String {
        self.text.clone()
    }
}

/// `(read-with-text* opts stream eof-error? eof-value)`: `[form text]`.
fn read_with_text(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut reading = Reading::new(cx, "read", &args[0])?;
    reading.eof = (!args[2].is_truthy()).then(|| take(args, 3));
    let reading = Arc::new(reading);
    let reader = reading.clone();
    let read = move |text: &str, has_more: bool| match reader.form(text) {
        Ok(Some((form, end))) => {
            let text = text[..end].trim().to_owned();
            Ok(Some((end, make_native(ReadForm { form, text }))))
        }
        Ok(None) if has_more => Ok(None),
        Ok(None) => Ok(Some((text.len(), Value::NIL))),
        Err(_) if has_more && is_complete(text) == Completeness::Incomplete => Ok(None),
        Err(fault) => Err(fault),
    };
    let flow = stream::read("read", &args[1], Box::new(read));
    and_then(cx, flow, move |cx, read| {
        let pair = |text: &str, value| vector::from_vec(vec![value, Value::str(text)]);
        match read.as_native::<ReadForm>() {
            None => Ok(pair("", reading.at_end()?)),
            Some(read) => {
                let text = read.text.clone();
                let flow = finish(reading, read.form.clone());
                and_then(cx, flow, move |_, value| Ok(pair(&text, value)))
            }
        }
    })
}

fn tagged_literal(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].as_symbol().is_none() {
        return Err(Fault::wrong_type("tagged-literal", "a symbol", &args[0]).into());
    }
    let tag = take(args, 0);
    walk::realise(cx, take(args, 1), |_, form| Ok(make_tagged(tag, form)))
}

fn reader_conditional(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let is_splicing = args[1].is_truthy();
    walk::realise(cx, take(args, 0), move |_, form| {
        Ok(make_conditional(form, is_splicing))
    })
}

/// Shape and doc string of a special form, by its symbol.
fn special_doc(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = args[0].as_symbol().map_or("", symbol::Symbol::text);
    let form = batuta_lang::special_forms::special_form(name);
    Ok(form.map_or(Value::NIL, |form| {
        vector::from_vec(vec![Value::str(form.shape), Value::str(form.doc)])
    }))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "read-string",
        "[s] [opts s]",
        crate::builtin::between(1, 2),
        read_string,
        "The first form of a text as data. Options `:eof`, `:read-cond`, `:features`. Evaluates nothing.",
    ),
    row(
        "read-string*",
        "[opts s]",
        exactly(2),
        read_string,
        "The first form of a text as data.",
    ),
    row(
        "read-with-text*",
        "[opts stream eof-error? eof-value]",
        exactly(4),
        read_with_text,
        "The next form of a stream and its text.",
    ),
    row(
        "reader-conditional",
        "[form splicing?]",
        exactly(2),
        reader_conditional,
        "A reader conditional as data.",
    ),
    row(
        "reader-conditional?",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::bool(a[0].as_native::<ReaderConditional>().is_some())),
        "Is it a reader conditional as data?",
    ),
    row(
        "special-doc*",
        "[sym]",
        exactly(1),
        special_doc,
        "Shape and doc string of a special form, or nil.",
    ),
    row(
        "special-symbol?",
        "[sym]",
        exactly(1),
        |_, a| {
            let name = a[0].as_symbol().map_or("", symbol::Symbol::text);
            let is_special = batuta_lang::special_forms::special_form(name).is_some();
            Ok(Value::bool(
                is_special || matches!(name, "&" | "catch" | "finally" | "new" | "."),
            ))
        },
        "Does the symbol name a special form?",
    ),
    row(
        "tagged-literal",
        "[tag x]",
        exactly(2),
        tagged_literal,
        "The literal `#tag x` as data.",
    ),
    row(
        "tagged-literal?",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::bool(a[0].as_native::<TaggedLiteral>().is_some())),
        "Is it a tagged literal as data?",
    ),
];
