//! Changing collections in `batuta.core`: `conj`, `assoc` and their opposites.
//!
//! A collection with one owner is changed in place. Common changes that ask nothing are made at
//! once; keys that hold unrealised sequences are realised first, and objects whose type has the
//! method of the name are asked by a call.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, call_then, exactly, row};
use crate::builtins::core_sorted;
use crate::builtins::support::{out_of_bounds, position, take, take_all};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_seq, list, map, meta, queue, set, sorted, vector, walk};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::types;
use crate::value::Value;
use crate::value::object::Kind;

/// Goes on when the values at these places are realised, to serve as keys.
pub(super) fn with_keys(
    cx: &mut Cx,
    values: Vec<Value>,
    from: usize,
    step: usize,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    let keys = values.iter().skip(from).step_by(step);
    let composite: Vec<Value> = keys.filter(|v| walk::is_composite(v)).cloned().collect();
    if composite.is_empty() {
        return then(cx, values);
    }
    walk::realise_all(cx, composite, move |cx, keys| {
        drop(keys);
        then(cx, values)
    })
}

pub(super) fn conj(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.is_empty() {
        return Ok(vector::empty());
    }
    if let [collection, item] = args
        && let Some(longer) = conj_at_once(collection, item)
    {
        return Ok(longer);
    }
    let is_table = map::is_map(&args[0]) || set::is_set(&args[0]);
    if is_table {
        return conj_table(cx, take_all(args, 0));
    }
    let mut collection = take(args, 0);
    if let Some(method) = types::method_of(&collection, "cons") {
        return conj_object(collection, method, take_all(args, 1).into_iter());
    }
    for item in &mut args[1..] {
        collection = conj_one(collection, std::mem::take(item))?;
    }
    Ok(collection)
}

/// The collection with one more item, in the common cases that ask nothing.
#[inline]
fn conj_at_once(collection: &mut Value, item: &mut Value) -> Option<Value> {
    match collection.kind()? {
        Kind::Vector => Some(vector::push(
            std::mem::take(collection),
            std::mem::take(item),
        )),
        Kind::Set if !walk::is_composite(item) => {
            Some(set::conj(std::mem::take(collection), std::mem::take(item)))
        }
        Kind::Map => {
            let key = vector::nth(item, 0).filter(|key| !walk::is_composite(key))?;
            let key = key.clone();
            let value = vector::nth(item, 1)?.clone();
            let is_entry = vector::len(item) == Some(2);
            is_entry.then(|| map::assoc(std::mem::take(collection), key, value))
        }
        _ => None,
    }
}

/// Adds items to an object whose type has the method `cons`.
fn conj_object(object: Value, method: Value, mut items: std::vec::IntoIter<Value>) -> Flow {
    let Some(item) = items.next() else {
        return Ok(object);
    };
    call_then(method, vec![object, item], move |cx, object| {
        let mut all: Vec<Value> = std::iter::once(object).chain(items).collect();
        conj(cx, &mut all)
    })
}

fn conj_one(collection: Value, item: Value) -> Result<Value, Fault> {
    match collection.kind() {
        Some(Kind::Vector) => Ok(vector::push(collection, item)),
        Some(Kind::Queue) => Ok(queue::push(collection, item)),
        Some(Kind::List) => {
            // A list keeps its metadata, as every collection does.
            let metadata = meta::meta(&collection);
            let longer = list::cons(item, collection);
            Ok(match metadata.is_nil() {
                true => longer,
                false => meta::with_meta(longer, metadata).unwrap_or_default(),
            })
        }
        _ if collection.is_nil() || is_seq(&collection) => Ok(list::cons(item, collection)),
        _ => Err(Fault::wrong_type("conj", "a collection", &collection)),
    }
}

