//! The namespace a text is in, for `::name` and `::alias/name`.
//!
//! A file names its namespace and aliases in its `ns` form; reading the rest needs both, before
//! anything has been run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::form::{Form, FormKind};

/// What the `ns` forms read so far say.
pub(super) struct Namespace {
    current: Arc<str>,
    aliases: HashMap<Arc<str>, Arc<str>>,
}

impl Namespace {
    pub(super) fn new(current: &str) -> Namespace {
        Namespace {
            current: current.into(),
            aliases: HashMap::new(),
        }
    }

    pub(super) fn current(&self) -> Arc<str> {
        self.current.clone()
    }

    pub(super) fn alias(&self, alias: &str) -> Option<Arc<str>> {
        self.aliases.get(alias).cloned()
    }

    /// Takes note of a top-level form: `(ns x (:require …))`, `(in-ns 'x)`, `(require '…)`.
    pub(super) fn note(&mut self, form: &Form) {
        let Some([head, rest @ ..]) = form.as_list() else {
            return;
        };
        if head.is_sym("ns") {
            if let Some(name) = rest.first().and_then(Form::as_plain_symbol) {
                self.current = name.clone();
            }
            let clauses = rest.iter().filter_map(Form::as_list);
            let requires = clauses.filter(|clause| {
                clause
                    .first()
                    .is_some_and(|head| head.is_keyword("require"))
            });
            requires
                .flat_map(|clause| &clause[1..])
                .for_each(|spec| self.note_alias(spec));
        } else if head.is_sym("in-ns") {
            if let Some(name) = rest
                .first()
                .and_then(unquoted)
                .and_then(Form::as_plain_symbol)
            {
                self.current = name.clone();
            }
        } else if head.is_sym("require") {
            rest.iter()
                .filter_map(unquoted)
                .for_each(|spec| self.note_alias(spec));
        }
    }

    /// `[some.namespace :as alias]`
    fn note_alias(&mut self, spec: &Form) {
        let (FormKind::Vector(items) | FormKind::List(items)) = &spec.kind else {
            return;
        };
        let Some(name) = items.first().and_then(Form::as_plain_symbol) else {
            return;
        };
        for option in items[1..].chunks_exact(2) {
            let names_alias = option[0].is_keyword("as") || option[0].is_keyword("as-alias");
            if let (true, Some(alias)) = (names_alias, option[1].as_plain_symbol()) {
                self.aliases.insert(alias.clone(), name.clone());
            }
        }
    }
}

fn unquoted(form: &Form) -> Option<&Form> {
    match form.as_list()? {
        [head, quoted] if head.is_sym("quote") => Some(quoted),
        _ => None,
    }
}
