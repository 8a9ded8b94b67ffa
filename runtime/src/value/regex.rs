//! Regular expressions: Java's notation, a linear-time engine.
//!
//! What is written is kept for printing; what is compiled is its translation ([`translate`]). A
//! form that needs backtracking (back-references, look-around) is refused when it is read.
//! Matches are walked as Java walks them: an empty match may follow a match directly.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Match, Regex};

use super::Value;
use super::object::{Body, Kind, make};
use crate::failure::{Fault, FaultKind};

mod classes;
mod translate;

/// The body of a regular expression.
pub struct RegexBody {
    source: Box<str>,
    translated: Box<str>,
    regex: Regex,
    is_literal: bool,
    whole: OnceLock<Option<Regex>>,
}

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for RegexBody {
    const KIND: Kind = Kind::Regex;
}

impl RegexBody {
    /// The compiled expression.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// The source, as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The match of all of a text.
    pub fn match_whole<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        // An alternative that matches more may stand behind one that matches less, so the whole
        // text must be asked for, not the first match looked at.
        let compile = || Regex::new(&format!(r"\A(?:{})\z", self.translated)).ok();
        self.whole.get_or_init(compile).as_ref()?.captures(text)
    }

    /// The first match that starts at a byte offset or behind it.
    pub fn match_from<'t>(&self, text: &'t str, from: usize) -> Option<Captures<'t>> {
        (from <= text.len())
            .then(|| self.regex.captures_at(text, from))
            .flatten()
    }

    /// The text that is all it matches, if it is made of plain characters only.
    pub fn literal(&self) -> Option<&str> {
        self.is_literal.then_some(&*self.source)
    }

    /// Where all matches stand, one after the other: as `matches`, without their groups.
    pub fn spans(&self, text: &str) -> impl Iterator<Item = (usize, usize)> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = (from <= text.len()).then(|| self.regex.find_at(text, from))??;
            from = behind(text, &found);
            Some((found.start(), found.end()))
        })
    }

    /// All matches, one after the other.
    pub fn matches<'r, 't>(&'r self, text: &'t str) -> Matches<'r, 't> {
        Matches {
            regex: self,
            text,
            from: 0,
        }
    }
}

/// The matches of a text, from left to right.
pub struct Matches<'r, 't> {
    regex: &'r RegexBody,
    text: &'t str,
    from: usize,
}

impl<'t> Iterator for Matches<'_, 't> {
    type Item = Captures<'t>;

    fn next(&mut self) -> Option<Captures<'t>> {
        let found = self.regex.match_from(self.text, self.from)?;
        self.from = behind(self.text, &found.get_match());
        Some(found)
    }
}

/// Where the search goes on after a match: behind it, and one character further if it is empty.
pub fn behind(text: &str, found: &Match) -> usize {
    let end = found.end();
    match found.is_empty() {
        false => end,
        true => end + text[end..].chars().next().map_or(1, char::len_utf8),
    }
}

impl Value {
    /// A regular expression.
    ///
    /// # Errors
    /// A syntax fault that says where the expression is wrong.
    pub fn regex(source: &str) -> Result<Value, Fault> {
        let translated = translate::translate(source)?;
        match Regex::new(&translated) {
            Ok(regex) => Ok(make(RegexBody {
                source: source.into(),
                translated: translated.into(),
                regex,
                is_literal: !source.is_empty() && regex::escape(source) == source,
                whole: OnceLock::new(),
            })),
            Err(error) => Err(Fault::new(FaultKind::Syntax, regex_message(&error))),
        }
    }

    /// The regular expression.
    pub fn as_regex(&self) -> Option<&RegexBody> {
        self.as_object::<RegexBody>()
    }
}

fn regex_message(error: &regex::Error) -> String {
    let text = error.to_string();
    // The library's report quotes the pattern over several lines; the last says what is wrong.
    let line: Cow<str> = match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => line.trim().trim_start_matches("error: ").to_owned().into(),
        None => "it does not compile".into(),
    };
    format!("not a regular expression: {line}")
}

#[cfg(test)]
mod tests;
