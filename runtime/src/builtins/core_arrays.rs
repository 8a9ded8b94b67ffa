//! Arrays in `batuta.core`: made with a length or of a collection, read and changed by index.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, between, exactly, row};
use crate::builtins::support::{out_of_bounds, position, take, take_all};
use crate::collections::array::{self, Element};
use crate::collections::seq::{gather, with_seq};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

/// `(long-array n)`, `(long-array coll)`, `(long-array n init-or-coll)`.
fn make(cx: &mut Cx, args: &mut [Value], element: Element) -> Flow {
    let who = element.class();
    if !number::is_number(&args[0]) {
        return gather(cx, who, take(args, 0), usize::MAX, move |_, items, _| {
            Ok(array::from_values(element, items)?)
        });
    }
    let len = position(who, &args[0])?;
    let made = array::of_len(element, len);
    if args.len() < 2 {
        return Ok(made);
    }
    let init = take(args, 1);
    if crate::builtins::core_predicates::is_collection(&init) {
        return gather(cx, who, init, len, |_, items, _| fill(made, items));
    }
    fill(made, vec![init; len])
}

fn fill(made: Value, items: Vec<Value>) -> Flow {
    for (index, item) in items.into_iter().enumerate() {
        array::set(&made, index, item)?;
    }
    Ok(made)
}

/// `(make-array type n …)`: arrays of arrays for several lengths.
fn make_array(_: &mut Cx, args: &mut [Value]) -> Flow {
    let is_typed = !number::is_number(&args[0]);
    let element = if is_typed {
        element_of_type(&args[0])
    } else {
        Element::Object
    };
    let lengths: Result<Vec<usize>, Fault> = args[usize::from(is_typed)..]
        .iter()
        .map(|length| position("make-array", length))
        .collect();
    let lengths = lengths?;
    let Some((innermost, outer)) = lengths.split_last() else {
        return Err(Fault::wrong_type("make-array", "a type and lengths", &args[0]).into());
    };
    let mut made = array::of_len(element, *innermost);
    for length in outer.iter().rev() {
        let copies = (0..*length).map(|_| copy_all(&made)).collect();
        made = array::from_values(Element::Object, copies)?;
    }
    Ok(made)
}

/// A copy whose arrays are copies too. As deep as `make-array` was given lengths.
fn copy_all(made: &Value) -> Value {
    let copy = array::copy(made);
    if array::element_of(made) == Some(Element::Object) {
        for index in 0..array::len(made).unwrap_or(0) {
            let inner = array::get(made, index).unwrap_or_default();
            if array::element_of(&inner).is_some() {
                // An object array takes any value.
                let _ = array::set(&copy, index, copy_all(&inner));
            }
        }
    }
    copy
}

/// The element that a type stands for; whatever is no machine type makes arrays of any values.
fn element_of_type(class: &Value) -> Element {
    let text = match (class.as_keyword(), class.as_symbol()) {
        (Some(keyword), _) => keyword.name().to_owned(),
        (None, Some(symbol)) => symbol.name().to_owned(),
        (None, None) => String::new(),
    };
    match text.as_str() {
        "float" => Element::Double,
        "bool" => Element::Boolean,
        "int" => Element::Long,
        name => Element::named(name).unwrap_or(Element::Object),
    }
}

fn into_array(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let element = if args.len() > 1 {
        element_of_type(&args[0])
    } else {
        Element::Object
    };
    let items = take(args, args.len() - 1);
    gather(cx, "into-array", items, usize::MAX, move |_, items, _| {
        Ok(array::from_values(element, items)?)
    })
}

fn expect(who: &str, value: &Value) -> Result<usize, Fault> {
    array::len(value).ok_or_else(|| Fault::wrong_type(who, "an array", value))
}

/// The place of an index in an array.
fn place(who: &str, array: &Value, index: &Value) -> Result<usize, Fault> {
    let len = expect(who, array)?;
    let index = position(who, index)?;
    if index < len {
        Ok(index)
    } else {
        Err(out_of_bounds(who, index, len))
    }
}

/// The array within arrays that all but the last of the indices lead to.
fn inner(who: &str, mut array: Value, indices: &[Value]) -> Result<Value, Fault> {
    for index in indices {
        let at = place(who, &array, index)?;
        array = array::get(&array, at).unwrap_or_default();
    }
    Ok(array)
}

/// `(aget array index)`
///
/// # Errors
/// What is no array, or an index outside of it.
pub fn element(array: &Value, index: &Value) -> Result<Value, Fault> {
    let at = place("aget", array, index)?;
    Ok(array::get(array, at).unwrap_or_default())
}

/// `(aset array index value)`: gives the element as it is there.
///
/// # Errors
/// What is no array, an index outside of it, or a value that is no element of it.
pub fn put(array: &Value, index: &Value, value: Value) -> Result<Value, Fault> {
    let at = place("aset", array, index)?;
    array::set(array, at, value)?;
    Ok(array::get(array, at).unwrap_or_default())
}

/// `(alength array)`
///
/// # Errors
/// What is no array.
pub fn length(array: &Value) -> Result<Value, Fault> {
    Ok(number::from_usize(expect("alength", array)?))
}

