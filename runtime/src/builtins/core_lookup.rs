//! Looking things up in `batuta.core`: `get`, `nth`, `find`, `contains?` and calling values that
//! are no functions.

use std::ops::ControlFlow;

use crate::builtin::{
    Builtin, BuiltinTable, Flow, at_least, between, call_then, exactly, row, tail_call,
};
use crate::builtins::support::{out_of_bounds, position, take, take_all};
use crate::builtins::{core_sorted, multimethods, transient};
use crate::collections::seq::{Consumer, Cursor, consume, entry};
use crate::collections::{
    array, is_sequential, list, map, range, set, slice, sorted, vector, walk,
};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{FunctionBody, VarBody};
use crate::number;
use crate::types::multimethod::as_multimethod;
use crate::types::{self, instance};
use crate::value::object::{Header, Kind};
use crate::value::text::Text;
use crate::value::{Value, class_name, print};

/// What a collection holds under a key, at once. The key must be realised.
fn find_value(collection: &Value, key: &Value) -> Option<Value> {
    match collection.kind()? {
        Kind::Map => map::get(collection, key).cloned(),
        Kind::Set => set::get(collection, key).cloned(),
        Kind::Vector => vector::nth(collection, number::as_usize(key)?).cloned(),
        Kind::Array => array::get(collection, number::as_usize(key)?),
        Kind::Str => collection
            .as_object::<Text>()?
            .nth(number::as_usize(key)?)
            .map(Value::char),
        Kind::Native => collection.as_dyn_native()?.get(key)?,
        Kind::Error => crate::builtins::core_errors::field(collection, key),
        _ => None,
    }
}

/// `(get collection key absent)`
pub(super) fn lookup(cx: &mut Cx, collection: Value, key: Value, absent: Value) -> Flow {
    if sorted::is_sorted(&collection) {
        return core_sorted::find(cx, collection, key, |_, found| {
            Ok(found.map_or(absent, |(_, value)| value))
        });
    }
    if let Some(object) = instance::as_instance(&collection)
        && object.type_of().method("valAt").is_some()
    {
        return look_up_in_object(&collection, key, absent);
    }
    if walk::is_composite(&key) {
        return walk::realise(cx, key, move |_, key| {
            Ok(find_value(&collection, &key).unwrap_or(absent))
        });
    }
    Ok(find_value(&collection, &key).unwrap_or(absent))
}

/// `valAt` may be written with or without a value for an absent key.
fn look_up_in_object(object: &Value, key: Value, absent: Value) -> Flow {
    let method = types::method_of(object, "valAt").unwrap_or_default();
    let takes_absent = method
        .as_object::<FunctionBody>()
        .is_some_and(|function| function.code.arities().accept(3));
    if takes_absent {
        return tail_call(method, vec![object.clone(), key, absent]);
    }
    call_then(method, vec![object.clone(), key], move |_, found| {
        Ok(if found.is_nil() { absent } else { found })
    })
}

fn get(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].kind() == Some(Kind::Map) && !walk::is_composite(&args[1]) {
        let found = map::get(&args[0], &args[1]).cloned();
        return Ok(found.unwrap_or_else(|| take(args, 2)));
    }
    lookup(
        cx,
        transient::content(take(args, 0))?,
        take(args, 1),
        take(args, 2),
    )
}

/// Can the value under the key be taken out of the collection for a while? A map by hash or a
/// vector that has it, and a key that asks nothing.
fn is_detachable(_: &mut Cx, args: &mut [Value]) -> Flow {
    let holds = match args[0].kind() {
        Some(Kind::Map) => !walk::is_composite(&args[1]) && map::contains(&args[0], &args[1]),
        Some(Kind::Vector) => args[1]
            .as_small_int()
            .is_some_and(|index| vector::nth(&args[0], index as usize).is_some()),
        _ => false,
    };
    Ok(Value::bool(holds))
}

/// Takes the value under the key out of the collection, if this is its only owner, so that who
/// changes the value is its only owner too; else takes another count of it. Gives the collection;
/// the value waits in the context.
fn detach(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut collection = take(args, 0);
    let is_unique = collection.header().is_some_and(Header::is_unique);
    cx.detached = match (collection.kind(), args[1].as_small_int()) {
        (Some(Kind::Map), _) => map::detach(&mut collection, &args[1]),
        (Some(Kind::Vector), Some(index)) if is_unique => {
            std::mem::take(vector::slot_mut(&mut collection, index as usize))
        }
        (Some(Kind::Vector), Some(index)) => vector::nth(&collection, index as usize)
            .cloned()
            .unwrap_or_default(),
        _ => Value::NIL,
    };
    Ok(collection)
}

fn detached(cx: &mut Cx, _: &mut [Value]) -> Flow {
    Ok(std::mem::take(&mut cx.detached))
}

