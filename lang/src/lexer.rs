//! Text to a balanced stream of tokens.
//!
//! Whatever the text, the brackets of the stream that comes out match: a missing one is put in, a
//! surplus one taken out, with a diagnostic for each repair. So the grammar never loses its place,
//! and one pass reports every error. Nesting is bounded here as well.

use logos::Logos;

use crate::diagnostic::Diagnostic;
use crate::form::NESTING_MAX;
use crate::messages::read as messages;
use crate::source::{SourceId, Span};
use crate::token::{Token, TokenError};

/// A token between its first byte and the one past its last.
pub type Spanned<'s> = (u32, Token<'s>, u32);

/// The tokens of a text and what is wrong with them.
#[derive(Default)]
pub struct Tokens<'s> {
    /// Balanced.
    pub tokens: Vec<Spanned<'s>>,
    /// The repairs made.
    pub diagnostics: Vec<Diagnostic>,
    /// True if more text could complete it: an open bracket, string or comment, or a prefix such
    /// as `'` at the end.
    pub incomplete: bool,
    /// True if no further text could make it right.
    pub invalid: bool,
}

/// Cuts a text into tokens, from byte `start` on, which must be the start of a character.
pub fn tokenize(source: SourceId, text: &str, start: usize) -> Tokens<'_> {
    let mut balancer = Balancer {
        source,
        text,
        out: Tokens::default(),
        open: Vec::new(),
        run: PrefixRun::default(),
        depth: 0,
        stopped: false,
        forgiven: 0,
        next_top_level: None,
    };
    let mut lexer = Token::lexer(text);
    lexer.bump(start);
    while let Some(result) = lexer.next() {
        let (start, end) = (lexer.span().start as u32, lexer.span().end as u32);
        let go_on = match result {
            Ok(token) => balancer.token(start, token, end),
            Err(error) => balancer.error(start, error, end),
        };
        if !go_on {
            break;
        }
    }
    balancer.finish()
}

/// How many prefixes stand before the form now being read. A chain of them nests forms as brackets
/// do, so both count against the bound.
#[derive(Clone, Copy, Default)]
struct PrefixRun {
    length: usize,
    /// The next form is the metadata after `^`, not yet the one the run ends with.
    metadata_due: bool,
}

impl PrefixRun {
    fn after_form(self) -> PrefixRun {
        if self.metadata_due {
            PrefixRun {
                length: self.length,
                metadata_due: false,
            }
        } else {
            PrefixRun::default()
        }
    }
}

struct OpenBracket<'s> {
    token: Token<'s>,
    start: u32,
    end: u32,
    /// The run it ends.
    run: PrefixRun,
}

struct Balancer<'s> {
    source: SourceId,
    text: &'s str,
    out: Tokens<'s>,
    open: Vec<OpenBracket<'s>>,
    run: PrefixRun,
    depth: usize,
    /// The text ended, or was left, in a way already reported; that its brackets are open as well
    /// is no news.
    stopped: bool,
    /// Mismatches in the top-level form just read. Each may leave one surplus closing bracket, which
    /// is the same mistake, not another one.
    forgiven: usize,
    /// The first bracket in column one that is opened inside another form: where a missing
    /// closing bracket probably belongs.
    next_top_level: Option<Span>,
}

