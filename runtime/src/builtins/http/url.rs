//! Percent-encoding and references between addresses (RFC 3986).

use std::fmt::Write;

/// Text as it may stand in a query or a path: unreserved characters stay.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    out
}

/// The text that was encoded; what is no escape stays, and bytes that are no text are replaced.
pub(super) fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'+' if plus_is_space => bytes.push(b' '),
            b'%' => match behind.get(..2).and_then(hexadecimal) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &behind[2..];
                }
                None => bytes.push(b'%'),
            },
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

/// The pairs of a query string.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (decode(name, true), decode(value, true)),
            None => (decode(part, true), String::new()),
        })
}

/// The address that `reference` means on the page at `base`.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    if reference.contains("://") {
        return reference.to_owned();
    }
    let Some((scheme, behind)) = base.split_once("://") else {
        return reference.to_owned();
    };
    if let Some(host) = reference.strip_prefix("//") {
        return format!("{scheme}://{host}");
    }
    let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
    let (host, path) = behind.split_at(end);
    if reference.starts_with('/') {
        return format!("{scheme}://{host}{reference}");
    }
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    if reference.starts_with('?') {
        return format!("{scheme}://{host}{path}{reference}");
    }
    let folder = path.rfind('/').map_or("", |at| &path[..at]);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let mut rest = reference;
    loop {
        if let Some(behind) = rest.strip_prefix("./") {
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("../") {
            parts.pop();
            rest = behind;
        } else {
            break;
        }
    }
    parts.push(rest);
    format!("{scheme}://{host}/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives() {
        let text = "a b&c=ü/+%";
        assert_eq!(encode(text), "a%20b%26c%3D%C3%BC%2F%2B%25");
        assert_eq!(decode(&encode(text), true), text);
        assert_eq!(decode("a+b%2", true), "a b%2");
        let found: Vec<_> = pairs("a=1&&b&c=x%20y").collect();
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], ("c".to_owned(), "x y".to_owned()));
    }

    #[test]
    fn references_are_resolved() {
        let base = "http://h:1/a/b?q";
        for (reference, wanted) in [
            ("https://x/y", "https://x/y"),
            ("//x/y", "http://x/y"),
            ("/c", "http://h:1/c"),
            ("c", "http://h:1/a/c"),
            ("../c", "http://h:1/c"),
            ("./c?d", "http://h:1/a/c?d"),
            ("?z", "http://h:1/a/b?z"),
        ] {
            assert_eq!(resolve(base, reference), wanted, "{reference}");
        }
        assert_eq!(resolve("http://h", "c"), "http://h/c");
    }
}
