//! The sequence protocol: `seq`, `first`, `rest`, `next`, and walking from item to item.
//!
//! Everything goes on at once over what is realised. At an unrealised lazy cell, or an object of
//! another crate that is walked like a sequence, it asks with a signal and goes on when resumed.
//! A *sequence value* is nil or a non-empty list, slice or range.

use std::ops::ControlFlow;

use super::{array, lazy_seq, list, map, queue, range, set, slice, vector};
use crate::builtin::{Flow, Signal, and_then};
use crate::context::Cx;
use crate::failure::Fault;
use crate::types::instance;
use crate::value::Value;
use crate::value::object::{Header, Kind};

pub(crate) mod at_hand;

/// What a look at something gives.
enum Look {
    /// A sequence value.
    Now(Value),
    /// It must be asked.
    Ask(Value),
}

fn look(who: &str, mut value: Value) -> Result<Look, Fault> {
    loop {
        if value.is_nil() {
            return Ok(Look::Now(value));
        }
        match value.kind() {
            Some(Kind::List) => {
                let empty = list::as_list(&value).is_none_or(list::ListCell::is_empty);
                return Ok(Look::Now(if empty { Value::NIL } else { value }));
            }
            Some(Kind::Slice | Kind::Range) => return Ok(Look::Now(value)),
            Some(Kind::Vector) => return Ok(Look::Now(slice::of(value, 0))),
            Some(Kind::LazySeq) => match lazy_seq::realised(&value) {
                Some(sequence) => value = sequence.clone(),
                None => return Ok(Look::Ask(value)),
            },
            Some(Kind::Native) => return Ok(Look::Ask(value)),
            _ => match items_of(&value) {
                Some(items) => return Ok(Look::Now(slice::of(items, 0))),
                None => return Err(no_sequence(who, &value)),
            },
        }
    }
}

#[cold]
fn no_sequence(who: &str, value: &Value) -> Fault {
    Fault::wrong_type(who, "a collection or a sequence", value)
}

/// The items of a map, set, queue or string as a vector.
fn items_of(value: &Value) -> Option<Value> {
    match value.kind()? {
        Kind::Map | Kind::SortedMap => Some(vector::from_iter(
            map::iter(value).map(|(k, v)| entry(k, v)),
        )),
        Kind::Set | Kind::SortedSet => Some(vector::from_iter(set::iter(value).cloned())),
        Kind::Queue => queue::items(value),
        Kind::Array => Some(array::to_vector(value, usize::MAX)),
        Kind::Str => Some(vector::from_iter(value.as_str()?.chars().map(Value::char))),
        _ => None,
    }
}

/// The flag of a vector that is a map entry.
const ENTRY: u8 = 1;

/// Is it a map entry, and not just a vector of two?
pub fn is_entry(value: &Value) -> bool {
    let marked = |header: &Header| header.kind() == Kind::Vector && header.flags() & ENTRY != 0;
    value.header().is_some_and(marked) && vector::len(value) == Some(2)
}

/// A map entry: a vector of key and value.
pub fn entry(key: &Value, value: &Value) -> Value {
    vector::from_vec(vec![key.clone(), value.clone()]).with_flags(ENTRY)
}

/// Asks what must be asked and goes on with the sequence value it gives.
fn ask(
    cx: &mut Cx,
    value: Value,
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    if lazy_seq::is_lazy(&value) {
        return Err(Box::new(Signal::Force {
            sequence: value,
            then: Box::new(then),
        }));
    }
    if let Some(flow) = instance::call_and_then(&value, "seq", &[], seq) {
        return and_then(cx, flow, then);
    }
    let flow = match value.as_dyn_native().and_then(|native| native.seq()) {
        Some(flow) => flow,
        None => Err(no_sequence("seq", &value).into()),
    };
    and_then(cx, flow, then)
}

/// Goes on with the sequence value of anything that can be walked.
pub fn with_seq(
    cx: &mut Cx,
    who: &'static str,
    value: Value,
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    match look(who, value)? {
        Look::Now(sequence) => then(cx, sequence),
        Look::Ask(value) => ask(cx, value, then),
    }
}