fn with_realised_key(
    cx: &mut Cx,
    args: &mut [Value],
    then: impl FnOnce(&mut Cx, Value, Value) -> Flow + Send + 'static,
) -> Flow {
    let collection = transient::content(take(args, 0))?;
    walk::realise(cx, take(args, 1), move |cx, key| then(cx, collection, key))
}

fn contains(cx: &mut Cx, args: &mut [Value]) -> Flow {
    with_realised_key(cx, args, |cx, collection, key| {
        let method = ["containsKey", "contains"]
            .iter()
            .find_map(|name| instance::call(&collection, name, std::slice::from_ref(&key)));
        if let Some(flow) = method {
            return flow;
        }
        if sorted::is_sorted(&collection) {
            return core_sorted::find(cx, collection, key, |_, found| {
                Ok(Value::bool(found.is_some()))
            });
        }
        let holds = match collection.kind() {
            Some(Kind::Map) => map::contains(&collection, &key),
            Some(Kind::Set) => set::contains(&collection, &key),
            Some(Kind::Vector | Kind::Str | Kind::Array) => {
                let count = crate::collections::known_count(&collection);
                number::as_usize(&key).is_some_and(|index| Some(index) < count)
            }
            Some(Kind::Native | Kind::Error) => find_value(&collection, &key).is_some(),
            _ if collection.is_nil() => false,
            _ => {
                let wanted = "a map, set, vector, array or string";
                return Err(Fault::wrong_type("contains?", wanted, &collection).into());
            }
        };
        Ok(Value::bool(holds))
    })
}

fn find(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(flow) = instance::call(&args[0], "entryAt", &args[1..2]) {
        return flow;
    }
    with_realised_key(cx, args, |cx, collection, key| {
        if collection.kind() == Some(Kind::SortedMap) {
            return core_sorted::find(cx, collection, key, |_, found| {
                Ok(found.map(|(k, v)| entry(&k, &v)).unwrap_or_default())
            });
        }
        let found = match collection.kind() {
            Some(Kind::Map) => map::find(&collection, &key).map(|(k, v)| entry(k, v)),
            Some(Kind::Vector) => {
                let index = number::as_usize(&key);
                index
                    .and_then(|i| vector::nth(&collection, i))
                    .map(|v| entry(&key, v))
            }
            _ if collection.is_nil() => None,
            _ => return Err(Fault::wrong_type("find", "a map or vector", &collection).into()),
        };
        Ok(found.unwrap_or_default())
    })
}

/// The item at an index, where it takes no walk: `None` if it must be walked to.
fn nth_at_once(collection: &Value, index: usize) -> Option<Option<Value>> {
    Some(match collection.kind()? {
        Kind::Vector => vector::nth(collection, index).cloned(),
        Kind::Slice => slice::nth(collection, index).cloned(),
        Kind::Array => array::get(collection, index),
        Kind::Str => collection.as_object::<Text>()?.nth(index).map(Value::char),
        Kind::Range => {
            let range = range::as_range(collection)?;
            (index < range.len()).then(|| range.at(index))
        }
        _ => return None,
    })
}

fn nth(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(index) = args[1].as_small_int()
        && let Some(item) = vector::nth(&args[0], index as usize)
    {
        return Ok(item.clone());
    }
    let absent = (args.len() > 2).then(|| take(args, 2));
    let index = match (position("nth", &args[1]), &absent) {
        (Ok(index), _) => index,
        (Err(fault), Some(absent)) if fault.kind == FaultKind::Index => return Ok(absent.clone()),
        (Err(fault), _) => return Err(fault.into()),
    };
    let collection = transient::content(take(args, 0))?;
    if let Some(flow) = instance::call(&collection, "nth", &args[1..2]) {
        return flow;
    }
    if let Some(found) = nth_at_once(&collection, index) {
        let count = crate::collections::known_count(&collection).unwrap_or(0);
        return found
            .or(absent)
            .ok_or_else(|| out_of_bounds("nth", index, count).into());
    }
    if collection.is_nil() {
        return Ok(absent.unwrap_or_default());
    }
    if !is_sequential(&collection) && collection.as_dyn_native().is_none() {
        return Err(Fault::wrong_type("nth", "a vector, sequence or string", &collection).into());
    }
    let cursor = Cursor::new("nth", collection)?;
    consume(
        cx,
        cursor,
        Nth {
            index,
            passed: 0,
            found: None,
            absent,
        },
    )
}

/// Walks to an index.
struct Nth {
    index: usize,
    passed: usize,
    found: Option<Value>,
    absent: Option<Value>,
}

