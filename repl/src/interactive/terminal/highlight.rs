//! Colours for an entry, by the lexer's tokens.

use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::lexer::tokenize;
use batuta_lang::source::SourceId;
use batuta_lang::special_forms::special_form;
use batuta_lang::token::Token;

const RESET: &str = "\x1b[0m";
const COMMENT: &str = "\x1b[2m";
const STRING: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[36m";
const KEYWORD: &str = "\x1b[35m";
const FORM: &str = "\x1b[1;34m";

/// The text with colours.
pub(super) fn highlight(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (start, token, end) in tokenize(SourceId::NONE, text, 0).tokens {
        let (start, end) = (start as usize, end as usize);
        // Brackets that the lexer added stand in no text.
        if start < done || start == end {
            continue;
        }
        between(&mut out, &text[done..start]);
        colored(&mut out, color(token), &text[start..end]);
        done = end;
    }
    between(&mut out, &text[done..]);
    out
}

/// White space and comments.
fn between(out: &mut String, text: &str) {
    let color = if text.trim().is_empty() {
        None
    } else {
        Some(COMMENT)
    };
    colored(out, color, text);
}

fn colored(out: &mut String, color: Option<&str>, text: &str) {
    match color {
        Some(color) => {
            out.push_str(color);
            out.push_str(text);
            out.push_str(RESET);
        }
        None => out.push_str(text),
    }
}

fn color(token: Token<'_>) -> Option<&'static str> {
    match token {
        Token::Str(_) | Token::Regex(_) | Token::Char(_) => Some(STRING),
        Token::Number(_) | Token::SymbolicNumber(_) => Some(NUMBER),
        Token::Keyword(_) => Some(KEYWORD),
        Token::Symbol("true" | "false" | "nil") => Some(NUMBER),
        Token::Symbol(name) if special_form(name).is_some() || core_macro(name).is_some() => {
            Some(FORM)
        }
        Token::Discard => Some(COMMENT),
        Token::Symbol(_)
        | Token::ListOpen
        | Token::ListClose
        | Token::VectorOpen
        | Token::VectorClose
        | Token::BraceOpen
        | Token::BraceClose
        | Token::SetOpen
        | Token::FnOpen
        | Token::Quote
        | Token::SyntaxQuote
        | Token::Unquote
        | Token::UnquoteSplicing
        | Token::Deref
        | Token::Var
        | Token::Meta
        | Token::Conditional
        | Token::ConditionalSplicing
        | Token::Tag(_)
        | Token::Handle(_)
        | Token::NamespacedMap(_)
        | Token::BlockComment
        | Token::Unreadable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_colors(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
        }
        plain
    }

    #[test]
    fn the_text_itself_never_changes() {
        for text in [
            "(defn f [x] ; why\n  \"é\")",
            "(((",
            ")]}",
            "\"open",
            "#| open",
            "{:a 1 :b",
            "#<x",
            "λ",
        ] {
            assert_eq!(without_colors(&highlight(text)), text);
        }
    }

    #[test]
    fn forms_strings_and_comments_have_colours() {
        let text = highlight("(let [a \"b\"] a) ; c");
        assert!(text.contains("\x1b[1;34mlet\x1b[0m"));
        assert!(text.contains("\x1b[32m\"b\"\x1b[0m"));
        assert!(text.contains("\x1b[2m ; c\x1b[0m"));
    }
}
