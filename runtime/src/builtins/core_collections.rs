//! Making collections, and what they tell of themselves, in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, between, exactly, row};
use crate::builtins::core_changes::{conj_entry, with_keys};
use crate::builtins::support::{out_of_bounds, position, take, take_all};
use crate::builtins::transient;
use crate::collections::seq::{Consumer, Cursor, consume, gather, with_seq};
use crate::collections::{is_seq, known_count, list, map, meta, queue, set, slice, sorted, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::types::instance;
use crate::value::Value;
use crate::value::object::Kind;

fn parts_of_map(who: &'static str, cx: &mut Cx, args: &mut [Value], index: usize) -> Flow {
    let map = take(args, 0);
    if map::is_map(&map) {
        let part = |(key, value): (&Value, &Value)| {
            if index == 0 {
                key.clone()
            } else {
                value.clone()
            }
        };
        return Ok(slice::of(vector::from_iter(map::iter(&map).map(part)), 0));
    }
    if map.is_nil() {
        return Ok(Value::NIL);
    }
    // A sequence of entries will do.
    gather(cx, who, map, usize::MAX, move |_, entries, _| {
        let parts: Result<Vec<Value>, Fault> = entries
            .iter()
            .map(|entry| part_of_entry(who, entry, index))
            .collect();
        Ok(slice::of(vector::from_vec(parts?), 0))
    })
}

fn part_of_entry(who: &str, entry: &Value, index: usize) -> Result<Value, Fault> {
    match (vector::len(entry), vector::nth(entry, index)) {
        (Some(2), Some(part)) => Ok(part.clone()),
        _ => Err(Fault::wrong_type(who, "a map entry [key value]", entry)),
    }
}

fn hash_map(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if !args.len().is_multiple_of(2) {
        let message = "`hash-map` takes pairs of key and value: the last key has no value";
        return Err(Fault::new(FaultKind::Arity, message).into());
    }
    with_keys(cx, take_all(args, 0), 0, 2, |_, values| Ok(map_of(values)))
}

/// As [`hash_map`], in the order of the arguments however many they are.
fn array_map(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if !args.len().is_multiple_of(2) {
        let message = "`array-map` takes pairs of key and value: the last key has no value";
        return Err(Fault::new(FaultKind::Arity, message).into());
    }
    with_keys(cx, take_all(args, 0), 0, 2, |_, values| {
        let mut values = values.into_iter();
        let mut pairs = Vec::with_capacity(values.len() / 2);
        while let (Some(key), Some(value)) = (values.next(), values.next()) {
            pairs.push((key, value));
        }
        Ok(map::in_order(pairs))
    })
}

fn map_of(values: Vec<Value>) -> Value {
    let mut values = values.into_iter();
    let mut map = map::empty();
    while let (Some(key), Some(value)) = (values.next(), values.next()) {
        map = map::assoc(map, key, value);
    }
    map
}

/// Keyword arguments: key, value, …; a last map without key is merged in; one lone map is itself.
fn seq_to_map(cx: &mut Cx, args: &mut [Value]) -> Flow {
    gather(
        cx,
        "seq-to-map*",
        take(args, 0),
        usize::MAX,
        |cx, mut values, _| {
            let trailing = if values.len() % 2 == 1 {
                values.pop()
            } else {
                None
            };
            if let Some(last) = &trailing
                && !map::is_map(last)
            {
                let message = "keyword arguments: the last key has no value";
                return Err(Fault::new(FaultKind::Arity, message).into());
            }
            with_keys(cx, values, 0, 2, move |_, values| {
                Ok(conj_entry(map_of(values), trailing.unwrap_or_default())?)
            })
        },
    )
}

fn hash_set(cx: &mut Cx, args: &mut [Value]) -> Flow {
    with_keys(cx, take_all(args, 0), 0, 1, |_, values| {
        Ok(set::from_iter(values))
    })
}

fn to_set(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].kind() == Some(Kind::Set) {
        let set = take(args, 0);
        return Ok(match meta::meta(&set).is_nil() {
            true => set,
            false => meta::with_meta(set, Value::NIL).unwrap_or_default(),
        });
    }
    gather(cx, "set", take(args, 0), usize::MAX, |cx, items, _| {
        with_keys(cx, items, 0, 1, |_, items| Ok(set::from_iter(items)))
    })
}

