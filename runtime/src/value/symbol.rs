//! Symbols: a name, perhaps in a namespace, with metadata.

use std::sync::Arc;

use super::Value;
use super::keyword::split_at;
use super::object::{Body, Kind, make};

/// The body of a symbol. `text` is `ns/name` or `name`.
pub struct Symbol {
    text: Arc<str>,
    slash: u32,
    hash: u32,
    meta: Value,
}

// SAFETY: the kind is this type's alone and the one value is shown.
unsafe impl Body for Symbol {
    const KIND: Kind = Kind::Symbol;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.meta);
    }
}

impl Symbol {
    /// Full text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Namespace part.
    pub fn namespace(&self) -> Option<&str> {
        (self.slash > 0).then(|| &self.text[..self.slash as usize])
    }

    /// Name part.
    pub fn name(&self) -> &str {
        if self.slash > 0 {
            &self.text[self.slash as usize + 1..]
        } else {
            &self.text
        }
    }

    /// Clojure's hash.
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// The metadata map or nil.
    pub fn meta(&self) -> &Value {
        &self.meta
    }
}

impl Value {
    /// The symbol with this text (`"name"` or `"ns/name"`), without metadata.
    pub fn symbol(text: impl Into<Arc<str>>) -> Value {
        let text = text.into();
        let slash = split_at(&text).unwrap_or(0);
        let hash = super::hash::symbol_hash(&text, slash);
        make(Symbol {
            text,
            slash: slash as u32,
            hash,
            meta: Value::NIL,
        })
    }

    /// The symbol.
    #[inline]
    pub fn as_symbol(&self) -> Option<&Symbol> {
        self.as_object()
    }

    /// Is it the symbol with this text?
    pub fn is_symbol(&self, text: &str) -> bool {
        self.as_symbol().is_some_and(|symbol| symbol.text() == text)
    }
}

/// The same symbol with other metadata.
pub(crate) fn with_meta(symbol: &Symbol, meta: Value) -> Value {
    make(Symbol {
        text: symbol.text.clone(),
        slash: symbol.slash,
        hash: symbol.hash,
        meta,
    })
}
