//! Error sets: what `deferror` names, what a function declares to return, and what follows.
//!
//! A set is a var whose metadata has its members under `:error-set`; a function declares one in
//! the type of its result, `Set!T`. Inside such a function `(error :x)` must be a member, and a
//! `match` on a call of one is told of members that no clause takes.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind, Name};
use batuta_runtime::collections::{list, map, vector};
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace::Lookup;
use batuta_runtime::value::Value;

use super::unit::{Head, Unit};
use crate::messages;
use crate::patterns::clauses::Clause;
use crate::patterns::{Key, Pattern};
use crate::resolve;

/// The members of a set, by the text of their keywords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorSet {
    /// As the program calls it.
    pub(crate) name: Arc<str>,
    /// Without colons.
    pub(crate) members: Vec<Arc<str>>,
}

/// Sets may name one another in a circle, so this many are followed at most.
const SETS_MAX: usize = 1_000;

impl ErrorSet {
    /// The set that a name stands for, with the members of the sets it names.
    fn find(current: &str, name: &Name) -> Option<ErrorSet> {
        let mut members = Vec::new();
        let mut pending = vec![name.clone()];
        let mut seen: Vec<Name> = Vec::new();
        let mut is_set = false;
        while let Some(name) = pending.pop() {
            if seen.contains(&name) || seen.len() == SETS_MAX {
                continue;
            }
            if let Lookup::Var(var) = resolve::find(current, &name)
                && let Some(items) = meta_entry(&var, "error-set")
            {
                is_set = true;
                for item in vector::iter(&items) {
                    if let Some(keyword) = item.as_keyword() {
                        members.push(Arc::from(keyword.text()));
                    } else if let Some(symbol) = item.as_symbol() {
                        pending.push(Name::parse(symbol.text()));
                    }
                }
            }
            seen.push(name);
        }
        let name = name.to_string().into();
        is_set.then_some(ErrorSet { name, members })
    }

    fn has(&self, member: &str) -> bool {
        self.members.iter().any(|known| &**known == member)
    }

    /// ":a, :b or :c"
    fn shown(&self) -> String {
        let shown: Vec<String> = self.members.iter().map(|name| format!(":{name}")).collect();
        match shown.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            Some((last, _)) => last.clone(),
            None => "nothing".into(),
        }
    }
}

fn meta_entry(var: &Value, key: &str) -> Option<Value> {
    let body = var.as_object::<VarBody>()?;
    let meta = body.meta.read();
    let meta = meta.unwrap_or_else(std::sync::PoisonError::into_inner);
    map::get_keyword(&meta, key).cloned()
}

/// The name before the `!` of a result type such as `ReadError!Int`.
fn set_name(type_: &str) -> Option<Name> {
    let (set, rest) = type_.split_once('!')?;
    (!set.is_empty() && !rest.is_empty()).then(|| Name::parse(set))
}

/// The error set in the type of a function: `[A B -> Set!T]`.
fn declared_in(type_: &Value) -> Option<Name> {
    let result = match vector::len(type_) {
        Some(count) => vector::nth(type_, count.checked_sub(1)?)?.clone(),
        None => type_.clone(),
    };
    set_name(result.as_symbol()?.text())
}

/// The keyword of a reason: `:x` or `[:x …]`.
fn reason_keyword(reason: &Form) -> Option<(&Form, &Name)> {
    if let Some(name) = reason.as_keyword() {
        return Some((reason, name));
    }
    let first = reason.as_vector()?.first()?;
    Some((first, first.as_keyword()?))
}

