//! Texts that a program's `print-method` gives for values.
//!
//! Printing itself never calls Batuta code. So before it, the values within what is to be printed
//! that have a method of their own are looked for, and their methods are called with output of
//! their own; while the whole is written, [`text_of`] gives these texts.

use std::cell::RefCell;
use std::collections::HashMap;

use super::multimethod::{Multimethod, as_multimethod};
use crate::builtin::{Flow, call_then};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_sequential, map, meta, set, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::function::VarBody;
use crate::namespace::{self, CORE};
use crate::value::Value;
use crate::value::object::Kind;

/// Texts by the word of the value.
#[derive(Default)]
pub struct Texts(HashMap<u64, String>);

thread_local! {
    static IN_USE: RefCell<HashMap<u64, String>> = RefCell::default();
}

/// The text that a method gave for the value, while [`Texts::during`] runs.
pub fn text_of(value: &Value) -> Option<String> {
    IN_USE.with(|texts| {
        let texts = texts.borrow();
        if texts.is_empty() {
            return None;
        }
        texts.get(&value.word()).cloned()
    })
}

impl Texts {
    /// Lets [`text_of`] give these texts while `write` runs.
    pub fn during<R>(self, write: impl FnOnce() -> R) -> R {
        if self.0.is_empty() {
            return write();
        }
        let before = IN_USE.with(|texts| texts.replace(self.0));
        let result = write();
        IN_USE.with(|texts| *texts.borrow_mut() = before);
        result
    }
}

/// What `print-method` dispatches on: the `:type` in the metadata if that is a keyword, else the
/// class.
pub fn tag_of(value: &Value) -> Value {
    let metadata = meta::meta(value);
    match map::get_keyword(&metadata, "type") {
        Some(tag) if tag.as_keyword().is_some() => tag.clone(),
        _ => super::class_of(value),
    }
}

/// Goes on with the texts of all values within that have a method of their own.
pub fn with_texts(
    cx: &mut Cx,
    values: Vec<Value>,
    then: impl FnOnce(&mut Cx, Vec<Value>, Texts) -> Flow + Send + 'static,
) -> Flow {
    let method = namespace::find(CORE, "print-method");
    let method = method.and_then(|var| var.as_object::<VarBody>().and_then(VarBody::root));
    let own = match method.as_ref().and_then(as_multimethod) {
        Some(multi) if multi.count() > 1 => own_values(multi, &values)?,
        _ => Vec::new(),
    };
    ask(cx, own.into_iter(), values, Texts::default(), then)
}

fn ask(
    cx: &mut Cx,
    mut own: std::vec::IntoIter<Value>,
    values: Vec<Value>,
    mut texts: Texts,
    then: impl FnOnce(&mut Cx, Vec<Value>, Texts) -> Flow + Send + 'static,
) -> Flow {
    let Some(value) = own.next() else {
        return then(cx, values, texts);
    };
    let function = namespace::find(CORE, "print-method-text*").unwrap_or_default();
    call_then(function, vec![value.clone()], move |cx, text| {
        let text = text.as_str().unwrap_or_default().to_owned();
        texts.0.insert(value.word(), text);
        ask(cx, own, values, texts, then)
    })
}

/// The values within whose tag has a method other than the default one. What is inside of them is
/// for their methods.
fn own_values(multi: &Multimethod, values: &[Value]) -> Result<Vec<Value>, Fault> {
    let mut known: HashMap<u64, bool> = HashMap::new();
    let mut own: Vec<Value> = Vec::new();
    let mut pending: Vec<Value> = values.iter().rev().cloned().collect();
    while let Some(value) = pending.pop() {
        let tag = tag_of(&value);
        let has_own = match known.get(&tag.word()) {
            Some(has_own) => *has_own,
            None => {
                let has_own = multi.has_own(&tag)?;
                known.insert(tag.word(), has_own);
                has_own
            }
        };
        if !has_own {
            push_items(&value, &mut pending);
        } else if !own.iter().any(|present| present.is_identical(&value)) {
            own.push(value);
        }
    }
    Ok(own)
}

fn push_items(value: &Value, pending: &mut Vec<Value>) {
    match value.kind() {
        Some(Kind::Vector) => pending.extend(vector::iter(value).cloned()),
        _ if map::is_map(value) => {
            pending.extend(map::iter(value).flat_map(|(k, v)| [k.clone(), v.clone()]));
        }
        _ if set::is_set(value) => pending.extend(set::iter(value).cloned()),
        // A range holds numbers only, and there may be very many.
        Some(Kind::Range) => {}
        _ if is_sequential(value) => {
            if let Ok(mut items) = Cursor::new("print", value.clone()) {
                while let Step::Item(item) = items.next() {
                    pending.push(item);
                }
            }
        }
        _ => {}
    }
}