/// Keys hide within the items (entries, or maps of them), so all items are realised as far as
/// they can be keys: members whole, entries their first.
fn conj_table(cx: &mut Cx, values: Vec<Value>) -> Flow {
    if set::is_set(&values[0]) {
        return with_keys(cx, values, 1, 1, |cx, values| {
            let mut values = values.into_iter();
            let set = values.next().unwrap_or_default();
            if sorted::is_sorted(&set) {
                let members: Vec<_> = values.map(|member| (member, Value::NIL)).collect();
                return core_sorted::put_all(cx, set, members.into_iter());
            }
            Ok(values.fold(set, set::conj))
        });
    }
    let keys = values[1..].iter().filter_map(|entry| match is_seq(entry) {
        true => Some(entry),
        false => vector::nth(entry, 0),
    });
    let keys: Vec<Value> = keys
        .filter(|key| walk::is_composite(key))
        .cloned()
        .collect();
    walk::realise_all(cx, keys, move |cx, _| {
        let mut values = values.into_iter();
        let map = values.next().unwrap_or_default();
        if sorted::is_sorted(&map) {
            let entries: Result<Vec<_>, Fault> = values.map(entries_of).collect();
            let entries: Vec<_> = entries?.into_iter().flatten().collect();
            return core_sorted::put_all(cx, map, entries.into_iter());
        }
        Ok(values.try_fold(map, conj_entry)?)
    })
}

pub(super) fn conj_entry(map: Value, item: Value) -> Result<Value, Fault> {
    let entries = entries_of(item)?.into_iter();
    Ok(entries.fold(map, |map, (key, value)| map::assoc(map, key, value)))
}

