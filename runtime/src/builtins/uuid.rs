//! Identifiers: Clojure's names in `batuta.core`, the rest in `uuid`.

use uuid::{Builder, Uuid};

use crate::actor::seeded;
use crate::builtin::{BuiltinTable, Flow, exactly, row};
use crate::builtins::support::text;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::{Value, uuid as identifier};

fn random(_: &mut Cx, _: &mut [Value]) -> Flow {
    let drawn = seeded::draw().zip(seeded::draw());
    Ok(Value::uuid(match drawn {
        Some((high, low)) => Builder::from_random_bytes(bytes_of(high, low)).into_uuid(),
        None => Uuid::new_v4(),
    }))
}

fn bytes_of(high: u64, low: u64) -> [u8; 16] {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

fn by_time(_: &mut Cx, _: &mut [Value]) -> Flow {
    Ok(Value::uuid(Uuid::now_v7()))
}

fn parse(_: &mut Cx, args: &mut [Value]) -> Flow {
    let parsed = identifier::parse(text("parse-uuid", &args[0])?);
    Ok(parsed.map(Value::uuid).unwrap_or_default())
}

fn uuid(who: &str, value: &Value) -> Result<Uuid, Fault> {
    value
        .as_uuid()
        .ok_or_else(|| Fault::wrong_type(who, "a UUID", value))
}

/// The name-based identifier of a text within a namespace.
fn by_name(_: &mut Cx, args: &mut [Value]) -> Flow {
    let namespace = match args[0].as_keyword().map(|keyword| keyword.name()) {
        Some("dns") => Uuid::NAMESPACE_DNS,
        Some("url") => Uuid::NAMESPACE_URL,
        Some("oid") => Uuid::NAMESPACE_OID,
        Some("x500") => Uuid::NAMESPACE_X500,
        _ => args[0].as_uuid().ok_or_else(|| {
            Fault::wrong_type("uuid/v5", "a UUID or :dns, :url, :oid, :x500", &args[0])
        })?,
    };
    let name = text("uuid/v5", &args[1])?;
    Ok(Value::uuid(Uuid::new_v5(&namespace, name.as_bytes())))
}

fn version(_: &mut Cx, args: &mut [Value]) -> Flow {
    let number = uuid("uuid/version", &args[0])?.get_version_num();
    Ok(number::from_usize(number))
}

fn to_bytes(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bytes(
        uuid("uuid/bytes", &args[0])?.as_bytes().as_slice(),
    ))
}

fn from_bytes(_: &mut Cx, args: &mut [Value]) -> Flow {
    let bytes = args[0]
        .as_bytes()
        .ok_or_else(|| Fault::wrong_type("uuid/from-bytes", "bytes", &args[0]))?;
    match Uuid::from_slice(bytes) {
        Ok(uuid) => Ok(Value::uuid(uuid)),
        Err(_) => {
            let message = format!("`uuid/from-bytes` wants 16 bytes, got {}", bytes.len());
            Err(Fault::new(FaultKind::Type, message).into())
        }
    }
}

/// When an identifier with a clock in it was made.
fn time(_: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(stamp) = uuid("uuid/time", &args[0])?.get_timestamp() else {
        return Ok(Value::NIL);
    };
    let (seconds, nanos) = stamp.to_unix();
    let timestamp = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok());
    Ok(timestamp.map(Value::instant).unwrap_or_default())
}

/// Clojure's names.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "parse-uuid",
            "[s]",
            exactly(1),
            parse,
            "The UUID that the text writes, or nil if it writes none.",
        ),
        row(
            "random-uuid",
            "[]",
            exactly(0),
            random,
            "A new random UUID (version 4).",
        ),
        row(
            "uuid?",
            "[x]",
            exactly(1),
            |_, a| Ok(Value::bool(a[0].as_uuid().is_some())),
            "Is x a UUID?",
        ),
    ],
};

/// `uuid/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "uuid",
    builtins: &[
        row(
            "bytes",
            "[uuid]",
            exactly(1),
            to_bytes,
            "The 16 bytes of a UUID.",
        ),
        row(
            "from-bytes",
            "[bytes]",
            exactly(1),
            from_bytes,
            "The UUID of 16 bytes.",
        ),
        row(
            "parse",
            "[s]",
            exactly(1),
            parse,
            "The same function as parse-uuid.",
        ),
        row(
            "time",
            "[uuid]",
            exactly(1),
            time,
            "When a UUID with a clock in it (version 7) was made, or nil.",
        ),
        row("v4", "[]", exactly(0), random, "A new random UUID."),
        row(
            "v5",
            "[namespace name]",
            exactly(2),
            by_name,
            "The UUID of a name within a namespace: a UUID, :dns, :url, :oid or :x500.",
        ),
        row(
            "v7",
            "[]",
            exactly(0),
            by_time,
            "A new UUID that begins with the time: later ones order behind earlier ones.",
        ),
        row(
            "version",
            "[uuid]",
            exactly(1),
            version,
            "The version of a UUID, a number.",
        ),
    ],
};