fn to_vector(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].kind() == Some(Kind::Vector) {
        return Ok(take(args, 0));
    }
    gather(cx, "vec", take(args, 0), usize::MAX, |_, items, _| {
        Ok(vector::from_vec(items))
    })
}

fn subvec(_: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(count) = vector::len(&args[0]) else {
        return Err(Fault::wrong_type("subvec", "a vector", &args[0]).into());
    };
    let start = position("subvec", &args[1])?;
    let end = if args.len() > 2 {
        position("subvec", &args[2])?
    } else {
        count
    };
    if start > end || end > count {
        return Err(out_of_bounds("subvec", if end > count { end } else { start }, count).into());
    }
    Ok(vector::slice(&args[0], start, end))
}

fn count(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(Kind::Vector | Kind::Map | Kind::Set | Kind::Str) = args[0].kind()
        && let Some(count) = known_count(&args[0])
    {
        return Ok(number::from_usize(count));
    }
    let value = transient::content(take(args, 0))?;
    if let Some(flow) = instance::call(&value, "count", &[]) {
        return flow;
    }
    match known_count(&value) {
        Some(count) => Ok(number::from_usize(count)),
        None => consume(cx, Cursor::new("count", value)?, Counter(0)),
    }
}

struct Counter(usize);

impl Consumer for Counter {
    fn item(&mut self, _: Value) -> Result<std::ops::ControlFlow<()>, Fault> {
        self.0 += 1;
        Ok(std::ops::ControlFlow::Continue(()))
    }

    fn finish(self, _: &mut Cx, _: Cursor) -> Flow {
        Ok(number::from_usize(self.0))
    }
}

fn is_empty(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let value = take(args, 0);
    match known_count(&value) {
        Some(count) => Ok(Value::bool(count == 0)),
        None => with_seq(cx, "empty?", value, |_, sequence| {
            Ok(Value::bool(sequence.is_nil()))
        }),
    }
}

fn empty(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(record) = map::record(&args[0]) {
        let message = format!(
            "`empty`: a record of {} cannot lack its fields",
            record.name
        );
        return Err(Fault::new(FaultKind::Type, message).into());
    }
    if let Some(flow) = instance::call(&args[0], "empty", &[]) {
        return flow;
    }
    let fresh = match args[0].kind() {
        Some(Kind::Vector) => vector::empty(),
        Some(Kind::Map) => map::empty(),
        Some(Kind::Set) => set::empty(),
        Some(Kind::SortedMap | Kind::SortedSet) => return Ok(sorted::emptied(&args[0])),
        Some(Kind::Queue) => queue::empty(),
        _ if is_seq(&args[0]) => list::empty(),
        _ => return Ok(Value::NIL),
    };
    let meta = meta::meta(&args[0]);
    Ok(if meta.is_nil() {
        fresh
    } else {
        meta::with_meta(fresh, meta).unwrap_or_default()
    })
}

fn peek(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(flow) = instance::call(&args[0], "peek", &[]) {
        return flow;
    }
    match args[0].kind() {
        Some(Kind::Vector) => {
            let last = vector::len(&args[0]).unwrap_or(0).wrapping_sub(1);
            Ok(vector::nth(&args[0], last).cloned().unwrap_or_default())
        }
        Some(Kind::Queue) => Ok(queue::peek(&args[0])),
        _ if args[0].is_nil() || is_seq(&args[0]) => {
            crate::collections::seq::first(cx, take(args, 0))
        }
        _ => Err(Fault::wrong_type("peek", "a vector or list", &args[0]).into()),
    }
}

