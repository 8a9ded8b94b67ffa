//! String escapes and character names.

use std::borrow::Cow;

use crate::printer::CHARACTER_NAMES;

/// An escape that means nothing, by bytes of the string's body.
pub(super) struct BadEscape {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) why: &'static str,
}

/// The text a string's body stands for. Bad escapes are left out and listed.
pub(super) fn unescape(body: &str) -> (Cow<'_, str>, Vec<BadEscape>) {
    if !body.contains('\\') {
        return (Cow::Borrowed(body), Vec::new());
    }
    let mut text = String::with_capacity(body.len());
    let mut errors = Vec::new();
    let mut at = 0;
    while let Some(skipped) = body[at..].find('\\') {
        let start = at + skipped;
        text.push_str(&body[at..start]);
        let (result, length) = escape(&body[start + 1..]);
        at = start + 1 + length;
        match result {
            Ok(character) => text.push(character),
            Err(why) => errors.push(BadEscape {
                start,
                end: at,
                why,
            }),
        }
    }
    text.push_str(&body[at..]);
    (Cow::Owned(text), errors)
}

/// What stands behind a backslash, and how many bytes of it belong to the escape.
fn escape(rest: &str) -> (Result<char, &'static str>, usize) {
    let Some(first) = rest.chars().next() else {
        return (Err("nothing follows the backslash"), 0);
    };
    let simple = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '\\' | '"' | '\'' => first,
        'u' => {
            let (result, length) = code_point(&rest[1..]);
            return (result, 1 + length);
        }
        '0'..='7' => return octal(rest),
        _ => return (Err("no such escape"), first.len_utf8()),
    };
    (Ok(simple), 1)
}

/// Behind `\u`: `{1F600}`, four digits, or two surrogates as Java writes them.
fn code_point(rest: &str) -> (Result<char, &'static str>, usize) {
    const NOT_A_CHARACTER: &str = "no character has this code point";
    if let Some(braced) = rest.strip_prefix('{') {
        let Some(end) = braced.find('}') else {
            return (Err("the closing `}` is missing"), rest.len().min(1));
        };
        let value = hex(&braced[..end], 6).and_then(char::from_u32);
        return (value.ok_or(NOT_A_CHARACTER), end + 2);
    }
    let Some(high) = rest.get(..4).and_then(|digits| hex(digits, 4)) else {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        return (Err("four hexadecimal digits are needed"), digits.min(4));
    };
    if let Some(character) = char::from_u32(high) {
        return (Ok(character), 4);
    }
    let low = rest
        .get(4..10)
        .and_then(|pair| pair.strip_prefix("\\u"))
        .and_then(|digits| hex(digits, 4));
    match low {
        Some(low @ 0xDC00..=0xDFFF) if high < 0xDC00 => {
            let combined = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(combined).ok_or(NOT_A_CHARACTER), 10)
        }
        _ => (Err("half of a surrogate pair"), 4),
    }
}

fn octal(rest: &str) -> (Result<char, &'static str>, usize) {
    let length = rest
        .bytes()
        .take(3)
        .take_while(|byte| (b'0'..=b'7').contains(byte))
        .count();
    let value = u32::from_str_radix(&rest[..length], 8)
        .ok()
        .filter(|value| *value <= 0o377)
        .and_then(char::from_u32);
    (value.ok_or("octal escapes end at `\\377`"), length)
}

fn hex(digits: &str, length_max: usize) -> Option<u32> {
    let proper = (1..=length_max).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    proper.then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The character a literal names; `name` comes without the backslash.
pub(super) fn character(name: &str) -> Option<char> {
    let mut characters = name.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return Some(only);
    }
    if let Some((_, value)) = CHARACTER_NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*value);
    }
    match name.as_bytes()[0] {
        b'u' => {
            let (value, length) = code_point(&name[1..]);
            value.ok().filter(|_| length == name.len() - 1)
        }
        b'o' => {
            let (value, length) = octal(&name[1..]);
            value
                .ok()
                .filter(|_| length > 0 && length == name.len() - 1)
        }
        _ => None,
    }
}
