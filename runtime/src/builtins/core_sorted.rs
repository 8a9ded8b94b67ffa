//! Sorted maps and sets in `batuta.core`, and what `conj`, `assoc`, `get` and their like do with
//! them. Comparison functions are asked through [`search`], one comparison at a time.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::core_changes::with_keys;
use crate::builtins::support::{position, take, take_all};
use crate::collections::seq::entry;
use crate::collections::sorted::{self, Place, search};
use crate::collections::{slice, vector, walk};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{CodeSource, FunctionBody};
use crate::number;
use crate::value::Value;
use crate::value::object::Kind;

/// Puts entries in, one after the other. Keys must be realised; a set's entries have no value.
pub(super) fn put_all(
    cx: &mut Cx,
    mut collection: Value,
    mut entries: std::vec::IntoIter<(Value, Value)>,
) -> Flow {
    while let Some((key, value)) = entries.next() {
        match search::place_at_once(&collection, &key)? {
            Some(place) => collection = sorted::insert(collection, place, key, value),
            None => {
                return search::locate(cx, collection, key, |cx, collection, key, place| {
                    let collection = sorted::insert(collection, place, key, value);
                    put_all(cx, collection, entries)
                });
            }
        }
    }
    Ok(collection)
}

/// Takes the entries of keys out, one after the other. Keys must be realised.
pub(super) fn remove_all(
    cx: &mut Cx,
    mut collection: Value,
    mut keys: std::vec::IntoIter<Value>,
) -> Flow {
    while let Some(key) = keys.next() {
        match search::place_at_once(&collection, &key)? {
            Some(place) => collection = sorted::remove(collection, place),
            None => {
                return search::locate(cx, collection, key, |cx, collection, _, place| {
                    remove_all(cx, sorted::remove(collection, place), keys)
                });
            }
        }
    }
    Ok(collection)
}

/// Goes on with the entry of a key: key and value, or twice the member.
pub(super) fn find(
    cx: &mut Cx,
    collection: Value,
    key: Value,
    then: impl FnOnce(&mut Cx, Option<(Value, Value)>) -> Flow + Send + 'static,
) -> Flow {
    walk::realise(cx, key, |cx, key| {
        search::locate(cx, collection, key, |cx, collection, _, place| {
            let found = match place {
                Place::Found(rank) => sorted::entry_at(&collection, rank),
                Place::Missing(_) => None,
            };
            let pair = |entry: &[Value]| match entry {
                [key, value] => Some((key.clone(), value.clone())),
                [member] => Some((member.clone(), member.clone())),
                _ => None,
            };
            then(cx, found.and_then(pair))
        })
    })
}

/// The comparison function as a collection keeps it: nil for `compare` itself.
fn comparator(function: Value) -> Value {
    let is_compare =
        function
            .as_object::<FunctionBody>()
            .is_some_and(|body| match body.code.source {
                CodeSource::Native(builtin) => builtin.name == "compare",
                _ => false,
            });
    if is_compare { Value::NIL } else { function }
}

fn map_of(cx: &mut Cx, who: &str, empty: Value, keyvals: Vec<Value>) -> Flow {
    if !keyvals.len().is_multiple_of(2) {
        let message = format!("`{who}` takes pairs of key and value: the last key has no value");
        return Err(Fault::new(FaultKind::Arity, message).into());
    }
    with_keys(cx, keyvals, 0, 2, |cx, keyvals| {
        let mut keyvals = keyvals.into_iter();
        let mut pairs = Vec::with_capacity(keyvals.len() / 2);
        while let (Some(key), Some(value)) = (keyvals.next(), keyvals.next()) {
            pairs.push((key, value));
        }
        put_all(cx, empty, pairs.into_iter())
    })
}

fn set_of(cx: &mut Cx, empty: Value, members: Vec<Value>) -> Flow {
    with_keys(cx, members, 0, 1, |cx, members| {
        let pairs: Vec<(Value, Value)> = members.into_iter().map(|m| (m, Value::NIL)).collect();
        put_all(cx, empty, pairs.into_iter())
    })
}

