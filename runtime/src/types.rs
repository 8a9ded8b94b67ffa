//! Types: what `(class x)` calls a value, the names of Batuta's own types, and the types that
//! programs define.
//!
//! A type is named by a keyword: `Int` is `:int`, a record `R` of the namespace `user` is
//! `:user.R`. Invariant: a type that was defined lives for ever, and its name stands for the
//! latest definition. Types of Batuta's own are rows in [`names`]; [`instance`] is what
//! `deftype` and `reify` make, [`protocol`] what `defprotocol` makes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::collections::sorted;
use crate::value::Value;
use crate::value::object::Kind;

pub mod hierarchy;
pub mod instance;
pub mod multimethod;
pub mod names;
pub mod printing;
pub mod protocol;

/// What a defined type makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Maps with a type: `defrecord`.
    Record,
    /// Objects with fields: `deftype`, `reify`.
    Object,
}

/// A type that a program defined.
pub struct DefinedType {
    /// The keyword that stands for the type.
    pub keyword: Value,
    /// Its text: namespace, dot, name.
    pub name: &'static str,
    /// What it makes.
    pub shape: Shape,
    /// The names of its fields, as keywords.
    pub fields: Vec<Value>,
    /// Methods of interfaces (`toString`, `invoke` …), by the keyword of their name.
    methods: RwLock<HashMap<u64, Value>>,
    /// Interfaces whose methods it has, as keywords.
    interfaces: RwLock<Vec<Value>>,
}

impl DefinedType {
    /// Is the key one of the fields?
    pub fn has_field(&self, key: &Value) -> bool {
        self.fields.iter().any(|field| field.is_identical(key))
    }

    /// The method of an interface, if the type has it.
    pub fn method(&self, name: &str) -> Option<Value> {
        let methods = self.methods.read().unwrap_or_else(PoisonError::into_inner);
        if methods.is_empty() {
            return None;
        }
        methods.get(&Value::keyword(name).word()).cloned()
    }

    /// Gives the type a method of an interface. The function is kept for ever.
    pub fn set_method(&self, name: &Value, function: Value) {
        let mut methods = self.methods.write().unwrap_or_else(PoisonError::into_inner);
        methods.insert(name.word(), keep(function));
    }

    /// Notes that the type has the methods of an interface.
    pub fn add_interface(&self, interface: &Value) {
        let mut all = self
            .interfaces
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|known| known.is_identical(interface)) {
            all.push(interface.clone());
        }
    }

    fn interfaces(&self) -> Vec<Value> {
        let all = self.interfaces.read();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes a value shareable for good: what is stored in a type or a protocol is never given back,
/// so that readers on other threads need no count.
pub(crate) fn keep(value: Value) -> Value {
    value.publish_for_good();
    std::mem::forget(value.clone());
    value
}

type Registry = HashMap<&'static str, &'static DefinedType>;

static DEFINED: LazyLock<RwLock<Registry>> = LazyLock::new(Default::default);
/// Counts definitions, so that threads notice that what they remember is old.
static DEFINITIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static REMEMBERED: RefCell<(u64, HashMap<u64, &'static DefinedType>)> =
        RefCell::new((0, HashMap::new()));
}

/// Defines a type, or defines it anew.
pub fn define(name: &str, shape: Shape, fields: Vec<Value>) -> &'static DefinedType {
    let keyword = Value::keyword(name);
    let name = keyword.as_keyword().map_or("", |keyword| keyword.text());
    let made: &'static DefinedType = Box::leak(Box::new(DefinedType {
        keyword,
        name,
        shape,
        fields,
        methods: RwLock::default(),
        interfaces: RwLock::default(),
    }));
    let mut all = DEFINED.write().unwrap_or_else(PoisonError::into_inner);
    all.insert(name, made);
    DEFINITIONS.fetch_add(1, Ordering::Release);
    made
}

/// The defined type of this name, dots as in its keyword.
pub fn find(name: &str) -> Option<&'static DefinedType> {
    let all = DEFINED.read().unwrap_or_else(PoisonError::into_inner);
    all.get(name).copied()
}

/// The defined type that a keyword stands for.
pub fn of_keyword(keyword: &Value) -> Option<&'static DefinedType> {
    let name = keyword.as_keyword()?.text();
    REMEMBERED.with(|remembered| {
        let (seen, known) = &mut *remembered.borrow_mut();
        let now = DEFINITIONS.load(Ordering::Acquire);
        if *seen != now {
            known.clear();
            *seen = now;
        }
        if let Some(found) = known.get(&keyword.word()) {
            return Some(*found);
        }
        let found = find(name)?;
        known.insert(keyword.word(), found);
        Some(found)
    })
}