/// `(seq value)`
pub fn seq(cx: &mut Cx, value: Value) -> Flow {
    with_seq(cx, "seq", value, |_, sequence| Ok(sequence))
}

/// The first item of what can be told without asking or building anything.
fn first_now(value: &Value) -> Option<Value> {
    if let Some(item) = at_hand::first(value) {
        return Some(item);
    }
    Some(match value.kind()? {
        Kind::Map | Kind::SortedMap => map::iter(value)
            .next()
            .map(|(k, v)| entry(k, v))
            .unwrap_or_default(),
        Kind::Queue => queue::peek(value),
        Kind::Set | Kind::SortedSet => set::iter(value).next().cloned().unwrap_or_default(),
        Kind::Str => value
            .as_str()?
            .chars()
            .next()
            .map(Value::char)
            .unwrap_or_default(),
        _ => return None,
    })
}

/// `(first value)`
pub fn first(cx: &mut Cx, value: Value) -> Flow {
    match first_now(&value) {
        Some(item) => Ok(item),
        None => with_seq(cx, "first", value, |_, sequence| {
            Ok(first_now(&sequence).unwrap_or_default())
        }),
    }
}

/// What follows the first item of a sequence value: a sequence, perhaps unrealised, or nil.
fn rest_of(sequence: Value) -> Value {
    match sequence.kind() {
        Some(Kind::Slice) => slice::drop_first(sequence, 1),
        Some(Kind::Range) => range::drop_first(sequence, 1),
        Some(Kind::List) => list::take_apart(sequence)
            .map(|(_, rest)| rest)
            .unwrap_or_default(),
        _ => Value::NIL,
    }
}

/// `(rest value)`: never nil.
pub fn rest(cx: &mut Cx, value: Value) -> Flow {
    if value.kind() == Some(Kind::Vector) {
        return Ok(or_empty(slice::of(value, 1)));
    }
    with_seq(cx, "rest", value, |_, sequence| {
        Ok(or_empty(rest_of(sequence)))
    })
}

fn or_empty(sequence: Value) -> Value {
    if sequence.is_nil() {
        list::empty()
    } else {
        sequence
    }
}

/// `(next value)`: nil if nothing follows.
pub fn next(cx: &mut Cx, value: Value) -> Flow {
    if value.kind() == Some(Kind::Vector) {
        return Ok(slice::of(value, 1));
    }
    with_seq(cx, "next", value, |cx, sequence| {
        with_seq(cx, "next", rest_of(sequence), |_, s| Ok(s))
    })
}

/// What [`Cursor::next`] gives.
pub enum Step {
    /// The next item.
    Item(Value),
    /// There are no more.
    End,
    /// An unrealised place was met: [`Cursor::realise`], then go on.
    Ask,
}

/// A place in a sequence, from which it is walked item by item. What was walked is not held.
pub struct Cursor {
    current: Value,
    /// Into `current`, if that is a vector or range.
    index: usize,
}

impl Cursor {
    /// The beginning of anything that can be walked.
    pub fn new(who: &str, value: Value) -> Result<Cursor, Fault> {
        let current = match value.kind() {
            Some(Kind::Vector | Kind::List | Kind::LazySeq) => value,
            _ => match look(who, value)? {
                Look::Now(value) | Look::Ask(value) => value,
            },
        };
        Ok(Cursor { current, index: 0 })
    }

