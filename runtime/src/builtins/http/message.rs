//! Requests and responses between values and the library's types.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::builtins::bytes::octets;
use crate::builtins::options;
use crate::collections::{is_sequential, map, vector};
use crate::failure::{Fault, FaultKind};
use crate::value::{Value, print};

/// Longest body that is read.
pub(super) const BODY_BYTES_MAX: usize = 256 << 20;

pub(super) fn text_of(value: &Value) -> String {
    let mut text = String::new();
    match value.as_keyword() {
        Some(keyword) => text.push_str(keyword.name()),
        None => print::write_str(&mut text, value),
    }
    text
}

/// A map from names to texts, or to vectors of texts where there are several.
pub(super) fn header_map(headers: &HeaderMap) -> Value {
    map::from_pairs(headers.keys().map(|name| {
        let mut texts: Vec<Value> = headers
            .get_all(name)
            .iter()
            .map(|value| Value::str(&String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let value = match texts.len() {
            1 => texts.remove(0),
            _ => vector::from_vec(texts),
        };
        (Value::str(name.as_str()), value)
    }))
}

/// The headers of a map; a vector of texts is a header several times.
pub(super) fn headers(who: &str, value: &Value) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in options::pairs(who, std::slice::from_ref(value))? {
        let wrong = |_: &dyn std::error::Error| {
            let shown = print::short(&value);
            let message = format!("`{who}`: {} {shown} is no header", text_of(&name));
            Fault::new(FaultKind::Type, message)
        };
        let header = HeaderName::from_bytes(text_of(&name).as_bytes()).map_err(|e| wrong(&e))?;
        let single = [value.clone()];
        let items: Vec<Value> = match vector::len(&value) {
            Some(_) => vector::iter(&value).cloned().collect(),
            None => single.into(),
        };
        for item in items {
            let text = HeaderValue::from_bytes(text_of(&item).as_bytes()).map_err(|e| wrong(&e))?;
            headers.append(header.clone(), text);
        }
    }
    Ok(headers)
}

/// The bytes of a body: nil, a text, bytes, or a sequence of these.
pub(super) fn body(who: &str, value: &Value) -> Result<Full<Bytes>, Fault> {
    if value.is_nil() {
        return Ok(Full::default());
    }
    if is_sequential(value) {
        let mut all = Vec::new();
        let mut items = crate::collections::seq::Cursor::new(who, value.clone())?;
        while let crate::collections::seq::Step::Item(item) = items.next() {
            all.extend_from_slice(octets(who, &item)?);
        }
        return Ok(Full::new(all.into()));
    }
    Ok(Full::new(Bytes::copy_from_slice(octets(who, value)?)))
}

/// Reads a body to its end; the message says what went wrong.
pub(super) async fn read_body<B>(body: B) -> Result<Bytes, String>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(error.to_string()),
    }
}

/// A body as text, by the character set that the headers name; bytes if it is none.
pub(super) fn body_value(headers: &HeaderMap, bytes: &Bytes, as_bytes: bool) -> Value {
    if as_bytes {
        return Value::bytes(bytes.as_ref());
    }
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    if kind.contains("charset=iso-8859-1") {
        return Value::string(
            bytes
                .iter()
                .map(|byte| char::from(*byte))
                .collect::<String>(),
        );
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::str(text),
        Err(_) => Value::bytes(bytes.as_ref()),
    }
}
