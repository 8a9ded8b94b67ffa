//! Mutable arrays: unboxed numbers, booleans and characters, or any values.
//!
//! An array is a place, as an atom is: it equals itself only. Several actors may use one at once,
//! which is safe, if rarely wise: arrays of 64-bit integers and floats are words that are read and
//! written whole, where compiled code looks too; a lock orders what is done with all others.
//! Invariants: a published array holds published values only; the words never move.

use std::mem::offset_of;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

use super::vector;
use crate::failure::Fault;
use crate::number::{self, casts};
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// What an array is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Element {
    /// 64-bit integers.
    Long,
    /// 32-bit integers.
    Int,
    /// 16-bit integers.
    Short,
    /// 8-bit integers with a sign.
    Byte,
    /// Floats.
    Double,
    /// Floats of 32 bits.
    Float,
    /// Booleans.
    Boolean,
    /// Characters.
    Char,
    /// Any values.
    Object,
}

/// The elements with the name of their arrays, and the type's name in `make-array`.
const NAMES: [(Element, &str, &str); 9] = [
    (Element::Long, "long-array", "long"),
    (Element::Int, "int-array", "int"),
    (Element::Short, "short-array", "short"),
    (Element::Byte, "byte-array", "byte"),
    (Element::Double, "double-array", "double"),
    (Element::Float, "float-array", "float"),
    (Element::Boolean, "boolean-array", "boolean"),
    (Element::Char, "char-array", "char"),
    (Element::Object, "object-array", "object"),
];

impl Element {
    /// The name of an array of it: its class, and the function that makes one.
    pub fn class(self) -> &'static str {
        let row = NAMES.iter().find(|(element, ..)| *element == self);
        row.map_or("array", |(_, class, _)| class)
    }

    /// The element of a type's name, such as `long`.
    pub fn named(name: &str) -> Option<Element> {
        let row = NAMES.iter().find(|(_, _, type_name)| *type_name == name);
        row.map(|(element, ..)| *element)
    }
}

#[derive(Clone)]
enum Items {
    /// The elements are the words beside them.
    Words,
    Int(Vec<i32>),
    Short(Vec<i16>),
    Byte(Vec<i8>),
    Float(Vec<f32>),
    Boolean(Vec<bool>),
    Char(Vec<char>),
    Object(Vec<Value>),
}

impl Items {
    fn zeros(element: Element, len: usize) -> Items {
        match element {
            Element::Long | Element::Double => Items::Words,
            Element::Int => Items::Int(vec![0; len]),
            Element::Short => Items::Short(vec![0; len]),
            Element::Byte => Items::Byte(vec![0; len]),
            Element::Float => Items::Float(vec![0.0; len]),
            Element::Boolean => Items::Boolean(vec![false; len]),
            Element::Char => Items::Char(vec!['\0'; len]),
            Element::Object => Items::Object(vec![Value::NIL; len]),
        }
    }

    fn get(&self, index: usize) -> Option<Value> {
        match self {
            Items::Words => None,
            Items::Int(items) => items.get(index).map(|n| number::int(i64::from(*n))),
            Items::Short(items) => items.get(index).map(|n| number::int(i64::from(*n))),
            Items::Byte(items) => items.get(index).map(|n| number::int(i64::from(*n))),
            Items::Float(items) => items.get(index).map(|f| Value::float(f64::from(*f))),
            Items::Boolean(items) => items.get(index).map(|b| Value::bool(*b)),
            Items::Char(items) => items.get(index).map(|c| Value::char(*c)),
            Items::Object(items) => items.get(index).cloned(),
        }
    }

    /// Puts an element in; what it replaces is given back, so that it is released without the lock.
    fn set(&mut self, who: &str, index: usize, value: Value) -> Result<Value, Fault> {
        match self {
            Items::Words => {}
            Items::Int(items) => items[index] = casts::to_i32(who, &value)?,
            Items::Short(items) => items[index] = casts::to_i16(who, &value)?,
            Items::Byte(items) => items[index] = casts::to_i8(who, &value)?,
            Items::Float(items) => items[index] = casts::to_f64(who, &value)? as f32,
            Items::Boolean(items) => items[index] = value.is_truthy(),
            Items::Char(items) => items[index] = casts::to_char(who, &value)?,
            Items::Object(items) => return Ok(std::mem::replace(&mut items[index], value)),
        }
        Ok(Value::NIL)
    }
}

/// The body of an array. Compiled code knows the first fields.
#[repr(C)]
pub struct ArrayBody {
    /// The elements of an array of 64-bit integers or floats; no array of others has any.
    words: *const AtomicU64,
    len: usize,
    element: Element,
    items: RwLock<Items>,
}

impl ArrayBody {
    /// Offset of the address of the words in the body.
    pub const WORDS: usize = offset_of!(ArrayBody, words);
    /// Offset of the number of elements in the body.
    pub const LEN: usize = offset_of!(ArrayBody, len);
    /// Offset of the [`Element`] in the body.
    pub const ELEMENT: usize = offset_of!(ArrayBody, element);

