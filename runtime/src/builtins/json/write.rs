//! Values to JSON text: a stack on the heap, suspended where a function must be called.

use crate::builtin::{Flow, call_then};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_sequential, set, walk};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::{Value, print};

/// What `write-str` may be told.
#[derive(Clone)]
pub(super) struct WriteOptions {
    pub escape_unicode: bool,
    pub escape_js_separators: bool,
    pub escape_slash: bool,
    pub indent: bool,
    pub key_fn: Option<Value>,
    pub value_fn: Option<Value>,
    /// Called with what has no JSON form; what it gives is written instead.
    pub default_write_fn: Option<Value>,
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            escape_unicode: true,
            escape_js_separators: true,
            escape_slash: true,
            indent: false,
            key_fn: None,
            value_fn: None,
            default_write_fn: None,
        }
    }
}

enum Frame {
    Array {
        items: Cursor,
        is_first: bool,
    },
    Object {
        entries: std::vec::IntoIter<(Value, Value)>,
        is_first: bool,
    },
}

/// What comes next.
enum State {
    Value(Value),
    /// The text of a key, its key and its value.
    Property(String, Value, Value),
    Next,
}

/// A writing under way.
pub(super) struct Writer {
    out: String,
    frames: Vec<Frame>,
    options: WriteOptions,
}

/// Who gets the text.
pub(super) type Then = Box<dyn FnOnce(&mut Cx, String) -> Flow + Send>;

/// Writes a value, whose lazy sequences are realised first.
pub(super) fn write(cx: &mut Cx, value: Value, options: WriteOptions, then: Then) -> Flow {
    walk::realise(cx, value, |cx, value| {
        let writer = Writer {
            out: String::new(),
            frames: Vec::new(),
            options,
        };
        writer.go_on(cx, State::Value(value), then)
    })
}

impl Writer {
    fn go_on(mut self, cx: &mut Cx, mut state: State, then: Then) -> Flow {
        loop {
            state = match state {
                State::Value(value) => match self.value(&value)? {
                    true => State::Next,
                    false => match self.options.default_write_fn.clone() {
                        None => return Err(no_form(&value).into()),
                        Some(function) => {
                            return call_then(function, vec![value], |cx, value| {
                                walk::realise(cx, value, |cx, value| {
                                    // What the function gives must have a form of its own.
                                    if !self.value(&value)? {
                                        return Err(no_form(&value).into());
                                    }
                                    self.go_on(cx, State::Next, then)
                                })
                            });
                        }
                    },
                },
                State::Property(text, key, value) => match self.options.value_fn.clone() {
                    None => {
                        self.key(&text);
                        State::Value(value)
                    }
                    Some(function) => {
                        return call_then(function.clone(), vec![key, value], move |cx, value| {
                            if value.is_identical(&function) {
                                return self.go_on(cx, State::Next, then);
                            }
                            self.key(&text);
                            walk::realise(cx, value, |cx, value| {
                                self.go_on(cx, State::Value(value), then)
                            })
                        });
                    }
                },
                State::Next => match self.next_item()? {
                    Item::Done => return then(cx, self.out),
                    Item::Next(state) => state,
                    Item::Key(key, value) => {
                        if let Some(function) = self.options.key_fn.clone() {
                            return call_then(function, vec![key.clone()], |cx, name| {
                                let text = match name.as_str() {
                                    Some(text) => text.to_owned(),
                                    None => plain_key(&name)?,
                                };
                                self.go_on(cx, State::Property(text, key, value), then)
                            });
                        }
                        State::Property(plain_key(&key)?, key, value)
                    }
                },
            };
        }
    }

