//! Protocols: which function a method is for a value of some type.
//!
//! Each method remembers its function by the class of the first argument, so a call that was made
//! before finds it without a walk through the wider types. Whatever extends the protocol, or
//! defines a type anew, forgets what is remembered. Entries and functions are kept for ever, so
//! readers need neither lock nor count.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::{class_of, defined_type, keep, types_of};
use crate::collections::{map, meta};
use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// Classes that a method remembers without a walk, at most.
const REMEMBERED: usize = 16;

struct Found {
    class: u64,
    function: Value,
}

struct Method {
    name: Arc<str>,
    keyword: Value,
    /// The symbol under which metadata may hold the function.
    symbol: Value,
    remembered: [AtomicPtr<Found>; REMEMBERED],
    /// All that were found since the last change: what leaves `remembered` is found here again.
    found: RwLock<HashMap<u64, &'static Found>>,
}

impl Method {
    fn slot(&self, class: u64) -> &AtomicPtr<Found> {
        &self.remembered[(class >> 4) as usize % REMEMBERED]
    }

    fn remembers(&self, class: u64) -> Option<&Value> {
        // SAFETY: what a slot points at was leaked.
        let found = unsafe { self.slot(class).load(Ordering::Acquire).as_ref() };
        found.filter(|it| it.class == class).map(|it| &it.function)
    }
}

/// How a type came to have a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// Written inside `defrecord`, `deftype` or `reify`.
    Inline,
    /// By `extend` and its kin.
    Outside,
}

struct Implementation {
    extension: Extension,
    /// By the keyword of the method.
    functions: HashMap<u64, Value>,
    /// As it was given.
    map: Value,
}

/// What `defprotocol` makes.
pub struct Protocol {
    name: Arc<str>,
    via_metadata: bool,
    methods: Vec<Method>,
    /// By the text of the type's keyword.
    types: RwLock<BTreeMap<&'static str, Implementation>>,
}

impl Native for Protocol {
    fn class(&self) -> &'static str {
        "protocol"
    }

    fn print(&self) -> String {
        format!("#protocol<{}>", self.name)
    }
}

/// Makes a protocol with these methods. `name` is qualified.
pub fn make(name: &str, methods: &[Arc<str>], via_metadata: bool) -> Value {
    let namespace = name.rsplit_once('/').map_or("", |(namespace, _)| namespace);
    let method = |method: &Arc<str>| Method {
        name: method.clone(),
        keyword: Value::keyword(method),
        symbol: keep(Value::symbol(format!("{namespace}/{method}"))),
        remembered: std::array::from_fn(|_| AtomicPtr::default()),
        found: RwLock::default(),
    };
    make_native(Protocol {
        name: name.into(),
        via_metadata,
        methods: methods.iter().map(method).collect(),
        types: RwLock::default(),
    })
}

/// The protocol, if the value is one.
pub fn as_protocol(value: &Value) -> Option<&Protocol> {
    value.as_native()
}

impl Protocol {
    /// Its qualified name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has it a method of this name?
    pub fn has_method(&self, keyword: &Value) -> bool {
        let mut methods = self.methods.iter();
        methods.any(|method| method.keyword.is_identical(keyword))
    }

    /// The names of its methods.
    pub fn method_names(&self) -> impl Iterator<Item = &str> {
        self.methods.iter().map(|method| &*method.name)
    }

    /// Gives a type the functions of a map from method to function.
    ///
    /// # Errors
    /// A map with what is no method of the protocol.
    pub fn extend(&self, type_: &Value, functions: Value, how: Extension) -> Result<(), Fault> {
        for (key, _) in map::iter(&functions) {
            if !self.has_method(key) {
                return Err(self.no_such_method(key));
            }
        }
        let Some(type_) = type_.as_keyword() else {
            return Err(Fault::wrong_type("extend", "a type", type_));
        };
        let functions = keep(functions);
        let by_name = map::iter(&functions).map(|(key, function)| (key.word(), function.clone()));
        let implementation = Implementation {
            extension: how,
            functions: by_name.collect(),
            map: functions.clone(),
        };
        let mut types = self.types.write().unwrap_or_else(PoisonError::into_inner);
        types.insert(type_.text(), implementation);
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        for method in &self.methods {
            let mut found = method.found.write().unwrap_or_else(PoisonError::into_inner);
            found.clear();
            for slot in &method.remembered {
                slot.store(std::ptr::null_mut(), Ordering::Release);
            }
        }
    }

