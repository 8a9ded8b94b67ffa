//! `sort` in `batuta.core`: a stable merge sort whose comparator may be a Batuta function, which
//! may wait, be preempted and be ended in the middle like any other.

use std::cmp::Ordering;

use crate::builtin::{Builtin, BuiltinTable, Flow, Resume, Signal, between, exactly, row};
use crate::builtins::support::take;
use crate::collections::seq::gather;
use crate::collections::{list, slice, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::function::{CodeSource, FunctionBody};
use crate::namespace;
use crate::number;
use crate::types;
use crate::value::{Value, order};

fn sort(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (comparator, collection) = match args.len() {
        1 => (None, take(args, 0)),
        _ => (Some(take(args, 0)), take(args, 1)),
    };
    gather(
        cx,
        "sort",
        collection,
        usize::MAX,
        |cx, items, _| match comparator {
            None => match own_order(&items) {
                Some(compare) => Merge::new(compare, items).run(cx),
                None => sort_by_order(items),
            },
            Some(comparator) => match native_order(&comparator, &items) {
                Some(is_descending) => sequence(sorted_numbers(items, is_descending)),
                None => Merge::new(comparator, items).run(cx),
            },
        },
    )
}

/// `(sort-by-keys* keys items)`: the items in the order of the keys at the same places, which are
/// compared as `compare` does; nil if a key's type says itself what comes before it.
fn sort_by_keys(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (keys, items) = (take(args, 0), take(args, 1));
    gather(cx, "sort-by", keys, usize::MAX, move |cx, keys, _| {
        gather(cx, "sort-by", items, usize::MAX, move |_, items, _| {
            if own_order(&keys).is_some() {
                return Ok(Value::NIL);
            }
            let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
            sort_in_order(&mut pairs, |pair| &pair.0)?;
            sequence(pairs.into_iter().map(|pair| pair.1).collect())
        })
    })
}

/// Is the comparator `<` or `>` itself and are all items small integers, so that it need not be
/// called? Then whether greater ones come first.
fn native_order(comparator: &Value, items: &[Value]) -> Option<bool> {
    let code = &comparator.as_object::<FunctionBody>()?.code;
    let CodeSource::Native(builtin) = code.source else {
        return None;
    };
    let is_descending = match builtin.name {
        "<" => false,
        ">" => true,
        _ => return None,
    };
    items
        .iter()
        .all(|item| item.as_small_int().is_some())
        .then_some(is_descending)
}

/// Small integers in order: equal ones are the same word, so that stability means nothing.
fn sorted_numbers(mut items: Vec<Value>, is_descending: bool) -> Vec<Value> {
    // The word of a small integer is a multiple of its value.
    items.sort_unstable_by_key(|item| item.word() as i64);
    if is_descending {
        items.reverse();
    }
    items
}

/// `compare` as a function to call, if some item's type says itself what comes before it.
fn own_order(items: &[Value]) -> Option<Value> {
    let has_own = |item: &Value| types::method_of(item, "compareTo").is_some();
    let compare = || namespace::find(namespace::CORE, "compare");
    items.iter().any(has_own).then(compare).flatten()
}

fn sequence(items: Vec<Value>) -> Flow {
    let sequence = slice::of(vector::from_vec(items), 0);
    Ok(if sequence.is_nil() {
        list::empty()
    } else {
        sequence
    })
}

fn sort_by_order(mut items: Vec<Value>) -> Flow {
    if items.iter().all(|item| item.as_small_int().is_some()) {
        return sequence(sorted_numbers(items, false));
    }
    sort_in_order(&mut items, |item| item)?;
    sequence(items)
}

/// Sorts by `compare` of what `key` shows of each item; texts and floats without looking at kinds
/// again and again.
fn sort_in_order<T>(items: &mut [T], key: impl Fn(&T) -> &Value) -> Result<(), Fault> {
    if items.iter().all(|item| key(item).as_str().is_some()) {
        items.sort_by(|a, b| key(a).as_str().cmp(&key(b).as_str()));
        return Ok(());
    }
    let is_ordered_float = |value: &Value| value.as_float().is_some_and(|float| !float.is_nan());
    if items.iter().all(|item| is_ordered_float(key(item))) {
        let float = |item: &T| key(item).as_float().unwrap_or_default();
        items.sort_by(|a, b| float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal));
        return Ok(());
    }
    let mut fault: Option<Fault> = None;
    items.sort_by(|a, b| {
        if fault.is_some() {
            return Ordering::Equal;
        }
        order::compare(key(a), key(b)).unwrap_or_else(|found| {
            fault = Some(found);
            Ordering::Equal
        })
    });
    fault.map_or(Ok(()), Err)
}

/// A bottom-up merge sort between two comparisons. Runs of `width` items are sorted; the two from
/// `start` on are being merged into `merged`.
struct Merge {
    comparator: Value,
    items: Vec<Value>,
    merged: Vec<Value>,
    width: usize,
    start: usize,
    left: usize,
    right: usize,
}

impl Merge {
    fn new(comparator: Value, items: Vec<Value>) -> Box<Merge> {
        let merged = Vec::with_capacity(items.len());
        Box::new(Merge {
            comparator,
            items,
            merged,
            width: 1,
            start: 0,
            left: 0,
            right: 1,
        })
    }

    /// Up to the next comparison that must be asked for.
    fn run(mut self: Box<Self>, _: &mut Cx) -> Flow {
        let count = self.items.len();
        loop {
            if self.width >= count {
                return sequence(self.items);
            }
            let middle = (self.start + self.width).min(count);
            let end = (middle + self.width).min(count);
            if self.left < middle && self.right < end {
                // Asked whether the right one comes first: equal ones keep their order.
                let arguments = vec![
                    self.items[self.right].clone(),
                    self.items[self.left].clone(),
                ];
                let function = self.comparator.clone();
                return Err(Box::new(Signal::Call {
                    function,
                    arguments,
                    then: Some(self),
                }));
            }
            self.take_while(middle, end);
            self.start = end;
            if self.start >= count {
                std::mem::swap(&mut self.items, &mut self.merged);
                self.merged.clear();
                self.start = 0;
                self.width *= 2;
            }
            self.left = self.start;
            self.right = (self.start + self.width).min(count);
        }
    }

    /// One of the two runs is used up: the rest of the other follows.
    fn take_while(&mut self, middle: usize, end: usize) {
        let rest = if self.left < middle {
            self.left..middle
        } else {
            self.right..end
        };
        self.merged
            .extend(self.items[rest].iter_mut().map(std::mem::take));
    }
}

impl Resume for Merge {
    fn resume(mut self: Box<Self>, cx: &mut Cx, result: Value) -> Flow {
        let right_first = match result.as_bool() {
            Some(answer) => answer,
            None if result.is_nil() => false,
            None if number::is_number(&result) => number::less(&result, &number::int(0))?,
            None => {
                let wanted = "a comparator that gives a number or a boolean, whose result";
                return Err(Fault::wrong_type("sort", wanted, &result).into());
            }
        };
        let next = if right_first {
            &mut self.right
        } else {
            &mut self.left
        };
        let index = *next;
        *next += 1;
        let item = std::mem::take(&mut self.items[index]);
        self.merged.push(item);
        self.run(cx)
    }
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "sort",
        "[coll] [comparator coll]",
        between(1, 2),
        sort,
        "The items in ascending order, by `compare` or by a comparator. Equal ones keep their order.",
    ),
    row(
        "sort-by-keys*",
        "[keys items]",
        exactly(2),
        sort_by_keys,
        "The items in the order of the keys at the same places; nil if a key's type has an order of its own.",
    ),
];
