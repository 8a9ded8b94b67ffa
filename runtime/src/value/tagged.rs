//! Literals that nothing reads as values: `#tag form`, and reader conditionals that were kept.

use super::Value;
use super::object::{Native, make_native};
use super::print::readable;
use crate::collections::vector;

/// A tag and the form behind it, as data.
pub struct TaggedLiteral {
    /// A symbol.
    pub tag: Value,
    /// What stands behind it.
    pub form: Value,
}

impl Native for TaggedLiteral {
    fn class(&self) -> &'static str {
        "tagged-literal"
    }

    fn print(&self) -> String {
        let (tag, form) = (readable(&self.tag), readable(&self.form));
        match self.form.as_str() {
            Some(text) if tag == "actor" || tag == "ref" => format!("#{tag}<{text}>"),
            _ => format!("#{tag} {form}"),
        }
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.tag);
        visitor(&mut self.form);
    }

    fn key(&self) -> Option<Value> {
        Some(vector::from_vec(vec![self.tag.clone(), self.form.clone()]))
    }

    fn get(&self, key: &Value) -> Option<Option<Value>> {
        Some(if key.is_keyword("tag") {
            Some(self.tag.clone())
        } else if key.is_keyword("form") {
            Some(self.form.clone())
        } else {
            None
        })
    }
}

/// A reader conditional as data.
pub struct ReaderConditional {
    /// Features and forms, in turn.
    pub form: Value,
    /// Is it spliced into what is around it?
    pub is_splicing: bool,
}

impl Native for ReaderConditional {
    fn class(&self) -> &'static str {
        "reader-conditional"
    }

    fn print(&self) -> String {
        let mark = if self.is_splicing { "#?@" } else { "#?" };
        format!("{mark}{}", readable(&self.form))
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.form);
    }

    fn key(&self) -> Option<Value> {
        let splicing = Value::bool(self.is_splicing);
        Some(vector::from_vec(vec![self.form.clone(), splicing]))
    }

    fn get(&self, key: &Value) -> Option<Option<Value>> {
        Some(if key.is_keyword("form") {
            Some(self.form.clone())
        } else if key.is_keyword("splicing?") {
            Some(Value::bool(self.is_splicing))
        } else {
            None
        })
    }
}

/// `#tag form` as data.
pub fn make_tagged(tag: Value, form: Value) -> Value {
    make_native(TaggedLiteral { tag, form })
}

/// A reader conditional as data.
pub fn make_conditional(form: Value, is_splicing: bool) -> Value {
    make_native(ReaderConditional { form, is_splicing })
}
