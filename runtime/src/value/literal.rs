//! The tags that the language itself gives a meaning: `#inst`, `#uuid`, `#bytes`.

use super::{Value, bytes, instant, uuid};
use crate::failure::{Fault, FaultKind};

/// The value of `#tag value`; `None` if the tag is not one of the language's own.
pub fn read(tag: &str, value: &Value) -> Option<Result<Value, Fault>> {
    let read = match tag {
        "inst" => |text: &str| instant::parse(text).map(Value::instant),
        "uuid" => |text: &str| match uuid::parse(text) {
            Some(uuid) => Ok(Value::uuid(uuid)),
            None => {
                let message = format!("{text:?} is no UUID");
                let hint = "write it like \"b6883c0a-0342-4007-9966-bc2dfa6b109e\"";
                Err(Fault::new(FaultKind::Syntax, message).hint(hint))
            }
        },
        "bytes" => |text: &str| bytes::from_hex(text).map(Value::bytes),
        _ => return None,
    };
    Some(match value.as_str() {
        Some(text) => read(text),
        None => {
            let shown = super::print::short(value);
            let message = format!("`#{tag}` stands before a string, not before {shown}");
            Err(Fault::new(FaultKind::Syntax, message))
        }
    })
}

/// The tag and text that read back as the value, if it is one of these.
pub fn written(value: &Value) -> Option<(&'static str, String)> {
    if let Some(bytes) = value.as_bytes() {
        return Some(("bytes", bytes::hex(bytes)));
    }
    if let Some(uuid) = value.as_uuid() {
        return Some(("uuid", uuid.to_string()));
    }
    value.as_instant()?;
    value
        .as_dyn_native()
        .map(|native| ("inst", native.display()))
}
