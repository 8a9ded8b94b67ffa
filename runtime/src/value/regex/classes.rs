//! Sets of characters in Java's notation as items of the engine's bracket classes.
//!
//! Everything here gives text that may stand between brackets: `0-9`, `[^\n]`, `\p{Lu}`.

/// White space and the like, as `\s`, `\h`, `\v` mean it in Java without its Unicode flag.
pub(super) const SPACE: &str = r"\t\n\x0B\f\r\x20";
/// Horizontal white space.
pub(super) const HORIZONTAL: &str =
    r"\x20\t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
/// Vertical white space.
pub(super) const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";
/// What `.` does not match.
pub(super) const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";
/// Letters, digits and `_`.
pub(super) const WORD: &str = "0-9A-Za-z_";
/// Digits.
pub(super) const DIGIT: &str = "0-9";

/// One character: anything that could mean something is written by its number.
pub(super) fn literal(c: char) -> String {
    if c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace()) {
        c.to_string()
    } else {
        format!("\\x{{{:X}}}", c as u32)
    }
}

/// The set or its complement.
pub(super) fn set(items: &str, negated: bool) -> String {
    if negated {
        format!("[^{items}]")
    } else {
        items.to_owned()
    }
}

/// The class that a letter behind a backslash means.
pub(super) fn escaped(letter: char, unicode: bool) -> Option<String> {
    let negated = letter.is_ascii_uppercase();
    let items = match letter.to_ascii_lowercase() {
        'd' | 'w' | 's' if unicode => return Some(format!("\\{letter}")),
        'd' => DIGIT,
        'w' => WORD,
        's' => SPACE,
        'h' => HORIZONTAL,
        'v' => VERTICAL,
        _ => return None,
    };
    Some(set(items, negated))
}

/// The property between the braces of `\p{…}`; `None` if there is no such thing here.
pub(super) fn property(name: &str, negated: bool) -> Option<String> {
    let posix = match name {
        "Lower" => "lower",
        "Upper" => "upper",
        "ASCII" => "ascii",
        "Alpha" => "alpha",
        "Digit" => "digit",
        "Alnum" => "alnum",
        "Punct" => "punct",
        "Graph" => "graph",
        "Print" => "print",
        "Blank" => "blank",
        "Cntrl" => "cntrl",
        "XDigit" => "xdigit",
        "Space" => "space",
        _ => "",
    };
    if !posix.is_empty() {
        let not = if negated { "^" } else { "" };
        return Some(format!("[:{not}{posix}:]"));
    }
    let unicode = match name {
        "javaLowerCase" => "Lowercase",
        "javaUpperCase" => "Uppercase",
        "javaAlphabetic" => "Alphabetic",
        "javaWhitespace" | "IsWhite_Space" | "IsWhiteSpace" => "White_Space",
        "javaLetter" => "L",
        "javaDigit" | "IsDigit" => "Nd",
        "javaLetterOrDigit" => return Some(set(r"\p{L}\p{Nd}", negated)),
        "L1" => return Some(set(r"\x{0}-\x{FF}", negated)),
        "LC" => return Some(set(r"\p{Lu}\p{Ll}\p{Lt}", negated)),
        "all" => "Any",
        "IsLetter" => "Alphabetic",
        "IsPunctuation" => "P",
        name if name.starts_with("In") || name.starts_with("java") => return None,
        name => name.strip_prefix("Is").unwrap_or(name),
    };
    let letter = if negated { 'P' } else { 'p' };
    let property = format!("\\{letter}{{{unicode}}}");
    regex::Regex::new(&property).is_ok().then_some(property)
}
