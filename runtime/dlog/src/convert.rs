//! Values to columns and back.
//!
//! | value | datum | column |
//! | --- | --- | --- |
//! | integer | `Int`, beyond 64 bits `BigInt` | `Int64`, `Decimal128(38, 0)` |
//! | float, string, boolean, nil | their like | their like |
//! | keyword, symbol | `Keyword`, `Symbol` | `Utf8` that says so in its metadata |
//! | instant | `Instant` | `Timestamp(µs, UTC)` |
//! | vector, list; map | `List`; `Struct` | `List`; `Struct` |
//!
//! A value with no column type (a function, a set, a ratio) is a fault that says where it stands.

pub(crate) mod datum;
pub(crate) mod rows;
pub(crate) mod scalar;
pub(crate) mod schema;
