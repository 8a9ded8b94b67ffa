//! Metadata: a map beside a value, of no account to equality and hash.

use super::{list, map, queue, set, slice, sorted, vector};
use crate::function::{function_meta, with_function_meta};
use crate::namespace::{as_namespace, own_var_meta};
use crate::types::instance;
use crate::value::cell::as_cell;
use crate::value::object::Kind;
use crate::value::{Value, symbol};

/// The metadata map of a value, or nil; of a var without what its definition tells.
pub fn meta(value: &Value) -> Value {
    let found = match value.kind() {
        Some(Kind::Vector) => value.as_object::<vector::VectorBody>().map(|v| v.meta()),
        Some(Kind::List) => list::as_list(value).map(|cell| cell.meta()),
        Some(Kind::Slice) => slice::as_slice(value).map(|slice| slice.meta()),
        Some(Kind::Map) => map::meta(value),
        Some(Kind::Set) => set::meta(value),
        Some(Kind::SortedMap | Kind::SortedSet) => sorted::meta(value),
        Some(Kind::Queue) => queue::meta(value),
        Some(Kind::Symbol) => value.as_symbol().map(|symbol| symbol.meta()),
        Some(Kind::Native) => match as_namespace(value) {
            Some(namespace) => return namespace.meta(),
            None => instance::as_instance(value).map(|object| object.meta()),
        },
        Some(Kind::Cell) => {
            let beside = as_cell(value).map(|cell| cell.beside()).unwrap_or_default();
            return map::get_keyword(&beside, "meta")
                .cloned()
                .unwrap_or_default();
        }
        Some(Kind::Function) => return function_meta(value),
        Some(Kind::Var) => return own_var_meta(value),
        _ => None,
    };
    found.cloned().unwrap_or_default()
}

/// The value with other metadata. `None` for kinds that carry none; lazy sequences and ranges
/// must be turned into list cells before.
pub fn with_meta(mut value: Value, meta: Value) -> Option<Value> {
    match value.kind()? {
        Kind::Vector => {
            if let Some(body) = value.as_unique::<vector::VectorBody>() {
                *body.meta_mut() = meta;
                return Some(value);
            }
            Some(vector::with_meta(&value, meta))
        }
        Kind::List => {
            if let Some(cell) = value.as_unique::<list::ListCell>() {
                *cell.meta_mut() = meta;
                return Some(value);
            }
            list::as_list(&value).map(|cell| cell.with_meta(meta))
        }
        Kind::Slice => slice::as_slice(&value).map(|slice| slice.with_meta(meta)),
        Kind::Map => Some(map::with_meta(value, meta)),
        Kind::Set => Some(set::with_meta(value, meta)),
        Kind::SortedMap | Kind::SortedSet => Some(sorted::with_meta(value, meta)),
        Kind::Queue => Some(queue::with_meta(value, meta)),
        Kind::Function => with_function_meta(&value, meta),
        Kind::Symbol => value
            .as_symbol()
            .map(|symbol| symbol::with_meta(symbol, meta)),
        Kind::Native => instance::as_instance(&value).map(|object| object.with_meta(meta)),
        _ => None,
    }
}