    /// What comes behind a value; closes what is at its end.
    fn next_item(&mut self) -> Result<Item, Fault> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(Item::Done);
        };
        let (item, is_first, close) = match frame {
            Frame::Array { items, is_first } => {
                let item = match items.next() {
                    Step::Item(item) => Some(Item::Next(State::Value(item))),
                    Step::End | Step::Ask => None,
                };
                (item, is_first, ']')
            }
            Frame::Object { entries, is_first } => {
                let item = entries.next().map(|(key, value)| Item::Key(key, value));
                (item, is_first, '}')
            }
        };
        let was_first = *is_first;
        match item {
            // The comma of a property waits until it is known to be kept.
            Some(item @ Item::Key(..)) => Ok(item),
            Some(item) => {
                *is_first = false;
                self.separate(was_first);
                Ok(item)
            }
            None => {
                self.frames.pop();
                if !was_first {
                    self.new_line();
                }
                self.out.push(close);
                Ok(Item::Next(State::Next))
            }
        }
    }

    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.out.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.options.indent {
            self.out.push('\n');
            self.out
                .extend(std::iter::repeat_n("  ", self.frames.len()));
        }
    }

    fn key(&mut self, text: &str) {
        if let Some(Frame::Object { is_first, .. }) = self.frames.last_mut() {
            let was_first = std::mem::replace(is_first, false);
            self.separate(was_first);
        }
        self.string(text);
        self.out
            .push_str(if self.options.indent { ": " } else { ":" });
    }

    /// Writes a value or begins it. False if it has no JSON form.
    fn value(&mut self, value: &Value) -> Result<bool, Fault> {
        if value.is_nil() {
            self.out.push_str("null");
        } else if let Some(truth) = value.as_bool() {
            self.out.push_str(if truth { "true" } else { "false" });
        } else if let Some(text) = value.as_str() {
            self.string(text);
        } else if let Some(keyword) = value.as_keyword() {
            self.string(keyword.name());
        } else if let Some(symbol) = value.as_symbol() {
            self.string(symbol.name());
        } else if number::is_number(value) {
            self.number(value)?;
        } else if value.as_uuid().is_some() || value.as_instant().is_some() {
            let mut text = String::new();
            print::write_str(&mut text, value);
            self.string(&text);
        } else if let Some(entries) = super::entries(value) {
            self.out.push('{');
            self.frames.push(Frame::Object {
                entries: entries.into_iter(),
                is_first: true,
            });
        } else if is_sequential(value) || set::len(value).is_some() {
            self.out.push('[');
            self.frames.push(Frame::Array {
                items: Cursor::new("json/write", value.clone())?,
                is_first: true,
            });
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn number(&mut self, value: &Value) -> Result<(), Fault> {
        let is_exact = number::is_int(value) || crate::value::class_name(value) == "decimal";
        let float = match is_exact {
            true => None,
            false => number::as_f64(value),
        };
        match float {
            Some(f) if f.is_finite() => self.out.push_str(&number::text::float_text(f)),
            Some(_) => {
                let shown = print::short(value);
                let message = format!("JSON has no way to write {shown}");
                return Err(Fault::new(FaultKind::Number, message));
            }
            None => print::write_str(&mut self.out, value),
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        use std::fmt::Write;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '/' if self.options.escape_slash => self.out.push_str("\\/"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if self.is_escaped(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(self.out, "\\u{unit:04x}")
                            .expect("writing to a string does not fail");
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn is_escaped(&self, c: char) -> bool {
        match c {
            '\u{2028}' | '\u{2029}' => {
                self.options.escape_js_separators || self.options.escape_unicode
            }
            c => c < ' ' || (self.options.escape_unicode && !(' '..='~').contains(&c)),
        }
    }
}

enum Item {
    Next(State),
    Key(Value, Value),
    Done,
}

/// The property name that a key stands for.
fn plain_key(key: &Value) -> Result<String, Fault> {
    if key.is_nil() {
        let message = "JSON object properties may not be nil";
        return Err(Fault::new(FaultKind::Type, message));
    }
    let mut text = String::new();
    match (key.as_keyword(), key.as_symbol()) {
        (Some(keyword), _) => text.push_str(keyword.name()),
        (_, Some(symbol)) => text.push_str(symbol.name()),
        _ => print::write_str(&mut text, key),
    }
    Ok(text)
}

#[cold]
fn no_form(value: &Value) -> Fault {
    let class = crate::value::class_name(value);
    let shown = print::short(value);
    Fault::new(
        FaultKind::Type,
        format!("JSON has no form for {shown} ({class})"),
    )
    .hint("give `:default-write-fn` or change the value before")
}
