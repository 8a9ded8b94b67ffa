//! Text to forms: the only way in.
//!
//! Reading always gives forms, however broken the text; what was wrong is in the diagnostics, all of
//! it in one pass. Forms of a text with errors are good for completion and highlighting, not for
//! running. Reading runs nothing.

use std::sync::Arc;

use lalrpop_util::lalrpop_mod;

use crate::diagnostic::Diagnostic;
use crate::form::Form;
use crate::lexer::{Spanned, Tokens, tokenize};
use crate::messages::read as messages;
use crate::source::{SourceId, Span};
use crate::token::Token;

mod braces;
pub(crate) mod builder;
mod conditional;
mod fn_literal;
mod namespace;
mod number;
mod text;

lalrpop_mod!(
    #[allow(clippy::all, unused, missing_docs, unreachable_pub)]
    grammar
);

/// What reading depends on beside the text.
pub struct ReadOptions<'a> {
    /// The namespace of `::name`, until an `ns` form in the text says otherwise.
    pub current_ns: &'a str,
    /// The namespace behind an alias, for `::alias/name`. Aliases of an `ns` form in the text are
    /// known without it.
    pub resolve_alias: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// What `#?(…)` chooses from: a branch of the first of these, else the first branch of any.
    /// `:default` always matches.
    pub features: &'a [&'a str],
    /// What becomes of `#?(…)`.
    pub conditionals: Conditionals,
    /// Braces hold maps only, never a tagged message.
    pub only_data: bool,
}

/// What becomes of reader conditionals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditionals {
    /// The branch of a feature is taken.
    Choose,
    /// They are kept, as literals tagged `?` or `?@`.
    Keep,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        ReadOptions {
            current_ns: "user",
            resolve_alias: &|_| None,
            features: &["batuta", "clj"],
            conditionals: Conditionals::Choose,
            only_data: false,
        }
    }
}

/// Reads a whole text.
pub fn read(
    source: SourceId,
    text: &str,
    options: &ReadOptions<'_>,
) -> (Vec<Form>, Vec<Diagnostic>) {
    read_from(source, text, 0, options)
}

fn read_from(
    source: SourceId,
    text: &str,
    start: usize,
    options: &ReadOptions<'_>,
) -> (Vec<Form>, Vec<Diagnostic>) {
    if u32::try_from(text.len()).is_err() {
        return (
            Vec::new(),
            vec![messages::too_long(Span::new(source, 0, 0))],
        );
    }
    let Tokens {
        tokens,
        mut diagnostics,
        ..
    } = tokenize(source, text, start);
    let forms = parse(source, text, &tokens, options, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span().start);
    (forms, diagnostics)
}

/// Reads the first form of a text, from byte `start` on, and says where it ends. `None` if only
/// white space and comments are left. What stands behind the form is not looked at.
///
/// # Errors
/// The first thing wrong with the form.
pub fn read_one(
    source: SourceId,
    text: &str,
    start: usize,
    options: &ReadOptions<'_>,
) -> Result<Option<(Form, usize)>, Diagnostic> {
    let mut start = start;
    if !text.is_char_boundary(start) {
        return Ok(None);
    }
    loop {
        let form_end = first_form_end(source, text, start);
        let end = form_end.unwrap_or(text.len());
        let (forms, diagnostics) = read_from(source, &text[..end], start, options);
        if let Some(first) = diagnostics.into_iter().next() {
            return Err(first);
        }
        match (forms.into_iter().next(), form_end) {
            (Some(form), _) => return Ok(Some((form, end))),
            (None, None) => return Ok(None),
            // A reader conditional that gave nothing.
            (None, Some(_)) => start = end,
        }
    }
}

/// Where the first form ends; `None` if it does not, or there is none.
fn first_form_end(source: SourceId, text: &str, start: usize) -> Option<usize> {
    let tokens = tokenize(source, text, start);
    let mut depth = 0_usize;
    let mut wanted = 1_usize;
    for (_, token, end) in tokens.tokens {
        if token.closer().is_some() {
            depth += 1;
            continue;
        }
        if token.is_closer() {
            depth -= 1;
        }
        if depth > 0 {
            continue;
        }
        match token {
            Token::Discard | Token::Meta => wanted += 1,
            prefix if prefix.is_prefix() => {}
            _ => wanted -= 1,
        }
        if wanted == 0 {
            return Some(end as usize);
        }
    }
    None
}

/// Whether a text could be handed over as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every form in it is finished.
    Complete,
    /// More lines are needed.
    Incomplete,
    /// It is wrong, whatever follows.
    Invalid,
}

/// Asks the question the prompt asks after each line.
pub fn is_complete(text: &str) -> Completeness {
    if u32::try_from(text.len()).is_err() {
        return Completeness::Invalid;
    }
    let tokens = tokenize(SourceId::NONE, text, 0);
    if tokens.invalid {
        Completeness::Invalid
    } else if tokens.incomplete {
        Completeness::Incomplete
    } else {
        Completeness::Complete
    }
}

fn parse<'s>(
    source: SourceId,
    text: &'s str,
    tokens: &[Spanned<'s>],
    options: &ReadOptions<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Form> {
    let mut builder = builder::Builder::new(source, text, options, diagnostics);
    let stream = tokens.iter().copied().map(Ok);
    grammar::TopLevelParser::new()
        .parse(&mut builder, stream)
        // The grammar recovers from all it can meet in a balanced stream; were it ever to give up,
        // that is one more error to report, not a reason to stop the program.
        .unwrap_or_else(|_| {
            builder.report(messages::unknown_text("this", Span::new(source, 0, 0)));
            Vec::new()
        })
}
