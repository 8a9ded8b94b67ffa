//! Names in emitted Rust: recognisable, and each only once.

use std::collections::HashMap;

/// Words that cannot be names of modules or functions.
const RESERVED: [&str; 49] = [
    "Cx", "Entry", "Native", "Var", "Word", "as", "async", "await", "become", "box", "break",
    "const", "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn",
    "for", "gen", "if", "impl", "in", "let", "lib", "loop", "macro", "match", "mod", "move", "mut",
    "pub", "ref", "return", "runtime", "self", "static", "struct", "super", "true", "type",
    "unsafe", "use", "vars", "while",
];

/// Names given so far.
#[derive(Default)]
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    /// The name for a thing called so: with a number if another has it already.
    pub(super) fn give(&mut self, scope: &str, wanted: &str) -> String {
        let count = self.0.entry(format!("{scope}::{wanted}")).or_insert(0);
        *count += 1;
        match *count {
            1 => wanted.to_owned(),
            // Names end in a number of arguments or a letter, never in an `x` and a number.
            more => format!("{wanted}_x{more}"),
        }
    }
}

/// A name of Batuta as one of Rust.
pub(super) fn identifier(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(character),
            '-' | '.' => out.push('_'),
            '/' => out.push_str("__"),
            other => out.push_str(&spelled(other)),
        }
    }
    if out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    if RESERVED.contains(&&*out) || out.chars().all(|c| c == '_') {
        out.push_str("_q");
    }
    out
}

fn spelled(character: char) -> String {
    let word = match character {
        '?' => "_p",
        '!' => "_now",
        '*' => "_star",
        '+' => "_plus",
        '=' => "_eq",
        '<' => "_lt",
        '>' => "_gt",
        '\'' => "_prime",
        '&' => "_and",
        '%' => "_arg",
        other => return format!("_u{:x}", u32::from(other)),
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_recognisable() {
        for (name, expected) in [
            ("word-count", "word_count"),
            ("even?", "even_p"),
            ("my.app", "my_app"),
            ("f/fn", "f__fn"),
            ("/", "___q"),
            ("match", "match_q"),
            ("*out*", "_starout_star"),
            ("3d", "_3d"),
        ] {
            assert_eq!(identifier(name), expected);
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        assert_eq!(names.give("user", "f_1"), "f_1");
        assert_eq!(names.give("user", "f_1"), "f_1_x2");
        assert_eq!(names.give("other", "f_1"), "f_1");
    }
}
