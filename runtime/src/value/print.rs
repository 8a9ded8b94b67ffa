//! Values as text: readable (`pr`), plain (`print`), and short for messages.
//!
//! Printing never calls Batuta code: who wants lazy sequences shown in full realises the value
//! first ([`crate::collections::walk::realise`]); an unrealised place prints as `…`. The walk
//! keeps its own stack.

use super::Value;
use super::cell::{CellClass, as_cell, as_reduced};
use super::object::Kind;
use crate::actor::identity::{PidBody, ReferenceBody};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{array, map, meta, set, vector};
use crate::failure::ErrorBody;
use crate::function::{FunctionBody, VarBody};
use crate::namespace;
use crate::number;
use crate::number::decimal::as_decimal;
use crate::types::printing;

/// Bytes that [`short`] writes at most, about.
const SHORT_MAX: usize = 80;

/// What the print vars say.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// Strings and characters as the reader takes them.
    pub readable: bool,
    /// Items of a collection that are written.
    pub length: usize,
    /// Collections inside each other that are written.
    pub level: usize,
    /// Write metadata.
    pub meta: bool,
    /// Write maps whose keys share a namespace as `#:ns{…}`.
    pub namespace_maps: bool,
    /// About how many bytes are written at most.
    pub(crate) limit: usize,
}

impl PrintOptions {
    /// As `pr` writes where no print var is bound.
    pub const READABLE: PrintOptions = PrintOptions {
        readable: true,
        length: usize::MAX,
        level: usize::MAX,
        meta: false,
        namespace_maps: false,
        limit: usize::MAX,
    };

    /// As `print` writes where no print var is bound.
    pub const PLAIN: PrintOptions = PrintOptions {
        readable: false,
        ..PrintOptions::READABLE
    };
}

/// As text that the reader takes back.
pub fn readable(value: &Value) -> String {
    let mut out = String::new();
    write_readable(&mut out, value);
    out
}

/// As [`readable`], behind what `out` holds.
pub fn write_readable(out: &mut String, value: &Value) {
    write_with(out, value, PrintOptions::READABLE);
}

/// As `print` writes it: strings and characters as they are, at any depth.
pub fn write_plain(out: &mut String, value: &Value) {
    write_with(out, value, PrintOptions::PLAIN);
}

/// As the options say, behind what `out` holds.
pub fn write_with(out: &mut String, value: &Value, options: PrintOptions) {
    Printer {
        out,
        options,
        depth: 0,
        frames: Vec::new(),
    }
    .run(value);
}

/// As `str` gives it: nothing for nil, a string or character as it is, else readable.
pub fn write_str(out: &mut String, value: &Value) {
    if value.is_nil() {
        return;
    }
    if let Some(text) = value.as_str() {
        out.push_str(text);
    } else if let Some(f) = value.as_float().filter(|f| !f.is_finite()) {
        let name = if f.is_nan() { "NaN" } else { "Infinity" };
        out.push_str(if f < 0.0 { "-" } else { "" });
        out.push_str(name);
    } else if let Some(c) = value.as_char() {
        out.push(c);
    } else if let Some(decimal) = as_decimal(value) {
        out.push_str(&decimal.to_string());
    } else if let Some(regex) = value.as_regex() {
        out.push_str(regex.source());
    } else if let Some(native) = value.as_dyn_native() {
        out.push_str(&native.display());
    } else {
        write_readable(out, value);
    }
}

/// For messages: readable, cut off after about 80 bytes, never forcing anything.
pub fn short(value: &Value) -> String {
    let mut out = String::new();
    let options = PrintOptions {
        limit: SHORT_MAX,
        ..PrintOptions::READABLE
    };
    write_with(&mut out, value, options);
    if out.len() > SHORT_MAX {
        let cut = (0..=SHORT_MAX)
            .rev()
            .find(|at| out.is_char_boundary(*at))
            .unwrap_or(0);
        out.truncate(cut);
        out.push('…');
    }
    out
}