fn sorted_map(cx: &mut Cx, args: &mut [Value]) -> Flow {
    map_of(
        cx,
        "sorted-map",
        sorted::empty_map(Value::NIL),
        take_all(args, 0),
    )
}

fn sorted_map_by(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let empty = sorted::empty_map(comparator(take(args, 0)));
    map_of(cx, "sorted-map-by", empty, take_all(args, 1))
}

fn sorted_set(cx: &mut Cx, args: &mut [Value]) -> Flow {
    set_of(cx, sorted::empty_set(Value::NIL), take_all(args, 0))
}

fn sorted_set_by(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let empty = sorted::empty_set(comparator(take(args, 0)));
    set_of(cx, empty, take_all(args, 1))
}

fn expect_sorted(who: &str, value: &Value) -> Result<(), Fault> {
    if sorted::is_sorted(value) {
        return Ok(());
    }
    Err(Fault::wrong_type(who, "a sorted map or set", value))
}

/// How many keys come before a key, and whether an equal one is there.
fn rank(cx: &mut Cx, args: &mut [Value]) -> Flow {
    expect_sorted("subseq", &args[0])?;
    let collection = take(args, 0);
    walk::realise(cx, take(args, 1), |cx, key| {
        search::locate(cx, collection, key, |_, _, _, place| {
            let is_there = matches!(place, Place::Found(_));
            Ok(vector::from_vec(vec![
                number::from_usize(place.rank()),
                Value::bool(is_there),
            ]))
        })
    })
}

fn as_items(collection: &Value, entry_values: &[Value]) -> Value {
    match entry_values {
        [key, value] if collection.kind() == Some(Kind::SortedMap) => entry(key, value),
        _ => entry_values.first().cloned().unwrap_or_default(),
    }
}

/// The entries between two ranks; descending if the first rank is the greater.
fn run(_: &mut Cx, args: &mut [Value]) -> Flow {
    expect_sorted("subseq", &args[0])?;
    let (from, to) = (position("subseq", &args[1])?, position("subseq", &args[2])?);
    let ascending = sorted::range(&args[0], from.min(to), from.max(to));
    let item = |entry| as_items(&args[0], entry);
    Ok(if from <= to {
        vector::from_iter(ascending.map(item))
    } else {
        vector::from_iter(ascending.rev().map(item))
    })
}

/// All entries, descending.
pub(super) fn backwards(collection: &Value) -> Value {
    let items = sorted::iter(collection).rev();
    let items = items.map(|entry| as_items(collection, entry));
    slice::of(vector::from_iter(items), 0)
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "sorted-map",
        "[& keyvals]",
        at_least(0),
        sorted_map,
        "A map of these keys and values, in the order of `compare` of its keys.",
    ),
    row(
        "sorted-map-by",
        "[comparator & keyvals]",
        at_least(1),
        sorted_map_by,
        "A map of these keys and values, in the order of a comparator of its keys.",
    ),
    row(
        "sorted-rank*",
        "[coll key]",
        exactly(2),
        rank,
        "How many keys of a sorted collection come before a key, and whether it is there.",
    ),
    row(
        "sorted-run*",
        "[coll from to]",
        exactly(3),
        run,
        "The entries of a sorted collection between two ranks, descending if from is the greater.",
    ),
    row(
        "sorted-set",
        "[& members]",
        at_least(0),
        sorted_set,
        "A set of these members, in the order of `compare`.",
    ),
    row(
        "sorted-set-by",
        "[comparator & members]",
        at_least(1),
        sorted_set_by,
        "A set of these members, in the order of a comparator.",
    ),
    row(
        "sorted?",
        "[coll]",
        exactly(1),
        |_, a| Ok(Value::bool(sorted::is_sorted(&a[0]))),
        "Is it a sorted map or a sorted set?",
    ),
];