impl Consumer for Nth {
    fn item(&mut self, item: Value) -> Result<ControlFlow<()>, Fault> {
        if self.passed == self.index {
            self.found = Some(item);
            return Ok(ControlFlow::Break(()));
        }
        self.passed += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self, _: &mut Cx, _: Cursor) -> Flow {
        let (index, passed) = (self.index, self.passed);
        self.found
            .or(self.absent)
            .ok_or_else(|| out_of_bounds("nth", index, passed).into())
    }
}

/// Calls any value: `invoke` is what a call of something that is no function becomes.
fn invoke(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let callee = transient::content(take(args, 0))?;
    let mut rest = take_all(args, 1);
    let looked_up_in = |rest: &mut Vec<Value>| take(rest, 0);
    if callee.as_keyword().is_some() || callee.kind() == Some(Kind::Symbol) {
        expect_between(&callee, rest.len(), 1, 2)?;
        let collection = looked_up_in(&mut rest);
        return lookup(cx, collection, callee, take(&mut rest, 1));
    }
    if let Some(method) = types::method_of(&callee, "invoke") {
        rest.insert(0, callee);
        return tail_call(method, rest);
    }
    if as_multimethod(&callee).is_some() {
        return multimethods::invoke(callee, rest);
    }
    match callee.kind() {
        Some(Kind::Function) => tail_call(callee, rest),
        Some(Kind::Var) => match callee.as_object::<VarBody>().and_then(VarBody::root) {
            Some(function) => tail_call(function, rest),
            None => Err(crate::builtins::core_state::unbound(&callee).into()),
        },
        Some(Kind::Map | Kind::Set | Kind::SortedMap | Kind::SortedSet | Kind::Native)
            if can_look_up(&callee) =>
        {
            expect_between(&callee, rest.len(), 1, 2)?;
            let key = looked_up_in(&mut rest);
            lookup(cx, callee, key, take(&mut rest, 1))
        }
        Some(Kind::Vector) => {
            expect_between(&callee, rest.len(), 1, 1)?;
            nth(cx, &mut [callee, take(&mut rest, 0)])
        }
        _ => Err(not_callable(&callee).into()),
    }
}

fn can_look_up(callee: &Value) -> bool {
    map::record(callee).is_none()
        && callee
            .as_dyn_native()
            .is_none_or(|native| native.get(&Value::NIL).is_some())
}

#[cold]
fn not_callable(callee: &Value) -> Fault {
    let shown = print::short(callee);
    let message = format!("{shown} ({}) cannot be called", class_name(callee));
    Fault::new(FaultKind::Type, message).hint(match callee.is_nil() {
        true => "the function is nil: is it defined, and is the name right?",
        false => {
            "the first item of a form in round brackets is called: a list of data needs a quote"
        }
    })
}

fn expect_between(callee: &Value, count: usize, min: usize, max: usize) -> Result<(), Fault> {
    if (min..=max).contains(&count) {
        return Ok(());
    }
    let takes = if min == max {
        format!("{min}")
    } else {
        format!("{min} or {max}")
    };
    let class = class_name(callee);
    let message = format!("a {class} called like a function takes {takes} arguments, got {count}");
    Err(Fault::new(FaultKind::Arity, message))
}

/// The elements of a vector from an index on: `()` if there are none.
fn vector_rest(_: &mut Cx, args: &mut [Value]) -> Flow {
    let from = position("vector-rest", &args[1])?;
    let rest = slice::of(take(args, 0), from);
    Ok(if rest.is_nil() { list::empty() } else { rest })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "contains?",
        "[coll key]",
        exactly(2),
        contains,
        "Is the key in the map or set, the index in the vector or string?",
    ),
    row(
        "detach*",
        "[coll key]",
        exactly(2),
        detach,
        "The collection, for a change of the value under the key, which `detached*` gives next.",
    ),
    row(
        "detachable*",
        "[coll key]",
        exactly(2),
        is_detachable,
        "May `detach*` take the value under the key out of the collection?",
    ),
    row(
        "detached*",
        "[]",
        exactly(0),
        detached,
        "The value that `detach*` took out.",
    ),
    row(
        "find",
        "[map key]",
        exactly(2),
        find,
        "The entry [key value], or nil.",
    ),
    row(
        "get",
        "[coll key] [coll key absent]",
        between(2, 3),
        get,
        "The value of a key, member or index; nil or `absent` if it is not there.",
    ),
    row(
        "invoke",
        "[f & args]",
        at_least(1),
        invoke,
        "Calls f, which may also be a keyword, map, set, vector, symbol or var.",
    ),
    row(
        "nth",
        "[coll index] [coll index absent]",
        between(2, 3),
        nth,
        "The item at an index; a fault or `absent` if there is none.",
    ),
    row(
        "vector-rest",
        "[v index]",
        exactly(2),
        vector_rest,
        "The elements of a vector from an index on, as a sequence.",
    ),
];
