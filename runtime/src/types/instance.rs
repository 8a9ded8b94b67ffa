//! Objects with fields: what `deftype` and `reify` make.
//!
//! An instance is a native object; what it can do beyond its protocols are the methods of
//! interfaces its type has (`seq`, `count`, `invoke`, `toString` …), which builtins ask for with
//! [`call`]. A field that may change holds a volatile.

use std::sync::LazyLock;

use super::DefinedType;
use crate::builtin::{Flow, call_then, tail_call};
use crate::context::Cx;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// An object of a defined type.
pub struct Instance {
    type_: &'static DefinedType,
    fields: Vec<Value>,
    meta: Value,
}

impl Instance {
    /// Its type.
    pub fn type_of(&self) -> &'static DefinedType {
        self.type_
    }

    /// The field at an index; a mutable one as the cell that holds its value.
    pub fn field(&self, index: usize) -> Option<&Value> {
        self.fields.get(index)
    }

    /// Its metadata.
    pub fn meta(&self) -> &Value {
        &self.meta
    }

    /// The same object with other metadata.
    pub fn with_meta(&self, meta: Value) -> Value {
        make_native(Instance {
            type_: self.type_,
            fields: self.fields.clone(),
            meta,
        })
    }
}

impl Native for Instance {
    fn class(&self) -> &'static str {
        self.type_.name
    }

    fn print(&self) -> String {
        format!("#object[{}]", self.type_.name)
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.fields.iter_mut().for_each(&mut *visitor);
        visitor(&mut self.meta);
    }
}

/// Makes an object of a type.
pub fn make(type_: &'static DefinedType, fields: Vec<Value>) -> Value {
    make_native(Instance {
        type_,
        fields,
        meta: Value::NIL,
    })
}

/// An object that is nothing but itself.
pub fn token() -> Value {
    static TOKEN: LazyLock<&'static DefinedType> =
        LazyLock::new(|| super::define("object", super::Shape::Object, Vec::new()));
    make(*TOKEN, Vec::new())
}

/// The instance, if the value is one.
#[inline]
pub fn as_instance(value: &Value) -> Option<&Instance> {
    value.as_native()
}

/// Calls the method of an interface with the value first, if its type has the method.
pub fn call(value: &Value, method: &str, arguments: &[Value]) -> Option<Flow> {
    let function = super::method_of(value, method)?;
    Some(tail_call(function, with_self(value, arguments)))
}

/// Calls the method of an interface, if the type has it, and goes on with what it gives.
pub fn call_and_then(
    value: &Value,
    method: &str,
    arguments: &[Value],
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Option<Flow> {
    let function = super::method_of(value, method)?;
    Some(call_then(function, with_self(value, arguments), then))
}

/// Goes on with the values, each of which has a text of its own (`toString`) as that text.
pub fn with_own_texts(
    cx: &mut Cx,
    values: Vec<Value>,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    from_index(cx, values, 0, then)
}

fn from_index(
    cx: &mut Cx,
    mut values: Vec<Value>,
    start: usize,
    then: impl FnOnce(&mut Cx, Vec<Value>) -> Flow + Send + 'static,
) -> Flow {
    for index in start..values.len() {
        if let Some(function) = super::method_of(&values[index], "toString") {
            let value = values[index].clone();
            return call_then(function, vec![value], move |cx, text| {
                values[index] = text;
                from_index(cx, values, index + 1, then)
            });
        }
    }
    then(cx, values)
}

fn with_self(value: &Value, arguments: &[Value]) -> Vec<Value> {
    let mut all = Vec::with_capacity(arguments.len() + 1);
    all.push(value.clone());
    all.extend_from_slice(arguments);
    all
}
