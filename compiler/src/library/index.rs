//! What a text of the library defines and where, found without reading it.
//!
//! Files of the library keep to a layout, which their tests check: a line that starts with `(`
//! starts a top-level form, and every top-level form is a definition of one of the [`Kind`]s.

use std::ops::Range;

/// What a form defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `defn` and `defn-`.
    Function,
    /// `defmacro`.
    Macro,
    /// `def` and `defactor`.
    Value,
    /// `declare`: a definition comes further down.
    Declaration,
}

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// What it defines.
    pub kind: Kind,
    /// Under which name.
    pub name: &'t str,
    /// Not visible to other namespaces.
    pub is_private: bool,
    /// May be bound per actor.
    pub is_dynamic: bool,
    /// Where its form stands.
    pub range: Range<usize>,
}

/// The definitions of a text, in order. What is none of them, such as `ns`, is left out.
pub fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    let starts = std::iter::once(0).chain(text.match_indices("\n(").map(|(at, _)| at + 1));
    let mut starts = starts.peekable();
    std::iter::from_fn(move || {
        let start = starts.next()?;
        Some(start..starts.peek().copied().unwrap_or(text.len()))
    })
    .filter_map(|range| entry(text, range))
}

fn entry(text: &str, range: Range<usize>) -> Option<Entry<'_>> {
    let (head, mut rest) = text[range.clone()].strip_prefix('(')?.split_once(' ')?;
    let kind = match head {
        "defn" | "defn-" => Kind::Function,
        "defmacro" => Kind::Macro,
        "def" | "defactor" => Kind::Value,
        "declare" => Kind::Declaration,
        _ => return None,
    };
    let (mut is_private, mut is_dynamic) = (head == "defn-", false);
    while let Some(flagged) = rest.strip_prefix('^') {
        let (flag, after) = flagged.split_once(' ')?;
        is_private |= flag == ":private";
        is_dynamic |= flag == ":dynamic";
        rest = after;
    }
    let end = rest.find(|c: char| c.is_whitespace() || c == ')')?;
    Some(Entry {
        kind,
        name: &rest[..end],
        is_private,
        is_dynamic,
        range,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_with_their_names() {
        let text = ";; head\n(ns a)\n\n(defn f [x]\n  (g x))\n\n(def ^:private ^:dynamic *v*\n 1)\n(declare h)\n(defmacro m [] nil)\n(defactor ^:private q [n] n)\n(defn- p [])";
        let found: Vec<_> = entries(text)
            .map(|entry| (entry.kind, entry.name, entry.is_private, entry.is_dynamic))
            .collect();
        assert_eq!(
            found,
            [
                (Kind::Function, "f", false, false),
                (Kind::Value, "*v*", true, true),
                (Kind::Declaration, "h", false, false),
                (Kind::Macro, "m", false, false),
                (Kind::Value, "q", true, false),
                (Kind::Function, "p", true, false),
            ]
        );
        let first = entries(text).next().map(|entry| &text[entry.range]);
        assert_eq!(first, Some("(defn f [x]\n  (g x))\n\n"));
    }
}
