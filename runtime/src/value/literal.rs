//! The tags that the language itself gives a meaning: `#inst`, `#uuid`, `#bytes`, and those of
//! [`temporal`].

use super::{Value, bytes, instant, temporal, uuid};
use crate::failure::{Fault, FaultKind};

/// The value of `#tag value`; `None` if the tag is not one of the language's own.
pub fn read(tag: &str, value: &Value) -> Option<Result<Value, Fault>> {
    let is_known = matches!(tag, "inst" | "uuid" | "bytes") || temporal::is_tag(tag);
    is_known.then(|| match value.as_str() {
        Some(text) => read_text(tag, text),
        None => {
            let shown = super::print::short(value);
            let message = format!("`#{tag}` stands before a string, not before {shown}");
            Err(Fault::new(FaultKind::Syntax, message))
        }
    })
}

fn read_text(tag: &str, text: &str) -> Result<Value, Fault> {
    if let Some(temporal) = temporal::read(tag, text) {
        return temporal.map(temporal::Temporal::into_value);
    }
    match tag {
        "inst" => instant::parse(text).map(Value::instant),
        "bytes" => bytes::from_hex(text).map(Value::bytes),
        _ => uuid::parse(text).map(Value::uuid).ok_or_else(|| {
            let message = format!("{text:?} is no UUID");
            let hint = "write it like \"b6883c0a-0342-4007-9966-bc2dfa6b109e\"";
            Fault::new(FaultKind::Syntax, message).hint(hint)
        }),
    }
}

/// The tag and text that read back as the value, if it is one of these.
pub fn written(value: &Value) -> Option<(&'static str, String)> {
    if let Some(bytes) = value.as_bytes() {
        return Some(("bytes", bytes::hex(bytes)));
    }
    if let Some(uuid) = value.as_uuid() {
        return Some(("uuid", uuid.to_string()));
    }
    if let Some(temporal) = value.as_temporal() {
        return Some((temporal.tag(), temporal.text()));
    }
    value.as_instant()?;
    value
        .as_dyn_native()
        .map(|native| ("inst", native.display()))
}