impl<'s> Balancer<'s> {
    fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.source, start, end)
    }

    /// Takes a token; false if the text is nested too deeply to go on.
    fn token(&mut self, start: u32, token: Token<'s>, end: u32) -> bool {
        if token.is_closer() {
            self.close(start, token, end);
            return true;
        }
        if token.closer().is_some() {
            self.open_bracket(start, token, end);
        } else if token.is_prefix() {
            self.run.length += 1;
            self.run.metadata_due = token == Token::Meta;
        } else {
            self.run = self.run.after_form();
        }
        self.out.tokens.push((start, token, end));
        if self.depth + self.run.length <= NESTING_MAX {
            return true;
        }
        self.out.invalid = true;
        self.stopped = true;
        self.out
            .diagnostics
            .push(messages::nested_too_deeply(self.span(start, end)));
        false
    }

    fn open_bracket(&mut self, start: u32, token: Token<'s>, end: u32) {
        let span = self.span(start, end);
        let in_first_column = start == 0 || self.text.as_bytes()[start as usize - 1] == b'\n';
        if self.open.is_empty() {
            self.forgiven = 0;
        } else if in_first_column {
            self.next_top_level.get_or_insert(span);
        }
        if token == Token::FnOpen {
            let outer = self.open.iter().find(|open| open.token == Token::FnOpen);
            if let Some(outer) = outer {
                let outer = self.span(outer.start, outer.end);
                self.out.invalid = true;
                self.out
                    .diagnostics
                    .push(messages::nested_fn_literal(span, outer));
            }
        }
        self.depth += 1 + self.run.length;
        self.open.push(OpenBracket {
            token,
            start,
            end,
            run: self.run,
        });
        self.run = PrefixRun::default();
    }

    fn close(&mut self, start: u32, token: Token<'s>, end: u32) {
        let span = self.span(start, end);
        let matching = self
            .open
            .iter()
            .rposition(|open| open.token.closer() == Some(token));
        let Some(innermost) = self.open.last() else {
            self.out.invalid = true;
            if self.forgiven > 0 {
                self.forgiven -= 1;
                return;
            }
            self.out
                .diagnostics
                .push(messages::unexpected_closer(token.bracket(), span));
            return;
        };
        if innermost.token.closer() != Some(token) {
            let opened = self.span(innermost.start, innermost.end);
            self.out.invalid = true;
            self.forgiven += 1;
            self.out.diagnostics.push(messages::mismatched(
                innermost.token.bracket(),
                opened,
                innermost.token.closer().map_or("", Token::bracket),
                token.bracket(),
                span,
            ));
        }
        // Without a partner further out it is taken for the closer of the innermost bracket.
        let keep = matching.unwrap_or(self.open.len() - 1);
        while self.open.len() > keep + 1 {
            self.close_innermost(start, start);
        }
        self.close_innermost(start, end);
    }

    fn close_innermost(&mut self, start: u32, end: u32) {
        let Some(open) = self.open.pop() else { return };
        let Some(closer) = open.token.closer() else {
            return;
        };
        self.out.tokens.push((start, closer, end));
        self.depth -= 1 + open.run.length;
        self.run = open.run.after_form();
        if self.open.is_empty() {
            self.next_top_level = None;
        }
    }

    /// Takes what is no token; true: errors of this kind never stop the reading.
    fn error(&mut self, start: u32, error: TokenError, end: u32) -> bool {
        let span = self.span(start, end);
        let opening = |length: u32| self.span(start, (start + length).min(end));
        let diagnostic = match error {
            TokenError::UnterminatedString => messages::unterminated("string", "\"", opening(1)),
            TokenError::UnterminatedRegex => {
                messages::unterminated("regular expression", "\"", opening(2))
            }
            TokenError::UnterminatedComment => {
                messages::unterminated("block comment", "|#", opening(2))
            }
            TokenError::Unreadable => messages::unreadable(span),
            TokenError::Unknown => {
                messages::unknown_text(&self.text[start as usize..end as usize], span)
            }
        };
        match error {
            TokenError::UnterminatedString
            | TokenError::UnterminatedRegex
            | TokenError::UnterminatedComment => {
                self.out.incomplete = true;
                self.stopped = true;
            }
            TokenError::Unreadable | TokenError::Unknown => self.out.invalid = true,
        }
        self.out.diagnostics.push(diagnostic);
        if error != TokenError::UnterminatedComment {
            // Something stood here: `'` before it, or a map's value, is not missing.
            self.run = self.run.after_form();
            self.out.tokens.push((start, Token::Symbol("nil"), end));
        }
        true
    }

    fn finish(mut self) -> Tokens<'s> {
        let end = self.text.len() as u32;
        if !self.stopped && !self.open.is_empty() {
            self.out.incomplete = true;
            self.report_unclosed();
        }
        self.out.incomplete |= self.run.length > 0;
        while !self.open.is_empty() {
            self.close_innermost(end, end);
        }
        self.out
    }

    fn report_unclosed(&mut self) {
        let spans: Vec<(Span, &str)> = self
            .open
            .iter()
            .map(|open| (self.span(open.start, open.end), open.token.bracket()))
            .collect();
        let closers: String = self
            .open
            .iter()
            .rev()
            .filter_map(|open| open.token.closer())
            .map(Token::bracket)
            .collect();
        let diagnostic = messages::unclosed(&spans, &closers, self.next_top_level);
        self.out.diagnostics.push(diagnostic);
    }
}
