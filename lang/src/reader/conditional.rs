//! Reader conditionals: `#?(:batuta a :default b)` and `#?@(…)`.

use std::sync::Arc;

use super::Conditionals;
use super::builder::{Builder, Item};
use crate::form::{Form, FormKind, Name};
use crate::messages::read as messages;

impl Builder<'_, '_> {
    pub(crate) fn conditional(&mut self, start: u32, branches: Form, end: u32) -> Item {
        if self.options.conditionals == Conditionals::Keep {
            return Item::One(self.kept("?", start, branches, end));
        }
        match self.chosen(start, &branches, end) {
            Some(form) => Item::One(form),
            None => Item::None,
        }
    }

    pub(crate) fn conditional_splicing(&mut self, start: u32, branches: Form, end: u32) -> Item {
        if self.options.conditionals == Conditionals::Keep {
            return Item::One(self.kept("?@", start, branches, end));
        }
        match self.chosen(start, &branches, end) {
            None => Item::None,
            Some(form) => match &form.kind {
                FormKind::List(items) | FormKind::Vector(items) => Item::Many(items.to_vec()),
                _ => {
                    self.report(messages::bad_splice(&form));
                    Item::None
                }
            },
        }
    }

    /// Where one form is needed, there must be one.
    pub(crate) fn conditional_operand(&mut self, start: u32, branches: Form, end: u32) -> Form {
        if self.options.conditionals == Conditionals::Keep {
            return self.kept("?", start, branches, end);
        }
        let span = self.span(start, end);
        self.chosen(start, &branches, end).unwrap_or_else(|| {
            self.report(messages::conditional_gives_nothing(span));
            Form::nil(span)
        })
    }

    fn kept(&self, mark: &str, start: u32, branches: Form, end: u32) -> Form {
        let span = self.span(start, end);
        Form::new(span, FormKind::Tagged(Name::new(mark), Arc::new(branches)))
    }

    /// The form behind the language's own feature, else behind the first one that is listed.
    fn chosen(&mut self, start: u32, branches: &Form, end: u32) -> Option<Form> {
        let items = branches.as_list().unwrap_or(&[]);
        let well_formed = branches.as_list().is_some()
            && items.len().is_multiple_of(2)
            && items
                .chunks_exact(2)
                .all(|branch| branch[0].as_keyword().is_some());
        if !well_formed {
            let span = self.span(start, end);
            self.report(messages::bad_conditional(span));
            return None;
        }
        let listed = |feature: &Form| {
            let mut features = self.options.features.iter();
            feature.is_keyword("default") || features.any(|name| feature.is_keyword(name))
        };
        // Who names this language means it, wherever the branch stands.
        let own = self.options.features.first();
        let is_own = |feature: &Form| own.is_some_and(|own| feature.is_keyword(own));
        let mut branches = items.chunks_exact(2);
        let chosen = branches.clone().find(|branch| is_own(&branch[0]));
        chosen
            .or_else(|| branches.find(|branch| listed(&branch[0])))
            .map(|branch| branch[1].clone())
    }
}
