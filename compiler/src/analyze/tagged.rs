//! Tagged literals that a program reads by functions of its own, before anything else looks at the
//! form they stand in.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind};

use super::unit::Unit;

impl Unit<'_> {
    /// The form with what reader functions make of its tagged literals, innermost first.
    pub(super) fn read_by_program(&mut self, form: &Form) -> Form {
        if !holds_tagged(form) {
            return form.clone();
        }
        let kind = match &form.kind {
            FormKind::List(items) => FormKind::List(self.read_all(items)),
            FormKind::Vector(items) => FormKind::Vector(self.read_all(items)),
            FormKind::Set(items) => FormKind::Set(self.read_all(items)),
            FormKind::Map(entries) => {
                let entries = entries.iter();
                let pair = |(key, value): &(Form, Form)| {
                    (self.read_by_program(key), self.read_by_program(value))
                };
                FormKind::Map(entries.map(pair).collect())
            }
            FormKind::Tagged(tag, inner) => {
                let inner = self.read_by_program(inner);
                match self.host.read_tagged(tag, &inner) {
                    Ok(Some(read)) => return read,
                    Ok(None) => FormKind::Tagged(tag.clone(), Arc::new(inner)),
                    Err(error) => {
                        self.fail(error);
                        FormKind::Nil
                    }
                }
            }
            other => other.clone(),
        };
        Form::new(form.span, kind).with_meta(form.meta.clone())
    }

    fn read_all(&mut self, items: &[Form]) -> Arc<[Form]> {
        items
            .iter()
            .map(|item| self.read_by_program(item))
            .collect()
    }
}

fn holds_tagged(form: &Form) -> bool {
    match &form.kind {
        FormKind::List(items) | FormKind::Vector(items) | FormKind::Set(items) => {
            items.iter().any(holds_tagged)
        }
        FormKind::Map(entries) => entries
            .iter()
            .any(|(key, value)| holds_tagged(key) || holds_tagged(value)),
        FormKind::Tagged(..) => true,
        _ => false,
    }
}
