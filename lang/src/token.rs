//! The tokens of the language, nothing else.
//!
//! A token that can be malformed (a number, a character, …) is taken whole here and looked into by
//! the reader, so that the message can show all of it. Strings, regular expressions and block
//! comments are scanned by hand because they may end too late or not at all.

use logos::{FilterResult, Lexer, Logos};

/// Why no token could be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenError {
    /// A string without its closing quote.
    UnterminatedString,
    /// A regular expression without its closing quote.
    UnterminatedRegex,
    /// A block comment without its `|#`.
    UnterminatedComment,
    /// What prints as `#<…>` cannot be read.
    Unreadable,
    /// Characters that begin nothing.
    #[default]
    Unknown,
}

/// One token; the payload is the text it was made of.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(error = TokenError)]
#[logos(subpattern rest = r#"[^\s\u{FEFF},()\[\]{}";@^`~\\]"#)]
#[logos(skip r"[\s\u{FEFF},]+")]
#[logos(skip(r"(;|#!)[^\n]*", allow_greedy = true))]
pub enum Token<'s> {
    /// `(`
    #[token("(")]
    ListOpen,
    /// `)`
    #[token(")")]
    ListClose,
    /// `[`
    #[token("[")]
    VectorOpen,
    /// `]`
    #[token("]")]
    VectorClose,
    /// `{`
    #[token("{")]
    BraceOpen,
    /// `}`
    #[token("}")]
    BraceClose,
    /// `#{`
    #[token("#{")]
    SetOpen,
    /// `#(`
    #[token("#(")]
    FnOpen,
    /// `'`
    #[token("'")]
    Quote,
    /// `` ` ``
    #[token("`")]
    SyntaxQuote,
    /// `~`
    #[token("~")]
    Unquote,
    /// `~@`
    #[token("~@")]
    UnquoteSplicing,
    /// `@`
    #[token("@")]
    Deref,
    /// `#'`
    #[token("#'")]
    Var,
    /// `^`, or `#^` as in old Clojure
    #[token("^")]
    #[token("#^")]
    Meta,
    /// `#_`
    #[token("#_")]
    Discard,
    /// `#?`
    #[token("#?")]
    Conditional,
    /// `#?@`
    #[token("#?@")]
    ConditionalSplicing,
    /// `"…"`, quotes included
    #[token("\"", |lexer| scan_quoted(lexer, TokenError::UnterminatedString))]
    Str(&'s str),
    /// `#"…"`, `#` and quotes included
    #[token("#\"", |lexer| scan_quoted(lexer, TokenError::UnterminatedRegex))]
    Regex(&'s str),
    /// What begins like a number
    #[regex(r"[+-]?[0-9](?&rest)*", priority = 20)]
    Number(&'s str),
    /// `##Inf` and its like
    #[regex(r"##(?&rest)*")]
    SymbolicNumber(&'s str),
    /// `\a`, `\newline`, `\u03BB`, `\u{3BB}`
    #[regex(r"\\[\p{L}\p{N}](?&rest)*", priority = 30)]
    #[regex(r"\\u\{[^}\s]*\}", priority = 40)]
    #[regex(r"\\(.|\n)", priority = 10)]
    Char(&'s str),
    /// `:name`, `::name`, or `::` alone
    #[regex(r":(?&rest)*")]
    Keyword(&'s str),
    /// A symbol, or `nil`, `true`, `false`
    #[regex(r#"[^\s\u{FEFF},()\[\]{}"';@^`~\\\#0-9:](?&rest)*"#, priority = 5)]
    Symbol(&'s str),
    /// `#tag`
    #[regex(r"#[\p{L}](?&rest)*", priority = 6)]
    Tag(&'s str),
    /// `#actor<…>` and `#ref<…>`
    #[regex(r"#(actor|ref)<[^>\s]*>", priority = 50)]
    Handle(&'s str),
    /// `#:ns`, before a map
    #[regex(r"#:(?&rest)*", priority = 7)]
    NamespacedMap(&'s str),
    /// Never made: `#|` starts a comment, which may nest.
    #[token("#|", skip_block_comment)]
    BlockComment,
    /// Never made: `#<` starts what cannot be read.
    #[regex(r"#<[^>\n]*>?", refuse_unreadable)]
    Unreadable,
}

fn scan_quoted<'s>(
    lexer: &mut Lexer<'s, Token<'s>>,
    unterminated: TokenError,
) -> Result<&'s str, TokenError> {
    let rest = lexer.remainder().as_bytes();
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'"' => {
                lexer.bump(at + 1);
                return Ok(lexer.slice());
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    lexer.bump(rest.len());
    Err(unterminated)
}

fn skip_block_comment<'s>(lexer: &mut Lexer<'s, Token<'s>>) -> FilterResult<(), TokenError> {
    let rest = lexer.remainder().as_bytes();
    let mut depth = 1;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'|', b'#', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    lexer.bump(at);
                    return FilterResult::Skip;
                }
            }
            [b'#', b'|', ..] => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    lexer.bump(rest.len());
    FilterResult::Error(TokenError::UnterminatedComment)
}

fn refuse_unreadable<'s>(_: &mut Lexer<'s, Token<'s>>) -> FilterResult<(), TokenError> {
    FilterResult::Error(TokenError::Unreadable)
}

impl Token<'_> {
    /// The bracket that closes what this token opens.
    pub fn closer(self) -> Option<Token<'static>> {
        match self {
            Token::ListOpen | Token::FnOpen => Some(Token::ListClose),
            Token::VectorOpen => Some(Token::VectorClose),
            Token::BraceOpen | Token::SetOpen => Some(Token::BraceClose),
            _ => None,
        }
    }

    /// True for a closing bracket.
    pub fn is_closer(self) -> bool {
        matches!(
            self,
            Token::ListClose | Token::VectorClose | Token::BraceClose
        )
    }

    /// True for a token that needs a form after it.
    pub fn is_prefix(self) -> bool {
        matches!(
            self,
            Token::Quote
                | Token::SyntaxQuote
                | Token::Unquote
                | Token::UnquoteSplicing
                | Token::Deref
                | Token::Var
                | Token::Meta
                | Token::Discard
                | Token::Conditional
                | Token::ConditionalSplicing
                | Token::Tag(_)
                | Token::NamespacedMap(_)
        )
    }

    /// A bracket as written.
    pub fn bracket(self) -> &'static str {
        match self {
            Token::ListOpen => "(",
            Token::ListClose => ")",
            Token::VectorOpen => "[",
            Token::VectorClose => "]",
            Token::BraceOpen => "{",
            Token::BraceClose => "}",
            Token::SetOpen => "#{",
            Token::FnOpen => "#(",
            _ => "",
        }
    }
}
