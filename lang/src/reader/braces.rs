//! Vectors, maps and sets: type ascription, tagged messages, duplicate keys.

use std::collections::HashSet;

use super::builder::Builder;
use crate::form::{Form, FormKind, Name};
use crate::messages::read as messages;
use crate::source::Span;

/// The words that may stand between `::` and a type.
const CAPABILITIES: [&str; 6] = ["iso", "val", "ref", "box", "tag", "trn"];

/// Up to here keys are compared with each other, beyond it they are hashed.
const COMPARED_KEYS_MAX: usize = 8;

impl<'s> Builder<'s, '_> {
    pub(crate) fn vector(&mut self, start: u32, items: Vec<Form>, end: u32) -> Form {
        let items = self.fold_ascriptions(items);
        Form::vector(self.span(start, end), items)
    }

    pub(crate) fn set(&mut self, start: u32, items: Vec<Form>, end: u32) -> Form {
        self.check_duplicates("set", items.iter());
        Form::set(self.span(start, end), items)
    }

    /// A map, or a tagged message if the count is odd and a keyword comes first.
    pub(crate) fn braces(&mut self, start: u32, items: Vec<Form>, end: u32) -> Form {
        let span = self.span(start, end);
        let items = self.fold_ascriptions(items);
        if items.len().is_multiple_of(2) {
            return self.map(span, items);
        }
        if items[0].as_keyword().is_some() && !self.options.only_data {
            let second = items.iter().step_by(2).skip(1);
            if let Some(second) = second.into_iter().find(|key| key.as_keyword().is_some()) {
                self.report(messages::ambiguous_braces(&items, second, span));
            }
            return Form::vector(span, items);
        }
        let last = &items[items.len() - 1];
        self.report(messages::odd_map(items.len(), last, span));
        Form::vector(span, items)
    }

    fn map(&mut self, span: Span, items: Vec<Form>) -> Form {
        self.check_duplicates("map", items.iter().step_by(2));
        let mut entries = Vec::with_capacity(items.len() / 2);
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Form::map(span, entries)
    }

    pub(crate) fn namespaced_map(
        &mut self,
        start: u32,
        token: &'s str,
        form: Form,
        end: u32,
    ) -> Form {
        let span = self.span(start, end);
        let Some(entries) = form.as_map() else {
            self.report(messages::not_a_map_after(token, &form));
            return form;
        };
        let prefix_span = self.span(start, start + token.len() as u32);
        let ns = match token.strip_prefix("#::") {
            None => Some(token["#:".len()..].into()),
            Some("") => Some(self.namespace.current()),
            Some(alias) => self.resolve_alias(alias),
        };
        let Some(ns) = ns.filter(|ns| !ns.is_empty()) else {
            let alias = token.trim_start_matches(['#', ':']);
            self.report(messages::unknown_alias(alias, prefix_span));
            return form;
        };
        let qualified: Vec<(Form, Form)> = entries
            .iter()
            .map(|(key, value)| (in_namespace(key, &ns), value.clone()))
            .collect();
        Form::map(span, qualified)
    }

    /// `x :: T` and `x :: cap T` become `(x :: T)` and `(x :: cap T)`.
    fn fold_ascriptions(&mut self, items: Vec<Form>) -> Vec<Form> {
        if !items.iter().any(|item| item.is_sym("::")) {
            return items;
        }
        let mut folded: Vec<Form> = Vec::with_capacity(items.len());
        let mut items = items.into_iter().peekable();
        while let Some(item) = items.next() {
            if !item.is_sym("::") {
                folded.push(item);
                continue;
            }
            let Some((name, type_)) = folded.pop().zip(items.next()) else {
                self.report(messages::dangling_ascription(item.span));
                continue;
            };
            let is_capability = CAPABILITIES.iter().any(|word| type_.is_sym(word));
            let mut ascription = vec![name, item, type_];
            if is_capability {
                ascription.extend(items.next());
            }
            let span = ascription[0].span.to(ascription[ascription.len() - 1].span);
            folded.push(Form::list(span, ascription));
        }
        folded
    }

    fn check_duplicates<'f>(
        &mut self,
        what: &str,
        keys: impl ExactSizeIterator<Item = &'f Form> + Clone,
    ) {
        let literals = keys.filter(|key| is_literal(key));
        let all: Vec<&Form> = literals.collect();
        if all.len() <= COMPARED_KEYS_MAX {
            for (place, key) in all.iter().enumerate() {
                if let Some(first) = all[..place].iter().find(|earlier| *earlier == key) {
                    self.report(messages::duplicate(what, first, key));
                }
            }
            return;
        }
        let mut seen: HashSet<&Form> = HashSet::with_capacity(all.len());
        for key in all {
            match seen.get(key) {
                Some(first) => self.report(messages::duplicate(what, first, key)),
                None => {
                    seen.insert(key);
                }
            }
        }
    }
}

/// A form that is the same key wherever it stands. A call may give another value each time.
fn is_literal(form: &Form) -> bool {
    match &form.kind {
        FormKind::List(_) => false,
        FormKind::Vector(items) | FormKind::Set(items) => items.iter().all(is_literal),
        FormKind::Map(entries) => entries
            .iter()
            .all(|(key, value)| is_literal(key) && is_literal(value)),
        FormKind::Tagged(_, form) => is_literal(form),
        FormKind::Nil
        | FormKind::Bool(_)
        | FormKind::Int(_)
        | FormKind::BigInt(_)
        | FormKind::Ratio(..)
        | FormKind::Float(_)
        | FormKind::Decimal { .. }
        | FormKind::Str(_)
        | FormKind::Char(_)
        | FormKind::Keyword(_)
        | FormKind::Symbol(_)
        | FormKind::Regex(_) => true,
    }
}

/// A key of a `#:ns{…}` map: keywords and symbols without namespace get `ns`, `_/x` loses its own.
fn in_namespace(key: &Form, ns: &std::sync::Arc<str>) -> Form {
    let moved = |name: &Name| match name.ns.as_deref() {
        None => Name::qualified(ns.clone(), name.name.clone()),
        Some("_") => Name::new(name.name.clone()),
        Some(_) => name.clone(),
    };
    let kind = match &key.kind {
        FormKind::Keyword(name) => FormKind::Keyword(moved(name)),
        FormKind::Symbol(name) => FormKind::Symbol(moved(name)),
        _ => return key.clone(),
    };
    Form {
        kind,
        span: key.span,
        meta: key.meta.clone(),
    }
}
