//! Bytes in `batuta.core`, and `base64`.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::builtin::{BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::options;
use crate::builtins::support::{take, text};
use crate::collections::seq::gather;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::{Value, bytes};

/// The bytes of a text (as UTF-8) or of bytes.
pub(super) fn octets<'a>(who: &str, value: &'a Value) -> Result<&'a [u8], Fault> {
    if let Some(text) = value.as_str() {
        return Ok(text.as_bytes());
    }
    match value.as_bytes() {
        Some(bytes) => Ok(bytes),
        None => Err(Fault::wrong_type(who, "bytes or a string", value)),
    }
}

/// The text that bytes write.
pub(super) fn decoded(who: &str, bytes: &[u8]) -> Result<Value, Fault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let message = format!("`{who}`: byte {at} begins no character of UTF-8");
            Err(Fault::new(FaultKind::Type, message))
        }
    }
}

fn to_bytes(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].as_bytes().is_some() {
        return Ok(take(args, 0));
    }
    if let Some(text) = args[0].as_str() {
        return Ok(Value::bytes(text.as_bytes()));
    }
    gather(cx, "to-bytes", take(args, 0), usize::MAX, |_, items, _| {
        let byte = |item: &Value| match number::as_i64(item) {
            // Java's bytes have a sign.
            Some(n @ -128..=255) => Ok(n as u8),
            _ => Err(Fault::wrong_type("to-bytes", "numbers of one byte", item)),
        };
        let bytes: Result<Vec<u8>, Fault> = items.iter().map(byte).collect();
        Ok(Value::bytes(bytes?))
    })
}

fn to_text(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(decoded(
        "bytes->string",
        octets("bytes->string", &args[0])?,
    )?)
}

fn to_hex(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::string(bytes::hex(octets("bytes->hex", &args[0])?)))
}

fn of_hex(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bytes(bytes::from_hex(text(
        "hex->bytes",
        &args[0],
    )?)?))
}

/// An engine that takes padding or none when it reads.
fn engine(is_url: bool, is_padded: bool) -> GeneralPurpose {
    let alphabet = if is_url { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(is_padded)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

fn encode(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (mut is_url, mut is_padded) = (false, true);
    for (option, value) in options::pairs("base64/encode", &args[1..])? {
        match options::name(&option) {
            "url" => is_url = value.is_truthy(),
            "padding" => is_padded = value.is_truthy(),
            _ => return Err(options::unknown("base64/encode", &option).into()),
        }
    }
    let bytes = octets("base64/encode", &args[0])?;
    Ok(Value::string(engine(is_url, is_padded).encode(bytes)))
}

fn decode(who: &str, value: &Value) -> Result<Vec<u8>, Fault> {
    let source = text(who, value)?;
    let is_url = source.contains(['-', '_']);
    engine(is_url, true).decode(source).map_err(|error| {
        let message = format!("`{who}`: not base64: {}", as_clause(&error.to_string()));
        Fault::new(FaultKind::Syntax, message)
    })
}

/// A sentence as a part of ours.
fn as_clause(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn decode_text(_: &mut Cx, args: &mut [Value]) -> Flow {
    let bytes = decode("base64/decode-str", &args[0])?;
    Ok(decoded("base64/decode-str", &bytes)?)
}

/// Names of core.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "bytes->hex",
            "[bytes]",
            exactly(1),
            to_hex,
            "Two hexadecimal digits for each byte, or byte of a text.",
        ),
        row(
            "bytes->string",
            "[bytes]",
            exactly(1),
            to_text,
            "The text that bytes write in UTF-8; a fault if they write none.",
        ),
        row(
            "hex->bytes",
            "[s]",
            exactly(1),
            of_hex,
            "The bytes of pairs of hexadecimal digits.",
        ),
        row(
            "to-bytes",
            "[x]",
            exactly(1),
            to_bytes,
            "The bytes of a text in UTF-8, or of a collection of numbers from -128 to 255.",
        ),
    ],
};

/// `base64/…`
pub static BASE64_TABLE: BuiltinTable = BuiltinTable {
    namespace: "base64",
    builtins: &[
        row(
            "decode",
            "[s]",
            exactly(1),
            |_, a| Ok(Value::bytes(decode("base64/decode", &a[0])?)),
            "The bytes that a text in base64 writes, in either alphabet, padded or not.",
        ),
        row(
            "decode-str",
            "[s]",
            exactly(1),
            decode_text,
            "The text whose bytes a text in base64 writes.",
        ),
        row(
            "encode",
            "[x & options]",
            at_least(1),
            encode,
            "Bytes or a text in base64. Options: :url true for the alphabet of file names and \
             links, :padding false for no = at the end.",
        ),
    ],
};