    #[cold]
    fn no_such_method(&self, key: &Value) -> Fault {
        let shown = crate::value::print::short(key);
        let message = format!(
            "`extend`: {shown} is no method of the protocol {}",
            self.name
        );
        let names: Vec<&str> = self.method_names().collect();
        let hint = match names.as_slice() {
            [] => "it has no methods".to_owned(),
            names => format!("its methods are `{}`", names.join("`, `")),
        };
        Fault::new(FaultKind::Type, message).hint(hint)
    }

    /// The function of the method at `index` for a value.
    ///
    /// # Errors
    /// There is none for the value's type.
    #[inline]
    pub fn dispatch(&self, index: usize, value: &Value) -> Result<Value, Fault> {
        let method = &self.methods[index];
        if self.via_metadata
            && let Some(function) = map::get(&meta::meta(value), &method.symbol)
            && defined_type(value).is_none_or(|defined| !self.is_inline(defined.name))
        {
            return Ok(function.clone());
        }
        if !super::is_told_by_class(value) {
            let found = self.function_for(&method.keyword, value);
            return found.ok_or_else(|| self.not_implemented(method, value));
        }
        let class = class_of(value).word();
        match method.remembers(class) {
            Some(function) => Ok(function.clone()),
            None => self.find(method, class, method.slot(class), value),
        }
    }

    /// What `dispatch` gives for a value of a class that it was asked for before.
    pub(crate) fn remembered(&self, index: usize, value: &Value) -> Option<Value> {
        let method = self.methods.get(index)?;
        let is_told = !self.via_metadata && super::is_told_by_class(value);
        is_told.then(|| method.remembers(class_of(value).word()).cloned())?
    }

    #[cold]
    fn find(
        &self,
        method: &Method,
        class: u64,
        slot: &AtomicPtr<Found>,
        value: &Value,
    ) -> Result<Value, Fault> {
        let remember = |found: &'static Found| {
            slot.store(std::ptr::from_ref(found).cast_mut(), Ordering::Release);
            Ok(found.function.clone())
        };
        // Held over the search, so that no extension comes between it and remembering.
        let mut all = method.found.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(&class) {
            return remember(found);
        }
        let function = self
            .function_for(&method.keyword, value)
            .ok_or_else(|| self.not_implemented(method, value))?;
        let found: &'static Found = Box::leak(Box::new(Found { class, function }));
        all.insert(class, found);
        remember(found)
    }

    fn function_for(&self, method: &Value, value: &Value) -> Option<Value> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let by_type = types_of(value);
        let mut found = by_type
            .iter()
            .filter_map(|type_| types.get(type_.as_keyword()?.text()));
        found.find_map(|implementation| implementation.functions.get(&method.word()).cloned())
    }

    #[cold]
    fn not_implemented(&self, method: &Method, value: &Value) -> Fault {
        let shown = crate::value::print::short(value);
        let class = crate::value::class_name(value);
        let message = format!(
            "no implementation of `{}` of the protocol {} for {shown} ({class})",
            method.name, self.name
        );
        Fault::new(FaultKind::Type, message)
            .hint("`extend-type` gives a type the methods of a protocol")
    }

    fn is_inline(&self, type_: &str) -> bool {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let found = types.get(type_);
        found.is_some_and(|implementation| implementation.extension == Extension::Inline)
    }

    /// Has the type itself the protocol?
    pub fn is_extended_to(&self, type_: &Value) -> bool {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let name = type_.as_keyword().map(|keyword| keyword.text());
        name.is_some_and(|name| {
            types.contains_key(name)
                || types
                    .keys()
                    .any(|wide| super::is_subtype(type_, &Value::keyword(wide)))
        })
    }

    /// Has the value the protocol, through one of its types or its metadata?
    pub fn is_satisfied_by(&self, value: &Value) -> bool {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let has = |type_: &Value| {
            let name = type_.as_keyword().map(|keyword| keyword.text());
            name.is_some_and(|name| types.contains_key(name))
        };
        types_of(value).iter().any(has)
            || (self.via_metadata && {
                let metadata = meta::meta(value);
                let mut methods = self.methods.iter();
                methods.any(|method| map::get(&metadata, &method.symbol).is_some())
            })
    }

    /// The types that were extended from outside, as keywords; nil as itself.
    pub fn extenders(&self) -> Vec<Value> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let outside = types
            .iter()
            .filter(|(_, implementation)| implementation.extension == Extension::Outside);
        outside
            .map(|(name, _)| match *name {
                "nil" => Value::NIL,
                name => Value::keyword(name),
            })
            .collect()
    }

    /// The map of functions for a value.
    pub fn implementation_for(&self, value: &Value) -> Option<Value> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let by_type = types_of(value);
        let mut found = by_type
            .iter()
            .filter_map(|type_| types.get(type_.as_keyword()?.text()));
        found
            .next()
            .map(|implementation| implementation.map.clone())
    }
}
