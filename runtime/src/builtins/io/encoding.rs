//! Text as bytes: UTF-8 unless an option says otherwise.

use crate::failure::{Fault, FaultKind};
use crate::value::{Value, print};

/// How text is written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Latin1,
    Utf16,
}

impl Encoding {
    /// The encoding that an `:encoding` option names.
    pub(super) fn named(who: &str, value: &Value) -> Result<Encoding, Fault> {
        let mut name = String::new();
        print::write_str(&mut name, value);
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "utf8" | "ascii" | "usascii" => Ok(Encoding::Utf8),
            "iso88591" | "latin1" => Ok(Encoding::Latin1),
            "utf16" => Ok(Encoding::Utf16),
            _ => {
                let shown = print::short(value);
                let message = format!("`{who}` does not know the encoding {shown}");
                Err(Fault::new(FaultKind::Io, message)
                    .hint("there are \"UTF-8\", \"ISO-8859-1\" and \"UTF-16\""))
            }
        }
    }

    /// The text of bytes; the number of the byte that is wrong otherwise.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, usize> {
        match self {
            Encoding::Utf8 => {
                String::from_utf8(bytes).map_err(|error| error.utf8_error().valid_up_to())
            }
            Encoding::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
            Encoding::Utf16 => decode_utf16(&bytes),
        }
    }

    /// The bytes of a text; what the encoding does not have becomes a question mark.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Latin1 => text
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
            Encoding::Utf16 => {
                let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
                units.flat_map(u16::to_be_bytes).collect()
            }
        }
    }
}

/// Big-endian unless a mark at the start says otherwise, as in Java.
fn decode_utf16(bytes: &[u8]) -> Result<String, usize> {
    let (is_little, body) = match bytes {
        [0xFF, 0xFE, body @ ..] => (true, body),
        [0xFE, 0xFF, body @ ..] => (false, body),
        body => (false, body),
    };
    let unit = |pair: &[u8]| match (is_little, pair) {
        (true, [low, high]) => u16::from_le_bytes([*low, *high]),
        (_, [high, low]) => u16::from_be_bytes([*high, *low]),
        // An odd byte at the end: half of a unit is no character.
        _ => 0xDC00,
    };
    let units: Vec<u16> = body.chunks(2).map(unit).collect();
    String::from_utf16(&units).map_err(|_| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives() {
        for encoding in [Encoding::Utf8, Encoding::Latin1, Encoding::Utf16] {
            let bytes = encoding.encode("aé\n");
            assert_eq!(encoding.decode(bytes).as_deref(), Ok("aé\n"));
        }
        assert_eq!(Encoding::Utf8.decode(vec![b'a', 0xFF]), Err(1));
        assert_eq!(Encoding::Latin1.encode("λ"), b"?");
        assert!(Encoding::Utf16.decode(vec![0, b'a', 0]).is_err());
    }
}