/// The defined type of a value.
#[inline]
pub fn defined_type(value: &Value) -> Option<&'static DefinedType> {
    match value.kind()? {
        Kind::Map => crate::collections::map::record(value),
        Kind::Native => instance::as_instance(value).map(instance::Instance::type_of),
        _ => None,
    }
}

/// The method of an interface that the type of a value has.
#[inline]
pub fn method_of(value: &Value, name: &str) -> Option<Value> {
    defined_type(value)?.method(name)
}

/// The keyword that `(class value)` gives.
pub fn class_of(value: &Value) -> Value {
    match defined_type(value) {
        Some(defined) => defined.keyword.clone(),
        None => Value::keyword(crate::value::class_name(value)),
    }
}

/// The type that stands for others, from a type or its name: `:int`, `Int` as a symbol, nil.
pub fn type_of_designator(designator: &Value) -> Option<Value> {
    if designator.is_nil() {
        return Some(Value::keyword("nil"));
    }
    if designator.is_keyword("default") {
        return Some(Value::keyword("any"));
    }
    if designator.as_keyword().is_some() {
        return Some(designator.clone());
    }
    let name = designator.as_symbol()?.text();
    names::named(name).or_else(|| find(name).map(|defined| defined.keyword.clone()))
}

/// Does the class of the value tell all of its types?
pub(crate) fn is_told_by_class(value: &Value) -> bool {
    !matches!(
        value.kind(),
        Some(Kind::Error | Kind::SortedMap | Kind::SortedSet)
    )
}

/// The types a value is of, the narrowest first.
pub fn types_of(value: &Value) -> Vec<Value> {
    let class = class_of(value);
    let mut all = match is_told_by_class(value) {
        true => vec![class.clone()],
        // What is narrower than the class comes first.
        false => Vec::new(),
    };
    let mut add = |name: &str| {
        let keyword = Value::keyword(name);
        if !all.iter().any(|known| known.is_identical(&keyword)) {
            all.push(keyword);
        }
    };
    let base = match defined_type(value) {
        Some(defined) => {
            for interface in defined.interfaces() {
                if let Some(interface) = interface.as_keyword() {
                    add(interface.text());
                    names::wider(interface.text()).for_each(&mut add);
                }
            }
            match defined.shape {
                Shape::Record => "record",
                Shape::Object => "object",
            }
        }
        None => class.as_keyword().map_or("", |class| class.text()),
    };
    if sorted::is_sorted(value) {
        let is_map = value.kind() == Some(Kind::SortedMap);
        add(if is_map { "sorted-map" } else { "sorted-set" });
        add("sorted");
        add("reversible");
    }
    if let Some(kind) = names::error_types(value) {
        kind.for_each(&mut add);
    }
    add(base);
    names::wider(base).for_each(&mut add);
    if !value.is_nil() {
        add("object");
    }
    add("any");
    all
}

/// Is the value of a type that the program defined, and that says it is one of these?
pub fn is_declared(value: &Value, type_: &str) -> bool {
    defined_type(value).is_some() && is_instance(&Value::keyword(type_), value)
}

/// Is the value of this type (a keyword)?
pub fn is_instance(type_: &Value, value: &Value) -> bool {
    if class_of(value).is_identical(type_) {
        return true;
    }
    types_of(value)
        .iter()
        .any(|known| known.is_identical(type_))
}

/// The types that every value of a type is of too.
pub fn wider_than(type_: &Value) -> Vec<Value> {
    let Some(name) = type_.as_keyword().map(|keyword| keyword.text()) else {
        return Vec::new();
    };
    let (mut all, base) = match of_keyword(type_) {
        Some(defined) => {
            let base = match defined.shape {
                Shape::Record => "record",
                Shape::Object => "object",
            };
            let mut all = Vec::new();
            for interface in defined.interfaces() {
                let name = interface.as_keyword().map_or("", |keyword| keyword.text());
                all.push(interface);
                all.extend(names::wider(name).map(Value::keyword));
            }
            all.push(Value::keyword(base));
            (all, base)
        }
        None if names::is_type(name) => (Vec::new(), name),
        None => return Vec::new(),
    };
    all.extend(names::wider(base).map(Value::keyword));
    if !matches!(name, "nil" | "object" | "any") {
        all.push(Value::keyword("object"));
    }
    if name != "any" {
        all.push(Value::keyword("any"));
    }
    all
}

/// Is every value of the one type of the other too?
pub fn is_subtype(narrow: &Value, wide: &Value) -> bool {
    let is_wide = |known: &Value| known.is_identical(wide);
    is_wide(narrow) || wider_than(narrow).iter().any(is_wide)
}