    fn words(&self) -> Option<&[AtomicU64]> {
        match self.element {
            Element::Long | Element::Double => {
                // SAFETY: the body owns so many words, which live and stay as long as it does.
                Some(unsafe { std::slice::from_raw_parts(self.words, self.len) })
            }
            _ => None,
        }
    }

    fn get(&self, index: usize) -> Option<Value> {
        let Some(words) = self.words() else {
            return self.items.read().get(index);
        };
        let word = words.get(index)?.load(Ordering::Relaxed);
        Some(match self.element {
            Element::Long => number::int(word as i64),
            _ => Value::float(f64::from_bits(word)),
        })
    }

    fn set(&self, who: &str, index: usize, value: Value) -> Result<Value, Fault> {
        let Some(words) = self.words() else {
            return self.items.write().set(who, index, value);
        };
        let word = match self.element {
            Element::Long => casts::to_i64(who, &value)? as u64,
            _ => casts::to_f64(who, &value)?.to_bits(),
        };
        words[index].store(word, Ordering::Relaxed);
        Ok(Value::NIL)
    }
}

impl Drop for ArrayBody {
    fn drop(&mut self) {
        if self.words().is_some() {
            let words = std::ptr::slice_from_raw_parts_mut(self.words.cast_mut(), self.len);
            // SAFETY: the words came from a box, in `make_array`, and nobody else has them.
            drop(unsafe { Box::from_raw(words) });
        }
    }
}

// SAFETY: the kind is this type's alone and the values of an object array are shown.
unsafe impl Body for ArrayBody {
    const KIND: Kind = Kind::Array;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        if let Items::Object(items) = self.items.get_mut() {
            items.iter_mut().for_each(visitor);
        }
    }
}

fn body(array: &Value) -> Option<&ArrayBody> {
    array.as_object()
}

fn make_array(element: Element, len: usize, words: Box<[AtomicU64]>, items: Items) -> Value {
    make(ArrayBody {
        words: Box::into_raw(words).cast(),
        len,
        element,
        items: RwLock::new(items),
    })
}

/// An array of zeros, of `false` or of nil.
pub fn of_len(element: Element, len: usize) -> Value {
    let words = match element {
        Element::Long | Element::Double => (0..len).map(|_| AtomicU64::new(0)).collect(),
        _ => Box::default(),
    };
    make_array(element, len, words, Items::zeros(element, len))
}

/// An array of these values.
///
/// # Errors
/// A value that is none of the element's.
pub fn from_values(element: Element, values: Vec<Value>) -> Result<Value, Fault> {
    let array = of_len(element, values.len());
    for (index, value) in values.into_iter().enumerate() {
        if let Some(body) = body(&array) {
            body.set(element.class(), index, value)?;
        }
    }
    Ok(array)
}

/// What an array is made of; `None` for other values.
pub fn element_of(array: &Value) -> Option<Element> {
    body(array).map(|array| array.element)
}

/// Number of elements; `None` for other values.
pub fn len(array: &Value) -> Option<usize> {
    body(array).map(|array| array.len)
}

/// The element at an index.
pub fn get(array: &Value, index: usize) -> Option<Value> {
    body(array)?.get(index)
}

/// Changes the element at an index, which must be below the length.
///
/// # Errors
/// A value that is none of the element's.
pub fn set(array: &Value, index: usize, value: Value) -> Result<(), Fault> {
    let Some(body) = body(array) else {
        return Ok(());
    };
    if array.header().is_some_and(|header| header.is_published()) {
        value.publish();
    }
    let replaced = body.set("aset", index, value)?;
    drop(replaced);
    Ok(())
}

/// Another array of the same elements; other values as they are.
pub fn copy(array: &Value) -> Value {
    match body(array) {
        Some(body) => {
            let copied = |word: &AtomicU64| AtomicU64::new(word.load(Ordering::Relaxed));
            let words = body.words().unwrap_or_default().iter().map(copied);
            let items = body.items.read().clone();
            make_array(body.element, body.len, words.collect(), items)
        }
        None => array.clone(),
    }
}

/// The elements as a vector, at most so many of them.
pub fn to_vector(array: &Value, limit: usize) -> Value {
    let Some(body) = body(array) else {
        return vector::empty();
    };
    vector::from_iter((0..body.len.min(limit)).filter_map(|index| body.get(index)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::int;

    #[test]
    fn elements_are_cast_on_their_way_in() {
        let array = from_values(Element::Long, vec![int(1), Value::float(2.7)]).expect("numbers");
        assert_eq!(get(&array, 1), Some(int(2)));
        assert!(set(&array, 0, Value::str("x")).is_err());
        assert!(from_values(Element::Byte, vec![int(128)]).is_err());
        assert_eq!((len(&array), get(&array, 2)), (Some(2), None));
    }

    #[test]
    fn a_copy_is_an_array_of_its_own() {
        let array = of_len(Element::Object, 2);
        let other = copy(&array);
        set(&array, 0, int(7)).expect("any value fits");
        assert_eq!(get(&array, 0), Some(int(7)));
        assert_eq!(get(&other, 0), Some(Value::NIL));
        assert!(array != other);
    }
}