/// What is still to be written, innermost last.
enum Frame {
    Items {
        items: Cursor,
        written: usize,
        close: char,
    },
    Entries {
        items: std::vec::IntoIter<Value>,
        written: usize,
        /// Left away before the keys.
        namespace: Option<String>,
    },
    Value(Value),
    /// A value whose metadata is written already.
    Unmarked(Value),
    Text(&'static str),
}

struct Printer<'a> {
    out: &'a mut String,
    options: PrintOptions,
    /// Collections around this place.
    depth: usize,
    frames: Vec<Frame>,
}

impl Printer<'_> {
    fn run(&mut self, value: &Value) {
        self.value(value);
        while let Some(frame) = self.frames.pop() {
            if self.out.len() > self.options.limit {
                return;
            }
            match frame {
                Frame::Text(text) => self.out.push_str(text),
                Frame::Value(value) => self.value(&value),
                Frame::Unmarked(value) => match value.kind() {
                    Some(kind) => self.object(&value, kind),
                    None => self.value(&value),
                },
                Frame::Items {
                    items,
                    written,
                    close,
                } => self.items(items, written, close),
                Frame::Entries {
                    items,
                    written,
                    namespace,
                } => self.entries(items, written, namespace),
            }
        }
    }

    fn items(&mut self, mut items: Cursor, written: usize, close: char) {
        let step = items.next();
        if !matches!(step, Step::End) && written > 0 {
            self.out.push(' ');
        }
        match step {
            Step::Item(_) if written >= self.options.length => {
                self.out.push_str("...");
                self.close(close);
            }
            Step::Item(item) => {
                self.frames.push(Frame::Items {
                    items,
                    written: written + 1,
                    close,
                });
                self.value(&item);
            }
            Step::End => self.close(close),
            Step::Ask => {
                self.out.push('…');
                self.close(close);
            }
        }
    }

    fn close(&mut self, close: char) {
        self.out.push(close);
        self.depth -= 1;
    }

    fn entries(
        &mut self,
        mut items: std::vec::IntoIter<Value>,
        written: usize,
        namespace: Option<String>,
    ) {
        let (Some(key), Some(value)) = (items.next(), items.next()) else {
            return self.close('}');
        };
        if written > 0 {
            self.out.push_str(", ");
        }
        if written >= self.options.length {
            self.out.push_str("...");
            return self.close('}');
        }
        let key = match &namespace {
            Some(_) => without_namespace(&key),
            None => key,
        };
        self.frames.push(Frame::Entries {
            items,
            written: written + 1,
            namespace,
        });
        self.frames.push(Frame::Value(value));
        self.frames.push(Frame::Text(" "));
        self.value(&key);
    }

    /// Writes `#` in place of a collection that stands too deep.
    fn is_too_deep(&mut self) -> bool {
        let is_too_deep = self.depth >= self.options.level;
        if is_too_deep {
            self.out.push('#');
        }
        is_too_deep
    }

    fn open_entries(&mut self, open: &str, entries: impl Iterator<Item = Value>) {
        if self.is_too_deep() {
            return;
        }
        self.depth += 1;
        let items = entries.collect::<Vec<_>>();
        let namespace = match self.options.namespace_maps {
            true => shared_namespace(&items),
            false => None,
        };
        if let Some(namespace) = &namespace {
            self.out.push_str("#:");
            self.out.push_str(namespace);
        }
        self.out.push_str(open);
        self.frames.push(Frame::Entries {
            items: items.into_iter(),
            written: 0,
            namespace,
        });
    }

    fn open_items(&mut self, open: &str, value: Value, close: char) {
        if self.is_too_deep() {
            return;
        }
        self.out.push_str(open);
        if let Ok(items) = Cursor::new("print", value) {
            self.depth += 1;
            self.frames.push(Frame::Items {
                items,
                written: 0,
                close,
            });
        }
    }

    /// `^{…} ` before a value that has metadata.
    fn metadata(&mut self, value: &Value, kind: Kind) -> bool {
        if !self.options.meta || matches!(kind, Kind::Var) {
            return false;
        }
        let metadata = meta::meta(value);
        if map::len(&metadata).is_none_or(|count| count == 0) {
            return false;
        }
        self.out.push('^');
        let tag = map::get_keyword(&metadata, "tag").filter(|_| map::len(&metadata) == Some(1));
        let shown = tag.cloned().unwrap_or(metadata);
        self.frames.push(Frame::Unmarked(value.clone()));
        self.frames.push(Frame::Text(" "));
        self.frames.push(Frame::Value(shown));
        true
    }

    fn value(&mut self, value: &Value) {
        if let Some(text) = printing::text_of(value) {
            self.out.push_str(&text);
            return;
        }
        if let Some(kind) = value.kind() {
            if !self.metadata(value, kind) {
                self.object(value, kind);
            }
            return;
        }
        if value.is_nil() {
            self.out.push_str("nil");
        } else if let Some(truth) = value.as_bool() {
            self.out.push_str(if truth { "true" } else { "false" });
        } else if let Some(c) = value.as_char() {
            self.char(c);
        } else if let Some(keyword) = value.as_keyword() {
            self.out.push(':');
            self.out.push_str(keyword.text());
        } else if !number::text::write(self.out, value) {
            self.out.push_str("#unbound");
        }
    }

    fn object(&mut self, value: &Value, kind: Kind) {
        match kind {
            Kind::WideInt | Kind::BigInt | Kind::Ratio | Kind::Decimal | Kind::Float => {
                number::text::write(self.out, value);
            }
            Kind::Str => self.text(value.as_str().unwrap_or_default()),
            Kind::Symbol => self
                .out
                .push_str(value.as_symbol().map_or("", |s| s.text())),
            Kind::Vector => self.open_items("[", value.clone(), ']'),
            Kind::List | Kind::LazySeq | Kind::Range | Kind::Slice | Kind::Queue => {
                self.open_items("(", value.clone(), ')');
            }
            Kind::Set | Kind::SortedSet => {
                // Each member writes something, so no more than the limit are looked at.
                let members = set::iter(value).take(self.options.limit).cloned();
                self.open_items("#{", vector::from_iter(members), '}');
            }
            Kind::Map | Kind::SortedMap => {
                if let Some(record) = map::record(value) {
                    self.out.push('#');
                    self.out.push_str(record.name);
                }
                let entries = map::iter(value).take(self.options.limit);
                self.open_entries("{", entries.flat_map(|(k, v)| [k.clone(), v.clone()]));
            }
            Kind::Error => self.error(value),
            Kind::Cell => self.cell(value),
            Kind::Reduced => {
                self.wrapped("#reduced<", as_reduced(value).cloned().unwrap_or_default());
            }
            Kind::Native => {
                let native = value.as_dyn_native();
                let text = native.map(|n| {
                    if self.options.readable {
                        n.print()
                    } else {
                        n.display()
                    }
                });
                self.out.push_str(&text.unwrap_or_default());
            }
            Kind::Array => self.array(value),
            Kind::Function | Kind::Var | Kind::Regex | Kind::Pid | Kind::Reference => {
                self.named(value);
            }
            Kind::VectorNode | Kind::MapNode | Kind::SortedNode => self.out.push_str("#node"),
        }
    }

    /// As a tag and the elements: what no reader takes back, since an array is no value.
    fn array(&mut self, value: &Value) {
        let name = array::element_of(value).map_or("array", array::Element::class);
        self.out.push_str(&format!("#{name}"));
        let items = array::to_vector(value, self.options.limit);
        self.open_items("[", items, ']');
    }

    fn named(&mut self, value: &Value) {
        use std::fmt::Write;
        let written = if let Some(function) = value.as_object::<FunctionBody>() {
            write!(self.out, "#function<{}>", function.code.name)
        } else if let Some(var) = value.as_object::<VarBody>() {
            let namespace = namespace::shown(&var.namespace, &var.name);
            write!(self.out, "#'{namespace}/{}", var.name)
        } else if let Some(regex) = value.as_regex() {
            write!(self.out, "#\"{}\"", regex.source())
        } else if let Some(pid) = value.as_object::<PidBody>() {
            write!(self.out, "{pid}")
        } else if let Some(reference) = value.as_object::<ReferenceBody>() {
            write!(self.out, "{reference}")
        } else {
            Ok(())
        };
        written.expect("writing to a string does not fail");
    }

    fn error(&mut self, value: &Value) {
        let Some(error) = value.as_object::<ErrorBody>() else {
            return;
        };
        let fields = [
            ("kind", &error.kind),
            ("message", &error.message),
            ("data", &error.data),
            ("cause", &error.cause),
        ];
        let present = fields.into_iter().filter(|(_, value)| !value.is_nil());
        let entries = present.flat_map(|(name, value)| [Value::keyword(name), value.clone()]);
        self.open_entries("#error{", entries);
    }

    fn cell(&mut self, value: &Value) {
        let Some(cell) = as_cell(value) else { return };
        // A cell within a cell is not followed: it may hold the outer one.
        let nested = self
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::Text(">")));
        match cell.class() {
            _ if nested => self.out.push_str("#atom<…>"),
            CellClass::Atom => self.wrapped("#atom<", cell.load()),
            CellClass::Volatile => self.wrapped("#volatile<", cell.load()),
            CellClass::Transient => self.out.push_str("#transient"),
            CellClass::Delay => self.open_items("#delay<", cell.load(), '>'),
        }
    }

    fn wrapped(&mut self, open: &str, inner: Value) {
        self.out.push_str(open);
        self.frames.push(Frame::Text(">"));
        self.frames.push(Frame::Value(inner));
    }

    fn text(&mut self, text: &str) {
        let room = self
            .options
            .limit
            .saturating_sub(self.out.len())
            .saturating_add(1);
        if !self.options.readable {
            match self.options.limit {
                usize::MAX => self.out.push_str(text),
                _ => self.out.extend(text.chars().take(room)),
            }
            return;
        }
        self.out.push('"');
        for c in text.chars().take(room) {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\r' => self.out.push_str("\\r"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn char(&mut self, c: char) {
        if !self.options.readable {
            self.out.push(c);
            return;
        }
        self.out.push('\\');
        match c {
            '\n' => self.out.push_str("newline"),
            ' ' => self.out.push_str("space"),
            '\t' => self.out.push_str("tab"),
            '\r' => self.out.push_str("return"),
            '\u{8}' => self.out.push_str("backspace"),
            '\u{c}' => self.out.push_str("formfeed"),
            c if c.is_control() => {
                use std::fmt::Write;
                write!(self.out, "u{:04X}", c as u32).expect("writing to a string does not fail");
            }
            c => self.out.push(c),
        }
    }
}

/// The namespace that all keys of a map have.
fn shared_namespace(entries: &[Value]) -> Option<String> {
    let namespace = |key: &Value| -> Option<String> {
        if let Some(keyword) = key.as_keyword() {
            return keyword.namespace().map(str::to_owned);
        }
        key.as_symbol()?.namespace().map(str::to_owned)
    };
    let mut keys = entries.iter().step_by(2);
    let first = namespace(keys.next()?)?;
    keys.all(|key| namespace(key).as_ref() == Some(&first))
        .then_some(first)
}

fn without_namespace(key: &Value) -> Value {
    if let Some(keyword) = key.as_keyword() {
        return Value::keyword(keyword.name());
    }
    key.as_symbol()
        .map_or_else(Value::default, |symbol| Value::symbol(symbol.name()))
}

#[cfg(test)]
mod tests;