    /// The next item, if it is there.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "the end is not the only way to stop"
    )]
    pub fn next(&mut self) -> Step {
        loop {
            match self.current.kind() {
                Some(Kind::Vector) => {
                    return match vector::nth(&self.current, self.index) {
                        Some(item) => {
                            self.index += 1;
                            Step::Item(item.clone())
                        }
                        None => self.end(),
                    };
                }
                Some(Kind::List) => return self.next_of_list(),
                Some(Kind::Range) => {
                    let Some(range) = range::as_range(&self.current) else {
                        return self.end();
                    };
                    if self.index == range.len() {
                        return self.end();
                    }
                    let item = range.at(self.index);
                    self.index += 1;
                    return Step::Item(item);
                }
                Some(Kind::Slice) => {
                    let Some(slice) = slice::as_slice(&self.current) else {
                        return self.end();
                    };
                    self.index = slice.from();
                    self.current = slice.vector().clone();
                }
                Some(Kind::LazySeq) => match lazy_seq::realised(&self.current) {
                    Some(sequence) => self.current = sequence.clone(),
                    None => return Step::Ask,
                },
                Some(Kind::Native) => return Step::Ask,
                _ => return self.end(),
            }
        }
    }

    fn next_of_list(&mut self) -> Step {
        self.index = 0;
        match list::take_apart(std::mem::take(&mut self.current)) {
            Some((first, rest)) => {
                self.current = rest;
                Step::Item(first)
            }
            None => Step::End,
        }
    }

    fn end(&mut self) -> Step {
        self.current = Value::NIL;
        self.index = 0;
        Step::End
    }

    /// After [`Step::Ask`]: has the place realised and goes on with the cursor.
    pub fn realise(
        mut self,
        cx: &mut Cx,
        then: impl FnOnce(&mut Cx, Cursor) -> Flow + Send + 'static,
    ) -> Flow {
        let place = std::mem::take(&mut self.current);
        ask(cx, place, move |cx, sequence| {
            self.current = sequence;
            self.index = 0;
            then(cx, self)
        })
    }

    /// Gives back the item just taken.
    pub fn put_back(&mut self, item: Value) {
        let rest = std::mem::replace(
            self,
            Cursor {
                current: Value::NIL,
                index: 0,
            },
        )
        .into_rest();
        self.current = list::cons(item, rest);
    }

    /// What is left, as a sequence or nil; perhaps unrealised.
    pub fn into_rest(self) -> Value {
        match self.current.kind() {
            Some(Kind::Vector) => slice::of(self.current, self.index),
            Some(Kind::Range) if self.index > 0 => {
                let rest = range::drop_first(self.current, self.index);
                if rest.kind() == Some(Kind::Range) {
                    rest
                } else {
                    Value::NIL
                }
            }
            _ => self.current,
        }
    }
}

/// What is made of the items of a sequence, one after the other.
pub trait Consumer: Send + Sized + 'static {
    /// Takes an item; may say that it was the last one wanted.
    fn item(&mut self, item: Value) -> Result<ControlFlow<()>, Fault>;

    /// The result. `rest` stands behind the last item taken.
    fn finish(self, cx: &mut Cx, rest: Cursor) -> Flow;
}

/// Feeds what can be walked to a consumer.
pub fn consume<C: Consumer>(cx: &mut Cx, mut cursor: Cursor, mut consumer: C) -> Flow {
    loop {
        match cursor.next() {
            Step::Item(item) => {
                if consumer.item(item)?.is_break() {
                    return consumer.finish(cx, cursor);
                }
            }
            Step::End => return consumer.finish(cx, cursor),
            Step::Ask => {
                return cursor.realise(cx, move |cx, cursor| consume(cx, cursor, consumer));
            }
        }
    }
}

/// Gathers the items (at most `limit`) and goes on with them and what is left.
pub fn gather(
    cx: &mut Cx,
    who: &str,
    value: Value,
    limit: usize,
    then: impl FnOnce(&mut Cx, Vec<Value>, Cursor) -> Flow + Send + 'static,
) -> Flow {
    let items = Vec::with_capacity(super::known_count(&value).unwrap_or(0).min(limit));
    let cursor = Cursor::new(who, value)?;
    if limit == 0 {
        return then(cx, items, cursor);
    }
    consume(cx, cursor, Gather { items, limit, then })
}

struct Gather<F> {
    items: Vec<Value>,
    limit: usize,
    then: F,
}

impl<F> Consumer for Gather<F>
where
    F: FnOnce(&mut Cx, Vec<Value>, Cursor) -> Flow + Send + 'static,
{
    fn item(&mut self, item: Value) -> Result<ControlFlow<()>, Fault> {
        self.items.push(item);
        Ok(if self.items.len() == self.limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    fn finish(self, cx: &mut Cx, rest: Cursor) -> Flow {
        (self.then)(cx, self.items, rest)
    }
}