impl Unit<'_> {
    /// The set that the type of a function's result names: of all its arities, or of one.
    pub(super) fn error_set_of_type(&self, type_: &Form) -> Option<ErrorSet> {
        let result = match &type_.kind {
            FormKind::Vector(items) => items.last()?,
            FormKind::List(_) if type_.is_call_to("quote") => {
                return self.error_set_of_type(type_.as_list()?.get(1)?);
            }
            _ => type_,
        };
        let name = set_name(&result.as_symbol()?.to_string())?;
        ErrorSet::find(&self.session.namespace(), &name)
    }

    /// `(error reason)` in a function that declares its errors.
    pub(super) fn check_error_member(&mut self, args: &[Form]) {
        let Some(set) = self.scopes.declared_errors().cloned() else {
            return;
        };
        let Some((form, member)) = args.first().and_then(reason_keyword) else {
            return;
        };
        if !set.has(&member.to_string()) {
            let hint = batuta_lang::suggest::did_you_mean(
                &member.to_string(),
                set.members.iter().map(|name| &**name),
            );
            let shown = messages::not_a_member(form.span, member, &set.name, &set.shown(), hint);
            self.errors.push(shown);
        }
    }

    /// The set that a call of a global declares.
    fn errors_of_call(&mut self, call: &Form) -> Option<ErrorSet> {
        let head = call.as_list()?.first()?;
        let name = head.as_symbol()?;
        if name.ns.is_none() && self.scopes.is_local(&name.name) {
            return None;
        }
        let Head::Global(var) = self.global_var(name, head.span) else {
            return None;
        };
        let by_type = meta_entry(&var.0, "type").and_then(|type_| declared_in(&type_));
        let declared = by_type.or_else(|| {
            let arglists = meta_entry(&var.0, "arglists")?;
            let first = list::as_list(&arglists)?.first().clone();
            declared_in(&map_of_meta(&first)?)
        })?;
        ErrorSet::find(&self.session.namespace(), &declared)
    }

    /// Warns of members of the value's error set that no clause takes.
    pub(super) fn warn_of_unhandled(&mut self, value: &Form, clauses: &[Clause]) {
        let Some(set) = self.errors_of_call(value) else {
            return;
        };
        let mut left = set.members.clone();
        for clause in clauses.iter().filter(|clause| clause.guard.is_none()) {
            if let Some(pattern) = clause.patterns.first() {
                left.retain(|member| !takes_error(pattern, member));
            }
        }
        if !left.is_empty() {
            let unhandled = ErrorSet {
                name: set.name,
                members: left,
            };
            let (name, shown) = (&unhandled.name, unhandled.shown());
            self.session
                .warn(messages::unhandled_errors(value.span, name, &shown));
        }
    }
}

fn map_of_meta(value: &Value) -> Option<Value> {
    let meta = batuta_runtime::collections::meta::meta(value);
    map::get_keyword(&meta, "type").cloned()
}

/// Does the pattern take `{:error member}`?
fn takes_error(pattern: &Pattern, member: &str) -> bool {
    match pattern {
        Pattern::Wild | Pattern::Bind(_) => true,
        Pattern::As(inner, _) => takes_error(inner, member),
        Pattern::Or(choices) => choices.iter().any(|choice| takes_error(choice, member)),
        Pattern::Map(entries) => entries.iter().all(|entry| match &entry.key {
            Key::Data(key) if key.is_keyword("error") => takes_reason(&entry.pattern, member),
            Key::Data(_) | Key::Computed(_) => false,
        }),
        Pattern::Literal(_)
        | Pattern::Pin(_)
        | Pattern::Type(..)
        | Pattern::Sequence { .. }
        | Pattern::Fault(..) => false,
    }
}

/// Does the pattern take the keyword as a reason, alone or first in a vector?
fn takes_reason(pattern: &Pattern, member: &str) -> bool {
    match pattern {
        Pattern::Wild | Pattern::Bind(_) => true,
        Pattern::As(inner, _) | Pattern::Type(_, inner) => takes_reason(inner, member),
        Pattern::Or(choices) => choices.iter().any(|choice| takes_reason(choice, member)),
        Pattern::Literal(form) => {
            let keyword = form.as_keyword().map(Name::to_string);
            keyword.as_deref() == Some(member)
        }
        Pattern::Sequence { items, .. } => items
            .first()
            .is_some_and(|first| takes_reason(first, member)),
        Pattern::Pin(_) | Pattern::Map(_) | Pattern::Fault(..) => false,
    }
}
