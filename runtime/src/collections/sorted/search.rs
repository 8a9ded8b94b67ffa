//! Looking for a key by binary search over the ranks.
//!
//! Under `compare` it goes on at once. A comparison function is asked with a signal, so that
//! between two comparisons nothing but the bounds is kept.

use std::cmp::Ordering;

use super::Place;
use crate::builtin::{Flow, Resume, Signal};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::{Value, order};

/// Goes on with the collection and the place of a realised key in it.
pub fn locate(
    cx: &mut Cx,
    collection: Value,
    key: Value,
    then: impl FnOnce(&mut Cx, Value, Value, Place) -> Flow + Send + 'static,
) -> Flow {
    match place_at_once(&collection, &key)? {
        Some(place) => then(cx, collection, key, place),
        None => Box::new(Search::new(collection, key, then)).ask(cx),
    }
}

/// The place of a key; `None` where a comparison function must be asked.
///
/// # Errors
/// A key that `compare` cannot order among the others.
pub fn place_at_once(collection: &Value, key: &Value) -> Result<Option<Place>, Fault> {
    let (mut low, mut high) = (0, super::len(collection).unwrap_or(0));
    if low < high && super::comparator(collection).is_some_and(|function| !function.is_nil()) {
        return Ok(None);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match order::compare(key, key_at(collection, middle))? {
            Ordering::Less => high = middle,
            Ordering::Greater => low = middle + 1,
            Ordering::Equal => return Ok(Some(Place::Found(middle))),
        }
    }
    Ok(Some(Place::Missing(low)))
}

fn key_at(collection: &Value, rank: usize) -> &Value {
    let entry = super::entry_at(collection, rank).unwrap_or_default();
    entry.first().unwrap_or(const { &Value::NIL })
}

/// A search between two comparisons.
struct Search<F> {
    collection: Value,
    key: Value,
    low: usize,
    high: usize,
    /// A predicate has said that the key does not come before the middle one: now it is asked
    /// whether it comes behind.
    is_second: bool,
    then: F,
}

impl<F> Search<F>
where
    F: FnOnce(&mut Cx, Value, Value, Place) -> Flow + Send + 'static,
{
    fn new(collection: Value, key: Value, then: F) -> Search<F> {
        let high = super::len(&collection).unwrap_or(0);
        Search {
            collection,
            key,
            low: 0,
            high,
            is_second: false,
            then,
        }
    }

    fn middle(&self) -> usize {
        self.low + (self.high - self.low) / 2
    }

    fn ask(self: Box<Self>, cx: &mut Cx) -> Flow {
        if self.low >= self.high {
            let place = Place::Missing(self.low);
            return (self.then)(cx, self.collection, self.key, place);
        }
        let other = key_at(&self.collection, self.middle()).clone();
        let function = super::comparator(&self.collection)
            .cloned()
            .unwrap_or_default();
        let arguments = if self.is_second {
            vec![other, self.key.clone()]
        } else {
            vec![self.key.clone(), other]
        };
        Err(Box::new(Signal::Call {
            function,
            arguments,
            then: Some(self),
        }))
    }

    /// The order that an answer means; `None` if a predicate must be asked the other way round.
    fn order(&self, answer: &Value) -> Result<Option<Ordering>, Fault> {
        match answer.as_bool() {
            Some(true) if self.is_second => Ok(Some(Ordering::Greater)),
            Some(true) => Ok(Some(Ordering::Less)),
            Some(false) if self.is_second => Ok(Some(Ordering::Equal)),
            Some(false) => Ok(None),
            None if number::is_number(answer) => {
                let order = number::compare(answer, &number::int(0))?;
                let is_second = self.is_second;
                Ok(Some(if is_second { order.reverse() } else { order }))
            }
            None => {
                let wanted = "a comparator that gives a number or a boolean, whose result";
                Err(Fault::wrong_type("compare", wanted, answer))
            }
        }
    }
}

impl<F> Resume for Search<F>
where
    F: FnOnce(&mut Cx, Value, Value, Place) -> Flow + Send + 'static,
{
    fn resume(mut self: Box<Self>, cx: &mut Cx, answer: Value) -> Flow {
        let middle = self.middle();
        match self.order(&answer)? {
            None => {
                self.is_second = true;
                return self.ask(cx);
            }
            Some(Ordering::Less) => self.high = middle,
            Some(Ordering::Greater) => self.low = middle + 1,
            Some(Ordering::Equal) => {
                return (self.then)(cx, self.collection, self.key, Place::Found(middle));
            }
        }
        self.is_second = false;
        self.ask(cx)
    }
}
