//! Hierarchies: `isa?` over types and over what `derive` says.
//!
//! A hierarchy is a map as in Clojure: `{:parents … :ancestors … :descendants …}`, each from a tag
//! to a set. The global one is held by a cell that the library's `derive` changes.

use std::sync::LazyLock;

use crate::collections::{map, set, vector};
use crate::value::Value;
use crate::value::cell::{CellClass, as_cell, make_cell};

static GLOBAL: LazyLock<Value> = LazyLock::new(|| {
    let parts = ["parents", "ancestors", "descendants"];
    let none = parts.map(|part| (Value::keyword(part), map::empty()));
    let cell = make_cell(CellClass::Atom, map::from_pairs(none));
    cell.publish();
    if let Some(header) = cell.header() {
        header.make_immortal();
    }
    cell
});

/// The cell that holds the global hierarchy.
pub fn global_cell() -> Value {
    GLOBAL.clone()
}

/// The global hierarchy as it is now.
pub fn global() -> Value {
    as_cell(&GLOBAL).map(|cell| cell.load()).unwrap_or_default()
}

fn related<'a>(hierarchy: &'a Value, part: &str, tag: &Value) -> Option<&'a Value> {
    map::get(map::get_keyword(hierarchy, part)?, tag)
}

fn derives(hierarchy: &Value, child: &Value, parent: &Value) -> bool {
    related(hierarchy, "ancestors", child).is_some_and(|all| set::contains(all, parent))
}

/// Is the one tag the other, or below it? Vectors are compared item by item.
pub fn is_a(hierarchy: &Value, child: &Value, parent: &Value) -> bool {
    if child == parent || super::is_subtype(child, parent) || derives(hierarchy, child, parent) {
        return true;
    }
    let wider = super::wider_than(child);
    if wider.iter().any(|wide| derives(hierarchy, wide, parent)) {
        return true;
    }
    match (vector::len(child), vector::len(parent)) {
        (Some(count), Some(other)) if count == other => vector::iter(child)
            .zip(vector::iter(parent))
            .all(|(child, parent)| is_a(hierarchy, child, parent)),
        _ => false,
    }
}

/// The direct parents of a tag, as far as `derive` says.
pub(super) fn parents(hierarchy: &Value, tag: &Value) -> Vec<Value> {
    let found = related(hierarchy, "parents", tag);
    found
        .map(|all| set::iter(all).cloned().collect())
        .unwrap_or_default()
}
