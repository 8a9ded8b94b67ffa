//! A namespace as a value: what `*ns*` holds and `find-ns` gives.
//!
//! It is a name; what is in the namespace stands in the registry.

use std::sync::{Arc, PoisonError, RwLock};

use super::spelled;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// See the module's head.
pub struct NamespaceObject {
    /// The proper name.
    pub name: Arc<str>,
    meta: RwLock<Value>,
}

impl NamespaceObject {
    /// The metadata, a map or nil.
    pub fn meta(&self) -> Value {
        let meta = self.meta.read();
        meta.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the metadata.
    pub fn set_meta(&self, meta: Value) {
        meta.publish();
        *self.meta.write().unwrap_or_else(PoisonError::into_inner) = meta;
    }
}

impl Native for NamespaceObject {
    fn class(&self) -> &'static str {
        "namespace"
    }

    fn print(&self) -> String {
        format!("#namespace<{}>", spelled(&self.name))
    }

    fn display(&self) -> String {
        spelled(&self.name).to_owned()
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(self.meta.get_mut().unwrap_or_else(PoisonError::into_inner));
    }
}

pub(super) fn make(name: &str) -> Value {
    let object = make_native(NamespaceObject {
        name: name.into(),
        meta: RwLock::new(Value::NIL),
    });
    object.publish();
    object
}

/// The namespace that a value is.
pub fn as_namespace(value: &Value) -> Option<&NamespaceObject> {
    value.as_native::<NamespaceObject>()
}
