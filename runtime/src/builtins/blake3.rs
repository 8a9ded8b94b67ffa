//! `blake3`: hash, keyed hash, key derivation, and the three bit by bit.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::actor::blocking;
use crate::builtin::{BuiltinTable, Flow, at_least, exactly, row, wait};
use crate::builtins::bytes::octets;
use crate::builtins::options;
use crate::builtins::support::{position, text};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::value::object::{Native, make_native};
use crate::value::{Value, bytes};

/// More than this is hashed on a thread of its own kind.
const LONG_BYTES: usize = 1 << 20;
/// Longest output that is made: a hash is no stream of random numbers.
const LENGTH_MAX: usize = 1 << 20;

/// A hash under way.
struct Hasher(Mutex<blake3::Hasher>);

impl Native for Hasher {
    fn class(&self) -> &'static str {
        "hasher"
    }

    fn print(&self) -> String {
        "#hasher<blake3>".to_owned()
    }
}

fn length(who: &str, args: &[Value]) -> Result<usize, Fault> {
    let mut length = blake3::OUT_LEN;
    for (option, value) in options::pairs(who, args)? {
        match options::name(&option) {
            "length" => length = position(who, &value)?,
            _ => return Err(options::unknown(who, &option)),
        }
    }
    if length > LENGTH_MAX {
        let message = format!("`{who}` gives at most {LENGTH_MAX} bytes, not {length}");
        return Err(Fault::new(FaultKind::Number, message));
    }
    Ok(length)
}

fn output(hasher: &blake3::Hasher, length: usize) -> Value {
    let mut bytes = vec![0; length];
    hasher.finalize_xof().fill(&mut bytes);
    Value::bytes(bytes)
}

/// Takes a text or bytes in and gives the hash, elsewhere if that takes long.
fn digest(who: &str, mut hasher: blake3::Hasher, input: &Value, length: usize) -> Flow {
    let octets = octets(who, input)?;
    if octets.len() <= LONG_BYTES {
        hasher.update(octets);
        return Ok(output(&hasher, length));
    }
    let shared: Arc<[u8]> = match input.as_bytes() {
        Some(bytes) => bytes.clone(),
        None => octets.into(),
    };
    wait(blocking(move || {
        hasher.update(&shared);
        Ok(output(&hasher, length))
    }))
}

fn key(who: &str, value: &Value) -> Result<[u8; 32], Fault> {
    let bytes = octets(who, value)?;
    bytes.try_into().map_err(|_| {
        let message = format!("`{who}` wants a key of 32 bytes, got {}", bytes.len());
        Fault::new(FaultKind::Type, message)
    })
}

fn hash(_: &mut Cx, args: &mut [Value]) -> Flow {
    let length = length("blake3/hash", &args[1..])?;
    digest("blake3/hash", blake3::Hasher::new(), &args[0], length)
}

fn hex(_: &mut Cx, args: &mut [Value]) -> Flow {
    let hash = blake3::hash(octets("blake3/hex", &args[0])?);
    Ok(Value::string(bytes::hex(hash.as_bytes())))
}

fn keyed_hash(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "blake3/keyed-hash";
    let hasher = blake3::Hasher::new_keyed(&key(who, &args[0])?);
    digest(who, hasher, &args[1], length(who, &args[2..])?)
}

fn derive_key(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "blake3/derive-key";
    let hasher = blake3::Hasher::new_derive_key(text(who, &args[0])?);
    digest(who, hasher, &args[1], length(who, &args[2..])?)
}

fn hasher(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "blake3/hasher";
    let mut hasher = blake3::Hasher::new();
    for (option, value) in options::pairs(who, args)? {
        hasher = match options::name(&option) {
            "key" => blake3::Hasher::new_keyed(&key(who, &value)?),
            "context" => blake3::Hasher::new_derive_key(text(who, &value)?),
            _ => return Err(options::unknown(who, &option).into()),
        };
    }
    Ok(make_native(Hasher(Mutex::new(hasher))))
}

fn as_hasher<'a>(who: &str, value: &'a Value) -> Result<&'a Hasher, Fault> {
    value
        .as_native::<Hasher>()
        .ok_or_else(|| Fault::wrong_type(who, "a hasher", value))
}

fn update(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "blake3/update";
    for input in &args[1..] {
        as_hasher(who, &args[0])?
            .0
            .lock()
            .update(octets(who, input)?);
    }
    Ok(args[0].clone())
}

fn finish(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "blake3/finish";
    let length = length(who, &args[1..])?;
    Ok(output(&as_hasher(who, &args[0])?.0.lock(), length))
}

/// `blake3/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "blake3",
    builtins: &[
        row(
            "derive-key",
            "[context material & options]",
            at_least(2),
            derive_key,
            "A key for one purpose, which the context names, from key material; :length in bytes.",
        ),
        row(
            "finish",
            "[hasher & options]",
            at_least(1),
            finish,
            "The hash of what a hasher has got so far; it may get more. :length in bytes.",
        ),
        row(
            "hash",
            "[x & options]",
            at_least(1),
            hash,
            "The hash of bytes or a text, 32 bytes or as many as :length says.",
        ),
        row(
            "hasher",
            "[& options]",
            at_least(0),
            hasher,
            "A hash made bit by bit; :key for a keyed one, :context for key derivation.",
        ),
        row(
            "hex",
            "[x]",
            exactly(1),
            hex,
            "The hash of bytes or a text as hexadecimal digits.",
        ),
        row(
            "keyed-hash",
            "[key x & options]",
            at_least(2),
            keyed_hash,
            "The hash under a key of 32 bytes; :length in bytes.",
        ),
        row(
            "update",
            "[hasher & xs]",
            at_least(1),
            update,
            "Gives bytes or texts to a hasher; gives the hasher.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a field in a text of one `"name": "value"` a line.
    fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
        let (_, behind) = text.split_once(&format!("\"{name}\": "))?;
        let end = behind.find([',', '\n', '}'])?;
        Some(behind[..end].trim().trim_matches('"'))
    }

    #[test]
    fn the_official_vectors_hold() {
        let text = include_str!("../../../tests/blake3/test_vectors.json");
        let key = field(text, "key").expect("the file has a key");
        let context = field(text, "context_string").expect("the file has a context");
        let key: [u8; 32] = key.as_bytes().try_into().expect("32 bytes");
        let mut count = 0;
        for case in text.split("\"input_len\"").skip(1) {
            let case = format!("\"input_len\"{case}");
            let length: usize = field(&case, "input_len")
                .and_then(|length| length.parse().ok())
                .expect("a length");
            let input = Value::bytes((0..length).map(|n| (n % 251) as u8).collect::<Vec<_>>());
            for (name, hasher) in [
                ("hash", blake3::Hasher::new()),
                ("keyed_hash", blake3::Hasher::new_keyed(&key)),
                ("derive_key", blake3::Hasher::new_derive_key(context)),
            ] {
                let wanted = field(&case, name).expect("an output");
                let got = digest("test", hasher, &input, wanted.len() / 2);
                let got = got.unwrap_or_else(|_| panic!("{length} bytes are not many"));
                assert_eq!(
                    bytes::hex(got.as_bytes().expect("bytes")),
                    wanted,
                    "{name} {length}"
                );
                count += 1;
            }
        }
        assert_eq!(count, 51);
    }
}
