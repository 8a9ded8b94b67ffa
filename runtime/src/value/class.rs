//! What `(class x)` calls the kinds of values.

use super::Value;
use super::cell::{CellClass, as_cell};
use super::object::Kind;
use crate::collections::array;

/// The name of the keyword that `(class value)` gives.
pub fn class_name(value: &Value) -> &'static str {
    if let Some(kind) = value.kind() {
        return kind_name(value, kind);
    }
    if value.is_nil() {
        "nil"
    } else if value.as_bool().is_some() {
        "bool"
    } else if value.as_char().is_some() {
        "char"
    } else if value.as_keyword().is_some() {
        "keyword"
    } else if value.as_small_int().is_some() {
        "int"
    } else if value.as_float().is_some() {
        "float"
    } else {
        "unbound"
    }
}

fn kind_name(value: &Value, kind: Kind) -> &'static str {
    match kind {
        Kind::WideInt | Kind::BigInt => "int",
        Kind::Ratio => "ratio",
        Kind::Decimal => "decimal",
        Kind::Float => "float",
        Kind::Str => "string",
        Kind::Symbol => "symbol",
        Kind::Vector => "vector",
        Kind::List | Kind::LazySeq | Kind::Range | Kind::Slice => "list",
        Kind::Map => crate::collections::map::record(value).map_or("map", |record| record.name),
        Kind::SortedMap => "map",
        Kind::Set | Kind::SortedSet => "set",
        Kind::Queue => "queue",
        Kind::Array => array::element_of(value).map_or("array", array::Element::class),
        Kind::Function => "fn",
        Kind::Var => "var",
        Kind::Cell => match as_cell(value).map(|cell| cell.class()) {
            Some(CellClass::Volatile) => "volatile",
            Some(CellClass::Delay) => "delay",
            Some(CellClass::Transient) => "transient",
            Some(CellClass::Atom) | None => "atom",
        },
        Kind::Reduced => "reduced",
        Kind::Regex => "regex",
        Kind::Error => "error",
        Kind::Pid => "pid",
        Kind::Reference => "ref",
        Kind::VectorNode | Kind::MapNode | Kind::SortedNode => "node",
        Kind::Native => value
            .as_dyn_native()
            .map_or("native", |native| native.class()),
    }
}
