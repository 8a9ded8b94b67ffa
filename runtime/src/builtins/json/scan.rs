//! Tokens of JSON text, and what is wrong with a text that has others.

use std::borrow::Cow;

use thiserror::Error;

use crate::collections::map;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;

/// What is wrong, and at which byte.
#[derive(Debug, Error)]
#[error("{message}")]
pub(super) struct JsonError {
    at: usize,
    message: String,
}

impl JsonError {
    pub(super) fn new(at: usize, message: String) -> JsonError {
        JsonError { at, message }
    }

    /// The failure a program sees, with line and column.
    pub(super) fn fault_in(&self, text: &str) -> Fault {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() + 1;
        let message = format!("JSON, line {line}, column {column}: {self}");
        let position = [("line", line), ("column", column)];
        Fault::new(FaultKind::Syntax, message).data(map::from_pairs(
            position.map(|(key, n)| (Value::keyword(key), number::from_usize(n))),
        ))
    }
}

/// How much of a text one value takes, white space before it included; all of it at its end, `None`
/// if more text is needed to say. The value itself may be wrong.
pub(super) fn extent(text: &str, has_more: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let at_end = (!has_more).then_some(bytes.len());
    let start = bytes
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    let Some(start) = start else {
        return at_end;
    };
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let is_first = at == start;
        if in_string {
            (in_string, is_escaped) = match (byte, is_escaped) {
                (b'\\', false) => (true, true),
                (b'"', false) => (false, false),
                _ => (true, false),
            };
            if !in_string && depth == 0 {
                return Some(at + 1);
            }
            continue;
        }
        match byte {
            // Behind a number or word another value begins.
            b'"' | b'[' | b'{' if depth == 0 && !is_first => return Some(at),
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth <= 1 => return Some(at + usize::from(depth == 1 || is_first)),
            b']' | b'}' => depth -= 1,
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' if depth == 0 => {
                return Some(at + usize::from(is_first));
            }
            _ => {}
        }
    }
    at_end
}

/// A token that can begin a value.
pub(super) enum Token {
    OpenArray,
    OpenObject,
    String(String),
    Integer(String),
    Fraction(String),
    True,
    False,
    Null,
}

/// A place in a text. The text is a string value, so that a reading can be suspended.
pub(super) struct Scanner {
    source: Value,
    at: usize,
}

impl Scanner {
    pub(super) fn new(source: Value) -> Scanner {
        let mark = source
            .as_str()
            .is_some_and(|text| text.starts_with('\u{feff}'));
        Scanner {
            source,
            at: if mark { '\u{feff}'.len_utf8() } else { 0 },
        }
    }

    fn text(&self) -> &str {
        self.source.as_str().unwrap_or_default()
    }

    fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &str {
        &self.text()[self.at..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes().len()
    }

    pub(super) fn skip_white(&mut self) {
        let rest = &self.bytes()[self.at..];
        let is_white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().take_while(|byte| is_white(byte)).count();
    }

    pub(super) fn skip_white_and(&mut self, byte: u8) -> bool {
        self.skip_white();
        self.skip(byte)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn fault(&self, error: &JsonError) -> Fault {
        error.fault_in(self.text())
    }

    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError::new(self.at, message.into())
    }

    #[cold]
    pub(super) fn unexpected(&self, wanted: &str) -> JsonError {
        match self.rest().chars().next() {
            Some(c) => self.error(format!("expected {wanted}, found {c:?}")),
            None => self.error(format!("expected {wanted}, found the end of the text")),
        }
    }

    pub(super) fn token(&mut self) -> Result<Token, JsonError> {
        self.skip_white();
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                Ok(Token::OpenArray)
            }
            Some(b'{') => {
                self.at += 1;
                Ok(Token::OpenObject)
            }
            Some(b'"') => self.string().map(Token::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Token::True),
            Some(b'f') => self.word("false", Token::False),
            Some(b'n') => self.word("null", Token::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, word: &str, token: Token) -> Result<Token, JsonError> {
        if !self.rest().starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(token)
    }

    /// A property name and the colon behind it.
    pub(super) fn property(&mut self) -> Result<String, JsonError> {
        self.skip_white();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a property name in double quotes"));
        }
        let name = self.string()?;
        if !self.skip_white_and(b':') {
            return Err(self.unexpected("a colon behind the property name"));
        }
        Ok(name)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let rest = &self.bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.unexpected("a digit"));
        }
        self.at += count;
        Ok(())
    }

    fn number(&mut self) -> Result<Token, JsonError> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        } else if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.error("a number does not begin with a zero"));
        }
        let mut is_whole = true;
        if self.skip(b'.') {
            is_whole = false;
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            is_whole = false;
            if !self.skip(b'+') {
                self.skip(b'-');
            }
            self.digits()?;
        }
        let text = self.text()[start..self.at].to_owned();
        Ok(match is_whole {
            true => Token::Integer(text),
            false => Token::Fraction(text),
        })
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            let Some(length) = plain else {
                return Err(JsonError::new(open, "a string without its end".to_owned()));
            };
            text.push_str(&rest[..length]);
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => {
                    return Err(self.error("a control character in a string must be escaped"));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point(start);
            }
            _ => return Err(JsonError::new(start, self.no_escape())),
        };
        self.at += 1;
        Ok(plain)
    }

    fn no_escape(&self) -> String {
        let c: Cow<str> = match self.rest().chars().next() {
            Some(c) => c.to_string().into(),
            None => "".into(),
        };
        format!("\\{c} is no escape sequence")
    }

    fn unit(&mut self, start: usize) -> Result<u32, JsonError> {
        let digits = self.text().get(self.at..self.at + 4);
        let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|text| u32::from_str_radix(text, 16).ok()) {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => Err(JsonError::new(
                start,
                "\\u is followed by four hexadecimal digits".to_owned(),
            )),
        }
    }

    /// Behind `\u`: a character, or the first half of a pair with the second behind it.
    fn code_point(&mut self, start: usize) -> Result<char, JsonError> {
        let unit = self.unit(start)?;
        if let Some(c) = char::from_u32(unit) {
            return Ok(c);
        }
        let half = || {
            let message = format!("\\u{unit:04X} is half of a surrogate pair without the other");
            JsonError::new(start, message)
        };
        if unit >= 0xDC00 || !self.rest().starts_with("\\u") {
            return Err(half());
        }
        self.at += 2;
        let low = self.unit(start)?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(half());
        }
        let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        char::from_u32(code).ok_or_else(half)
    }
}