fn aget(_: &mut Cx, args: &mut [Value]) -> Flow {
    let array = take(args, 0);
    Ok(inner("aget", array, &args[1..])?)
}

fn aset(_: &mut Cx, args: &mut [Value]) -> Flow {
    let array = take(args, 0);
    let mut rest = take_all(args, 1);
    let value = rest.pop().unwrap_or_default();
    let index = rest.pop().unwrap_or_default();
    let array = inner("aset", array, &rest)?;
    Ok(put(&array, &index, value)?)
}

fn alength(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(length(&args[0])?)
}

fn aclone(_: &mut Cx, args: &mut [Value]) -> Flow {
    expect("aclone", &args[0])?;
    Ok(array::copy(&args[0]))
}

/// An array of the element itself; of another collection its items, cast.
fn view(cx: &mut Cx, args: &mut [Value], element: Element) -> Flow {
    if array::element_of(&args[0]) == Some(element) {
        return Ok(take(args, 0));
    }
    gather(
        cx,
        element.class(),
        take(args, 0),
        usize::MAX,
        move |cx, items, _| {
            with_seq(
                cx,
                element.class(),
                array::from_values(element, items)?,
                |_, s| Ok(s),
            )
        },
    )
}

fn is_bytes(_: &mut Cx, args: &mut [Value]) -> Flow {
    let is_array = array::element_of(&args[0]) == Some(Element::Byte);
    Ok(Value::bool(is_array || args[0].as_bytes().is_some()))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const LENGTH_OR_COLL: &str = "[length-or-coll] [length init-or-coll]";

const ROWS: &[Builtin] = &[
    row(
        "aclone",
        "[array]",
        exactly(1),
        aclone,
        "Another array of the same elements.",
    ),
    row(
        "aget",
        "[array index & indices]",
        at_least(2),
        aget,
        "The element at an index; further indices lead into arrays within.",
    ),
    row(
        "alength",
        "[array]",
        exactly(1),
        alength,
        "Number of elements of an array.",
    ),
    row(
        "aset",
        "[array index value] [array index & indices value]",
        at_least(3),
        aset,
        "Changes the element at an index; gives the value. Further indices lead into arrays within.",
    ),
    row(
        "aset-boolean",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-byte",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-char",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-double",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-float",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-int",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-long",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "aset-short",
        "[array index & value]",
        at_least(3),
        aset,
        "The same function as aset.",
    ),
    row(
        "boolean-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Boolean),
        "An array of booleans, of a length or of the items of a collection.",
    ),
    row(
        "booleans",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Boolean),
        "An array of booleans itself; another collection as a sequence of booleans.",
    ),
    row(
        "byte-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Byte),
        "An array of 8-bit integers, of a length or of the items of a collection.",
    ),
    row(
        "bytes?",
        "[x]",
        exactly(1),
        is_bytes,
        "Is it bytes, or an array of bytes?",
    ),
    row(
        "char-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Char),
        "An array of characters, of a length or of the items of a collection.",
    ),
    row(
        "chars",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Char),
        "An array of characters itself; another collection as a sequence of characters.",
    ),
    row(
        "double-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Double),
        "An array of floats, of a length or of the items of a collection.",
    ),
    row(
        "doubles",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Double),
        "An array of floats itself; another collection as a sequence of floats.",
    ),
    row(
        "float-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Float),
        "An array of 32-bit floats, of a length or of the items of a collection.",
    ),
    row(
        "floats",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Float),
        "An array of 32-bit floats itself; another collection as a sequence of floats.",
    ),
    row(
        "int-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Int),
        "An array of 32-bit integers, of a length or of the items of a collection.",
    ),
    row(
        "into-array",
        "[coll] [type coll]",
        between(1, 2),
        into_array,
        "An array of the items of a collection; a type such as :long makes it unboxed.",
    ),
    row(
        "ints",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Int),
        "An array of 32-bit integers itself; another collection as a sequence of them.",
    ),
    row(
        "long-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Long),
        "An array of 64-bit integers, of a length or of the items of a collection.",
    ),
    row(
        "longs",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Long),
        "An array of 64-bit integers itself; another collection as a sequence of them.",
    ),
    row(
        "make-array",
        "[type length & lengths]",
        at_least(1),
        make_array,
        "An array of a length; with several lengths arrays of arrays. A type such as :long makes it unboxed.",
    ),
    row(
        "object-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Object),
        "An array of any values, of a length or of the items of a collection.",
    ),
    row(
        "short-array",
        LENGTH_OR_COLL,
        between(1, 2),
        |cx, a| make(cx, a, Element::Short),
        "An array of 16-bit integers, of a length or of the items of a collection.",
    ),
    row(
        "shorts",
        "[coll]",
        exactly(1),
        |cx, a| view(cx, a, Element::Short),
        "An array of 16-bit integers itself; another collection as a sequence of them.",
    ),
    row(
        "to-array",
        "[coll]",
        exactly(1),
        into_array,
        "An array of the items of a collection.",
    ),
];
