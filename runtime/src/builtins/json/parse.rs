//! JSON text to values: one pass, a stack on the heap, suspended where a function must be called.
//!
//! Strict RFC 8259: whatever the grammar does not have is refused with its line and column.

use num_bigint::BigInt;

use super::scan::{JsonError, Scanner, Token};
use crate::builtin::{Flow, call_then};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

/// What `read-str` may be told.
#[derive(Clone, Default)]
pub(super) struct ReadOptions {
    /// Called with each property name.
    pub key_fn: Option<Value>,
    /// `:key-fn keyword`, which needs no call.
    pub keyword_keys: bool,
    /// Called with each property's key and value.
    pub value_fn: Option<Value>,
    /// Fractions become exact decimals.
    pub decimals: bool,
    /// What an empty text gives; none: a fault.
    pub at_end: Option<Value>,
}

enum Frame {
    Array(Vec<Value>),
    Object {
        pairs: Vec<(Value, Value)>,
        key: Value,
    },
}

/// What comes next.
enum State {
    Value,
    Key,
    Have(Value),
}

/// A reading under way.
pub(super) struct Parser {
    scanner: Scanner,
    frames: Vec<Frame>,
    options: ReadOptions,
}

/// What the reader is asked to do with the text behind the value.
pub(super) type Rest = Box<dyn FnOnce(&mut Cx, Value, &str) -> Flow + Send>;

impl Parser {
    pub(super) fn new(source: Value, options: ReadOptions) -> Parser {
        Parser {
            scanner: Scanner::new(source),
            frames: Vec::new(),
            options,
        }
    }

    /// Reads one value; `then` gets it and the text behind it.
    pub(super) fn read(mut self, cx: &mut Cx, then: Rest) -> Flow {
        self.scanner.skip_white();
        if self.scanner.is_at_end()
            && let Some(value) = self.options.at_end.take()
        {
            return then(cx, value, "");
        }
        self.go_on(cx, State::Value, then)
    }

    fn go_on(mut self, cx: &mut Cx, mut state: State, then: Rest) -> Flow {
        loop {
            state = match state {
                State::Value => self.value().map_err(|error| self.fault(&error))?,
                State::Key => {
                    let key = self
                        .scanner
                        .property()
                        .map_err(|error| self.fault(&error))?;
                    if let Some(function) = self.options.key_fn.clone() {
                        return call_then(function, vec![Value::string(key)], |cx, key| {
                            self.set_key(key);
                            self.go_on(cx, State::Value, then)
                        });
                    }
                    self.set_key(match self.options.keyword_keys {
                        true => Value::keyword(&key),
                        false => Value::string(key),
                    });
                    State::Value
                }
                State::Have(value) => {
                    let property = match self.frames.last() {
                        None => return then(cx, value, self.scanner.rest()),
                        Some(Frame::Array(_)) => None,
                        Some(Frame::Object { key, .. }) => Some(key.clone()),
                    };
                    if let (Some(key), Some(function)) = (property, self.options.value_fn.clone()) {
                        return self.transform(function, key, value, then);
                    }
                    self.add(Some(value)).map_err(|error| self.fault(&error))?
                }
            };
        }
    }

    /// Asks the value function what becomes of a property; itself means: leave it out.
    fn transform(mut self, function: Value, key: Value, value: Value, then: Rest) -> Flow {
        call_then(function.clone(), vec![key, value], move |cx, value| {
            let kept = (!value.is_identical(&function)).then_some(value);
            let state = self.add(kept).map_err(|error| self.fault(&error))?;
            self.go_on(cx, state, then)
        })
    }

    fn value(&mut self) -> Result<State, JsonError> {
        let value = match self.scanner.token()? {
            Token::OpenArray if self.scanner.skip_white_and(b']') => vector::empty(),
            Token::OpenArray => {
                self.frames.push(Frame::Array(Vec::new()));
                return Ok(State::Value);
            }
            Token::OpenObject if self.scanner.skip_white_and(b'}') => map::empty(),
            Token::OpenObject => {
                self.frames.push(Frame::Object {
                    pairs: Vec::new(),
                    key: Value::NIL,
                });
                return Ok(State::Key);
            }
            Token::String(text) => Value::string(text),
            Token::Integer(text) => integer(&text),
            Token::Fraction(text) if self.options.decimals => decimal(&text),
            Token::Fraction(text) => Value::float(text.parse().unwrap_or(f64::NAN)),
            Token::True => Value::TRUE,
            Token::False => Value::FALSE,
            Token::Null => Value::NIL,
        };
        Ok(State::Have(value))
    }

    fn set_key(&mut self, new: Value) {
        if let Some(Frame::Object { key, .. }) = self.frames.last_mut() {
            *key = new;
        }
    }

    /// Puts a value into the innermost collection and goes on behind it.
    fn add(&mut self, value: Option<Value>) -> Result<State, JsonError> {
        let (goes_on, close, open) = match self.frames.last_mut() {
            None => return Ok(State::Have(value.unwrap_or_default())),
            Some(Frame::Array(items)) => {
                items.extend(value);
                (State::Value, b']', "array")
            }
            Some(Frame::Object { pairs, key }) => {
                let key = std::mem::take(key);
                pairs.extend(value.map(|value| (key, value)));
                (State::Key, b'}', "object")
            }
        };
        if self.scanner.skip_white_and(b',') {
            return Ok(goes_on);
        }
        if !self.scanner.skip_white_and(close) {
            let close = char::from(close);
            let wanted = format!("a comma or {close:?} in the {open}");
            return Err(self.scanner.unexpected(&wanted));
        }
        Ok(State::Have(match self.frames.pop() {
            Some(Frame::Array(items)) => vector::from_vec(items),
            Some(Frame::Object { pairs, .. }) => map::from_pairs(pairs),
            None => Value::NIL,
        }))
    }

    fn fault(&self, error: &JsonError) -> Fault {
        self.scanner.fault(error)
    }
}

fn integer(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(n) => number::int(n),
        // Only digits behind a sign come here.
        Err(_) => number::from_bigint(text.parse::<BigInt>().unwrap_or_default()),
    }
}

/// The exact decimal that the language reads for the same digits.
fn decimal(text: &str) -> Value {
    super::read_literal(&format!("{text}M")).unwrap_or_default()
}

/// The fault for text behind the one value.
pub(super) fn trailing(source: &Value, rest: &str) -> Option<Fault> {
    let text = source.as_str().unwrap_or_default();
    let behind = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    let c = behind.chars().next()?;
    let at = text.len() - behind.len();
    let error = JsonError::new(at, format!("{c:?} behind the end of the value"));
    Some(
        error
            .fault_in(text)
            .hint("`json/read` takes one value after the other from a reader"),
    )
}

/// The fault for bytes that are no text.
pub(super) fn not_text(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let valid = String::from_utf8_lossy(&bytes[..at]);
        JsonError::new(at, "these bytes are not UTF-8 text".to_owned()).fault_in(&valid)
    })
}