pub(super) fn pop(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let value = take(args, 0);
    if value.is_nil() {
        return Ok(value);
    }
    if value.kind() == Some(Kind::Queue) {
        return Ok(queue::pop(value));
    }
    if let Some(flow) = instance::call(&value, "pop", &[]) {
        return flow;
    }
    if known_count(&value) == Some(0) {
        return Err(Fault::new(FaultKind::Index, "`pop` of an empty collection").into());
    }
    match value.kind() {
        Some(Kind::Vector) => Ok(vector::pop(value)),
        _ if is_seq(&value) => crate::collections::seq::rest(cx, value),
        _ => Err(Fault::wrong_type("pop", "a vector or list", &value).into()),
    }
}

fn with_meta(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (value, metadata) = (take(args, 0), take(args, 1));
    if !metadata.is_nil() && !map::is_map(&metadata) {
        return Err(Fault::wrong_type("with-meta", "metadata as a map or nil", &metadata).into());
    }
    if !matches!(value.kind(), Some(Kind::LazySeq | Kind::Range)) {
        let wanted = "a collection, symbol or function";
        let wanted = || Fault::wrong_type("with-meta", wanted, &value).into();
        return meta::with_meta(value.clone(), metadata).ok_or_else(wanted);
    }
    // The first cell carries it.
    gather(cx, "with-meta", value, 1, |_, mut first, rest| {
        let cell = match first.pop() {
            Some(first) => list::cons(first, rest.into_rest()),
            None => list::empty(),
        };
        Ok(meta::with_meta(cell, metadata).unwrap_or_default())
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "array-map",
        "[& keyvals]",
        at_least(0),
        array_map,
        "A map of these keys and values that keeps their order until more are added to it.",
    ),
    row(
        "count",
        "[coll]",
        exactly(1),
        count,
        "Number of items; of a string, code points.",
    ),
    row(
        "empty",
        "[coll]",
        exactly(1),
        empty,
        "An empty collection of the same kind.",
    ),
    row("empty?", "[coll]", exactly(1), is_empty, "Has it no items?"),
    row(
        "hash-map",
        "[& keyvals]",
        at_least(0),
        hash_map,
        "A map of these keys and values.",
    ),
    row(
        "hash-set",
        "[& members]",
        at_least(0),
        hash_set,
        "A set of these members.",
    ),
    row(
        "key",
        "[entry]",
        exactly(1),
        |_, a| Ok(part_of_entry("key", &a[0], 0)?),
        "The key of a map entry.",
    ),
    row(
        "keys",
        "[map]",
        exactly(1),
        |cx, a| parts_of_map("keys", cx, a, 0),
        "The keys as a sequence; nil if there are none.",
    ),
    row(
        "list",
        "[& items]",
        at_least(0),
        |_, a| Ok(list::from_vec(take_all(a, 0))),
        "A list of these items.",
    )
    .with_plain(|a| list::from_vec(take_all(a, 0))),
    row(
        "peek",
        "[coll]",
        exactly(1),
        peek,
        "The last element of a vector, the first of a list; nil if it is empty.",
    ),
    row(
        "pop",
        "[coll]",
        exactly(1),
        pop,
        "The vector without its last element, the list without its first.",
    ),
    row(
        "seq-to-map*",
        "[s]",
        exactly(1),
        seq_to_map,
        "The map of keyword arguments that came as a sequence.",
    ),
    row("set", "[coll]", exactly(1), to_set, "A set of the items."),
    row(
        "subvec",
        "[v start] [v start end]",
        between(2, 3),
        subvec,
        "The elements from index start up to end, as a vector.",
    ),
    row(
        "val",
        "[entry]",
        exactly(1),
        |_, a| Ok(part_of_entry("val", &a[0], 1)?),
        "The value of a map entry.",
    ),
    row(
        "vals",
        "[map]",
        exactly(1),
        |cx, a| parts_of_map("vals", cx, a, 1),
        "The values as a sequence; nil if there are none.",
    ),
    row(
        "vec",
        "[coll]",
        exactly(1),
        to_vector,
        "A vector of the items.",
    ),
    row(
        "vector",
        "[& items]",
        at_least(0),
        |_, a| Ok(vector::from_places(a)),
        "A vector of these items.",
    )
    .with_plain(vector::from_places),
    row(
        "with-meta",
        "[x meta]",
        exactly(2),
        with_meta,
        "The same value with this metadata map.",
    ),
];