/// The entries that an item stands for: a map's, or the item itself, a vector of two.
fn entries_of(item: Value) -> Result<Vec<(Value, Value)>, Fault> {
    if item.is_nil() {
        return Ok(Vec::new());
    }
    if map::is_map(&item) {
        let entries = map::iter(&item);
        return Ok(entries.map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    if is_seq(&item) {
        return entries_of_sequence(&item);
    }
    match (
        vector::len(&item),
        vector::nth(&item, 0),
        vector::nth(&item, 1),
    ) {
        (Some(2), Some(key), Some(value)) => Ok(vec![(key.clone(), value.clone())]),
        _ => Err(Fault::wrong_type(
            "conj",
            "a map or an entry [key value]",
            &item,
        )),
    }
}

/// The entries in a realised sequence of them.
fn entries_of_sequence(items: &Value) -> Result<Vec<(Value, Value)>, Fault> {
    let mut cursor = Cursor::new("conj", items.clone())?;
    let mut entries = Vec::new();
    while let Step::Item(item) = cursor.next() {
        match (vector::nth(&item, 0), vector::nth(&item, 1)) {
            (Some(key), Some(value)) if vector::len(&item) == Some(2) => {
                entries.push((key.clone(), value.clone()));
            }
            _ => return Err(Fault::wrong_type("conj", "entries [key value]", &item)),
        }
    }
    Ok(entries)
}

pub(super) fn assoc(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.len().is_multiple_of(2) {
        let message = "`assoc` takes a collection and pairs of key and value";
        return Err(Fault::new(FaultKind::Arity, message).into());
    }
    if args.len() == 3
        && let Some(changed) = assoc_at_once(args)
    {
        return Ok(changed);
    }
    if let Some(flow) = assoc_object(args) {
        return flow;
    }
    with_keys(cx, take_all(args, 0), 1, 2, |cx, values| {
        let mut values = values.into_iter();
        let mut collection = values.next().unwrap_or_default();
        if collection.kind() == Some(Kind::SortedMap) {
            let mut entries = Vec::with_capacity(values.len() / 2);
            while let (Some(key), Some(value)) = (values.next(), values.next()) {
                entries.push((key, value));
            }
            return core_sorted::put_all(cx, collection, entries.into_iter());
        }
        while let (Some(key), Some(value)) = (values.next(), values.next()) {
            collection = assoc_one(collection, key, value)?;
        }
        Ok(collection)
    })
}

/// The collection with one entry changed, in the common cases that ask nothing.
#[inline]
fn assoc_at_once(args: &mut [Value]) -> Option<Value> {
    match args[0].kind()? {
        Kind::Map if !walk::is_composite(&args[1]) => {
            Some(map::assoc(take(args, 0), take(args, 1), take(args, 2)))
        }
        Kind::Vector => {
            let index = usize::try_from(args[1].as_small_int()?).ok()?;
            let is_inside = index <= vector::len(&args[0])?;
            is_inside.then(|| vector::assoc(take(args, 0), index, take(args, 2)))
        }
        _ => None,
    }
}

/// `assoc` on an object whose type has the method of the name.
fn assoc_object(args: &mut [Value]) -> Option<Flow> {
    let method = types::method_of(&args[0], "assoc")?;
    let pair = args[..3].iter_mut().map(std::mem::take).collect();
    let further = take_all(args, 3);
    Some(call_then(method, pair, move |cx, object| {
        if further.is_empty() {
            return Ok(object);
        }
        let mut all: Vec<Value> = std::iter::once(object).chain(further).collect();
        assoc(cx, &mut all)
    }))
}

fn assoc_one(collection: Value, key: Value, value: Value) -> Result<Value, Fault> {
    match collection.kind() {
        Some(Kind::Map) => Ok(map::assoc(collection, key, value)),
        Some(Kind::Vector) => {
            let index = position("assoc", &key)?;
            let count = vector::len(&collection).unwrap_or(0);
            if index > count {
                return Err(out_of_bounds("assoc", index, count));
            }
            Ok(vector::assoc(collection, index, value))
        }
        _ if collection.is_nil() => Ok(map::assoc(map::empty(), key, value)),
        _ => Err(Fault::wrong_type("assoc", "a map or vector", &collection)),
    }
}

/// A map with the number under the key one higher, from 0 if it is not there.
fn count_item(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if !walk::is_composite(&args[1]) {
        return Ok(counted(take(args, 0), take(args, 1))?);
    }
    with_keys(cx, take_all(args, 0), 1, 1, |_, mut values| {
        Ok(counted(take(&mut values, 0), take(&mut values, 1))?)
    })
}

fn counted(counts: Value, item: Value) -> Result<Value, Fault> {
    let more = match map::get(&counts, &item) {
        Some(count) => number::inc(count)?,
        None => number::int(1),
    };
    assoc_one(counts, item, more)
}

fn remove_all(
    who: &'static str,
    cx: &mut Cx,
    args: &mut [Value],
    wanted: (&str, fn(&Value) -> bool),
    remove: fn(Value, &Value) -> Value,
) -> Flow {
    if args[0].is_nil() || args.len() == 1 {
        return Ok(take(args, 0));
    }
    if !wanted.1(&args[0]) {
        return Err(Fault::wrong_type(who, wanted.0, &args[0]).into());
    }
    with_keys(cx, take_all(args, 0), 1, 1, move |cx, values| {
        let mut values = values.into_iter();
        let table = values.next().unwrap_or_default();
        if sorted::is_sorted(&table) {
            return core_sorted::remove_all(cx, table, values);
        }
        Ok(values.fold(table, |table, key| remove(table, &key)))
    })
}

pub(super) fn dissoc(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let (Some(method), true) = (types::method_of(&args[0], "without"), args.len() > 1) {
        let pair = vec![take(args, 0), take(args, 1)];
        let further = take_all(args, 2);
        return call_then(method, pair, move |cx, object| {
            let mut all: Vec<Value> = std::iter::once(object).chain(further).collect();
            dissoc(cx, &mut all)
        });
    }
    remove_all("dissoc", cx, args, ("a map", map::is_map), map::dissoc)
}

pub(super) fn disj(cx: &mut Cx, args: &mut [Value]) -> Flow {
    remove_all("disj", cx, args, ("a set", set::is_set), set::disj)
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "assoc",
        "[coll key value & keyvals]",
        at_least(3),
        assoc,
        "The map with these entries, or the vector with these elements.",
    ),
    row(
        "conj",
        "[] [coll & items]",
        at_least(0),
        conj,
        "The collection with items added where it is cheapest: a vector at its end, a list at its front.",
    ),
    row(
        "count-item*",
        "[counts item]",
        exactly(2),
        count_item,
        "A map from items to numbers with the item's one higher.",
    ),
    row(
        "disj",
        "[set & members]",
        at_least(1),
        disj,
        "The set without these members.",
    ),
    row(
        "dissoc",
        "[map & keys]",
        at_least(1),
        dissoc,
        "The map without these keys.",
    ),
];
