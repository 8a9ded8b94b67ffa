//! Bracket classes: unions, ranges, intersections, one within the other.

use super::super::classes;
use super::{DEPTH_MAX, Translator};
use crate::failure::Fault;

impl Translator {
    /// The content of a class, behind its `[`; gives it with brackets.
    pub(super) fn class(&mut self, depth: usize) -> Result<String, Fault> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("classes nested too deep"));
        }
        let negated = self.skip('^');
        let mut operands = vec![String::new()];
        let mut is_first = true;
        loop {
            let Some(c) = self.next() else {
                return Err(self.wrong("unclosed character class"));
            };
            let last = operands.len() - 1;
            match c {
                ']' if !is_first => break,
                '[' => {
                    let inner = self.class(depth + 1)?;
                    operands[last].push_str(&inner);
                }
                '&' if self.skip('&') => {
                    while self.skip('&') {}
                    operands.push(String::new());
                }
                c if self.flags.comments && c.is_whitespace() => {}
                c => {
                    let item = self.class_item(c)?;
                    operands[last].push_str(&item);
                }
            }
            is_first = false;
        }
        operands.retain(|operand| !operand.is_empty());
        if operands.is_empty() {
            return Err(self.wrong("a character class with nothing in it"));
        }
        let not = if negated { "^" } else { "" };
        Ok(format!("[{not}{}]", operands.join("&&")))
    }

    fn class_item(&mut self, c: char) -> Result<String, Fault> {
        let mut start = c;
        if c == '\\' {
            match self.peek() {
                Some('Q') => {
                    self.at += 1;
                    let mut items = String::new();
                    while let Some(c) = self.next() {
                        if c == '\\' && self.skip('E') {
                            break;
                        }
                        items.push_str(&classes::literal(c));
                    }
                    return Ok(items);
                }
                Some(letter)
                    if matches!(letter, 'p' | 'P') || classes::escaped(letter, false).is_some() =>
                {
                    return self.escaped_set();
                }
                Some(letter) => {
                    self.at += 1;
                    start = self.escaped_char(letter)?;
                }
                None => return Err(self.wrong("it ends in the middle of an escape")),
            }
        }
        let is_range = self.peek() == Some('-')
            && !matches!(self.chars.get(self.at + 1), None | Some(']' | '['));
        if !is_range {
            return Ok(classes::literal(start));
        }
        let back = self.at;
        self.at += 1;
        let end = match self.next() {
            Some('\\') => match self.next() {
                Some(letter)
                    if matches!(letter, 'p' | 'P') || classes::escaped(letter, false).is_some() =>
                {
                    self.at = back;
                    return Ok(classes::literal(start));
                }
                Some(letter) => self.escaped_char(letter)?,
                None => return Err(self.wrong("it ends in the middle of an escape")),
            },
            Some(c) => c,
            None => return Err(self.wrong("unclosed character class")),
        };
        if end < start {
            return Err(self.wrong("a range whose end comes before its start"));
        }
        Ok(format!(
            "{}-{}",
            classes::literal(start),
            classes::literal(end)
        ))
    }
}
