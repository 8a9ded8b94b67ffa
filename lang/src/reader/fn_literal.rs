//! Function literals: `#(f % %2)` becomes `(fn* [p1__1# p2__1#] (f p1__1# p2__1#))`.
//!
//! The parameters end in `#`, so that inside a template they stay what they are.

use std::sync::Arc;

use super::builder::Builder;
use crate::form::{Form, FormKind};
use crate::messages::read as messages;
use crate::source::Span;

const ARGUMENTS_MAX: u32 = 20;

/// Which arguments the body names.
struct Arguments {
    id: u32,
    highest: u32,
    has_rest: bool,
    wrong: Vec<(Arc<str>, Span)>,
}

impl Builder<'_, '_> {
    pub(crate) fn fn_literal(&mut self, start: u32, items: Vec<Form>, end: u32) -> Form {
        let span = self.span(start, end);
        let mut arguments = Arguments {
            id: self.next_fn_literal(),
            highest: 0,
            has_rest: false,
            wrong: Vec::new(),
        };
        let body: Vec<Form> = items.iter().map(|item| arguments.replace(item)).collect();
        for (text, place) in std::mem::take(&mut arguments.wrong) {
            self.report(messages::bad_fn_argument(&text, place));
        }
        let opening = self.span(start, start + 2);
        let mut params: Vec<Form> = (1..=arguments.highest)
            .map(|place| Form::sym(opening, &arguments.param(place)))
            .collect();
        if arguments.has_rest {
            params.push(Form::sym(opening, "&"));
            params.push(Form::sym(opening, &arguments.rest()));
        }
        Form::list(
            span,
            [
                Form::sym(opening, "fn*"),
                Form::vector(opening, params),
                Form::list(span, body),
            ],
        )
    }
}

impl Arguments {
    fn param(&self, place: u32) -> String {
        format!("p{place}__{}#", self.id)
    }

    fn rest(&self) -> String {
        format!("rest__{}#", self.id)
    }

    /// The form with `%`, `%n` and `%&` replaced; what holds none is shared.
    fn replace(&mut self, form: &Form) -> Form {
        let kind = match &form.kind {
            FormKind::Symbol(name) if name.ns.is_none() && name.name.starts_with('%') => {
                return self.argument(&name.name, form.span);
            }
            FormKind::List(items) => FormKind::List(self.replace_all(items)),
            FormKind::Vector(items) => FormKind::Vector(self.replace_all(items)),
            FormKind::Set(items) => FormKind::Set(self.replace_all(items)),
            FormKind::Map(entries) => FormKind::Map(
                entries
                    .iter()
                    .map(|(key, value)| (self.replace(key), self.replace(value)))
                    .collect(),
            ),
            FormKind::Tagged(tag, form) => {
                FormKind::Tagged(tag.clone(), Arc::new(self.replace(form)))
            }
            _ => return form.clone(),
        };
        Form {
            kind,
            span: form.span,
            meta: form.meta.clone(),
        }
    }

    fn replace_all(&mut self, items: &[Form]) -> Arc<[Form]> {
        items.iter().map(|item| self.replace(item)).collect()
    }

    fn argument(&mut self, text: &Arc<str>, span: Span) -> Form {
        let place = match &text[1..] {
            "" => Some(1),
            "&" => {
                self.has_rest = true;
                return Form::sym(span, &self.rest());
            }
            digits => digits.parse().ok(),
        };
        match place.filter(|place| (1..=ARGUMENTS_MAX).contains(place)) {
            Some(place) => {
                self.highest = self.highest.max(place);
                Form::sym(span, &self.param(place))
            }
            None => {
                self.wrong.push((text.clone(), span));
                Form::nil(span)
            }
        }
    }
}
