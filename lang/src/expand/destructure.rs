//! Binding forms: taking values apart as Clojure does, or matching them.
//!
//! A binding form that Clojure would reject (a literal, `{:k p}`, `~x`, a list pattern) is a pattern
//! and goes to `match`. `(x :: T)`, which the reader makes of `x :: T`, binds x and keeps the type
//! in its metadata.

use super::MacroContext;
use super::maker::Maker;
use crate::diagnostic::Diagnostic;
use crate::form::{Form, FormKind, Name};
use crate::messages::expand as messages;

/// Binding forms and the values for them.
pub(crate) type Bindings = Vec<(Form, Form)>;

/// The pairs of a binding vector.
pub(crate) fn pairs(owner: &str, vector: &Form) -> Result<Bindings, Diagnostic> {
    let Some(items) = vector.as_vector() else {
        return Err(messages::needs_binding_vector(owner, vector));
    };
    if !items.len().is_multiple_of(2) {
        return Err(messages::odd_bindings(owner, vector, items));
    }
    Ok(items
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect())
}

/// The symbol, with its type in the metadata, of a form that needs no taking apart.
pub(crate) fn plain_binder(form: &Form) -> Option<Form> {
    match &form.kind {
        FormKind::Symbol(name) if name.ns.is_none() && !form.is_sym("&") => Some(form.clone()),
        FormKind::List(items) => match &items[..] {
            [binder, colons, type_ @ ..] if colons.is_word("::") && !type_.is_empty() => {
                Some(ascribed(plain_binder(binder)?, type_))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The form with its type, capability included, in the metadata.
fn ascribed(form: Form, type_: &[Form]) -> Form {
    let key = Form::keyword(form.span, "type");
    let type_ = match type_ {
        [only] => only.clone(),
        several => Form::list(several[0].span, several.to_vec()),
    };
    form.with_meta_entry(key, type_)
}

/// True for a binding form that is a pattern.
pub(crate) fn is_pattern(form: &Form) -> bool {
    match &form.kind {
        FormKind::Symbol(name) => name.ns.is_some(),
        FormKind::Vector(items) => is_vector_pattern(items),
        FormKind::Map(entries) => entries.iter().any(|(key, _)| match &key.kind {
            FormKind::Keyword(name) => !is_map_directive(name),
            FormKind::Symbol(_) | FormKind::Vector(_) | FormKind::Map(_) => is_pattern(key),
            _ => plain_binder(key).is_none(),
        }),
        FormKind::List(items) => match &items[..] {
            [inner, colons, ..] if colons.is_word("::") => is_pattern(inner),
            _ => true,
        },
        _ => true,
    }
}

fn is_vector_pattern(items: &[Form]) -> bool {
    let mut place = 0;
    while let Some(item) = items.get(place) {
        if item.is_keyword("as") {
            place += 1;
        } else if is_pattern(item) {
            return true;
        }
        place += 1;
    }
    false
}

/// `:keys`, `:ns/keys` and their like, `:or`, `:as`.
fn is_map_directive(name: &Name) -> bool {
    match &*name.name {
        "keys" | "syms" | "strs" => true,
        "or" | "as" => name.ns.is_none(),
        _ => false,
    }
}

/// The body with all bindings made around it.
pub(crate) fn bind_all(
    bindings: Bindings,
    body: Form,
    make: Maker,
    cx: &mut MacroContext<'_>,
) -> Result<Form, Diagnostic> {
    enum Step {
        Let(Vec<Form>),
        Match { value: Form, pattern: Form },
    }
    let mut steps: Vec<Step> = Vec::new();
    for (form, value) in bindings {
        if is_pattern(&form) {
            steps.push(Step::Match {
                value,
                pattern: form,
            });
            continue;
        }
        if !matches!(steps.last(), Some(Step::Let(_))) {
            steps.push(Step::Let(Vec::new()));
        }
        if let Some(Step::Let(out)) = steps.last_mut() {
            Destructuring { make, cx, out }.bind(&form, value)?;
        }
    }
    Ok(steps.into_iter().rev().fold(body, |body, step| match step {
        Step::Let(names) => make.let_(names, body),
        Step::Match { value, pattern } => {
            make.special("match", [value, pattern, make.sym("->"), body])
        }
    }))
}

/// Turns binding forms into bindings of plain names.
struct Destructuring<'a, 'cx> {
    make: Maker,
    cx: &'a mut MacroContext<'cx>,
    /// Name, value, name, value …
    out: &'a mut Vec<Form>,
}

impl Destructuring<'_, '_> {
    fn push(&mut self, name: Form, value: Form) {
        self.out.push(name);
        self.out.push(value);
    }

    /// A fresh local for a value.
    fn keep(&mut self, prefix: &str, value: Form) -> Form {
        let name = self.make.fresh(prefix, self.cx);
        self.push(name.clone(), value);
        name
    }

    fn bind(&mut self, form: &Form, value: Form) -> Result<(), Diagnostic> {
        if let Some(name) = plain_binder(form) {
            self.push(name, value);
            return Ok(());
        }
        match &form.kind {
            FormKind::Vector(items) => self.bind_vector(form, items, value),
            FormKind::Map(entries) => self.bind_map(entries, value),
            FormKind::List(items) if items.len() >= 3 => self.bind(&items[0], value),
            _ => Err(messages::cannot_bind(form)),
        }
    }

    fn bind_vector(&mut self, form: &Form, items: &[Form], value: Form) -> Result<(), Diagnostic> {
        let all = self.keep("vec", value);
        let (items, whole) = match items {
            [items @ .., as_, whole] if as_.is_keyword("as") => (items, Some(whole)),
            _ => (items, None),
        };
        let (fixed, rest) = match items.iter().position(|item| item.is_word("&")) {
            None => (items, None),
            Some(place) => match &items[place + 1..] {
                [rest] => (&items[..place], Some(rest)),
                _ => return Err(messages::one_form_after_ampersand(&items[place], form)),
            },
        };
        match rest {
            None => self.bind_by_place(fixed, &all)?,
            Some(rest) => self.bind_in_turn(fixed, rest, &all)?,
        }
        match whole {
            Some(whole) => self.bind(whole, all),
            None => Ok(()),
        }
    }

    fn bind_by_place(&mut self, items: &[Form], all: &Form) -> Result<(), Diagnostic> {
        let make = self.make;
        for (place, item) in items.iter().enumerate() {
            let place = Form::int(make.span, place as i64);
            self.bind(item, make.core("nth", [all.clone(), place, make.nil()]))?;
        }
        Ok(())
    }

    fn bind_in_turn(&mut self, items: &[Form], rest: &Form, all: &Form) -> Result<(), Diagnostic> {
        let make = self.make;
        let mut left = self.keep("seq", make.core("seq", [all.clone()]));
        for item in items {
            self.bind(item, make.core("first", [left.clone()]))?;
            left = self.keep("seq", make.core("next", [left]));
        }
        self.bind(rest, left)
    }

    fn bind_map(&mut self, entries: &[(Form, Form)], value: Form) -> Result<(), Diagnostic> {
        let make = self.make;
        let given = self.keep("map", value);
        // Keyword arguments come as a sequence.
        let is_seq = make.core("seq?", [given.clone()]);
        let as_map = make.core("seq-to-map*", [given.clone()]);
        let map = self.keep("map", make.if_(is_seq, as_map, given));
        let find = |directive: &str| {
            let mut all = entries.iter();
            all.find_map(|(key, value)| key.is_keyword(directive).then_some(value))
        };
        if let Some(whole) = find("as") {
            self.bind(whole, map.clone())?;
        }
        let defaults = match find("or") {
            None => &[],
            Some(form) => form.as_map().ok_or_else(|| messages::or_needs_map(form))?,
        };
        for (key, value) in entries {
            match &key.kind {
                FormKind::Keyword(name) if matches!(&*name.name, "or" | "as") => {}
                FormKind::Keyword(name) => self.bind_listed(name, value, &map, defaults)?,
                _ => {
                    let default = plain_binder(key).and_then(|name| default_of(&name, defaults));
                    self.bind(key, lookup(make, &map, value.clone(), default))?;
                }
            }
        }
        Ok(())
    }

    /// `:keys [a b]`, `:ns/keys`, `:strs`, `:syms`.
    fn bind_listed(
        &mut self,
        directive: &Name,
        names: &Form,
        map: &Form,
        defaults: &[(Form, Form)],
    ) -> Result<(), Diagnostic> {
        let make = self.make;
        let wrong = || messages::keys_needs_names(directive, names);
        for item in names.as_vector().ok_or_else(wrong)? {
            let binder = plain_binder(item).unwrap_or_else(|| item.clone());
            let (FormKind::Symbol(name) | FormKind::Keyword(name)) = &binder.kind else {
                return Err(wrong());
            };
            let local = Form {
                kind: FormKind::Symbol(Name::new(name.name.clone())),
                span: binder.span,
                meta: binder.meta.clone(),
            };
            let key = Name {
                ns: name.ns.clone().or_else(|| directive.ns.clone()),
                name: name.name.clone(),
            };
            let key = match &*directive.name {
                "keys" => Form::new(item.span, FormKind::Keyword(key)),
                "syms" => make.quote(Form::symbol(item.span, key)),
                _ => Form::str(item.span, key.to_string()),
            };
            let default = default_of(&local, defaults);
            self.push(local, lookup(make, map, key, default));
        }
        Ok(())
    }
}

fn default_of(name: &Form, defaults: &[(Form, Form)]) -> Option<Form> {
    defaults
        .iter()
        .find_map(|(key, value)| (key == name).then(|| value.clone()))
}

fn lookup(make: Maker, map: &Form, key: Form, default: Option<Form>) -> Form {
    match default {
        None => make.core("get", [map.clone(), key]),
        Some(default) => make.core("get", [map.clone(), key, default]),
    }
}
