//! Templates as `read-string` gives them: the form that Clojure's reader makes, call for call.
//!
//! The compiler takes the shorter way of the parent module; both build the same data. What a
//! template comes to is several times its size and depth, so both are bounded here: the text may
//! come from anyone.

use std::collections::HashMap;
use std::sync::Arc;

use super::{SYNTAX_QUOTE, marked};
use crate::diagnostic::Diagnostic;
use crate::expand::hygiene::{Gensyms, stays_bare};
use crate::form::{Form, FormKind, NESTING_MAX, Name};
use crate::messages::expand as messages;

/// How many templates may stand inside each other.
const TEMPLATES_MAX: usize = 3;

/// The form with every template in it replaced by the calls that build what it describes.
/// `resolve` says what a symbol means in the current namespace.
///
/// # Errors
/// `~@` where there is nothing to splice into; templates that nest too deep.
pub fn expand_as_data(
    form: &Form,
    resolve: &mut dyn FnMut(&Name) -> Name,
    gensyms: &Gensyms,
) -> Result<Form, Diagnostic> {
    expand(form, resolve, gensyms, 0)
}

/// `around` is the number of templates the form stands in.
fn expand(
    form: &Form,
    resolve: &mut dyn FnMut(&Name) -> Name,
    gensyms: &Gensyms,
    around: usize,
) -> Result<Form, Diagnostic> {
    if let Some(template) = marked(form, SYNTAX_QUOTE) {
        if around == TEMPLATES_MAX {
            return Err(messages::templates_too_deep(form, TEMPLATES_MAX));
        }
        let inner = expand(template, resolve, gensyms, around + 1)?;
        if depth(&inner) > NESTING_MAX {
            return Err(messages::templates_too_deep(form, TEMPLATES_MAX));
        }
        let mut template = Template {
            resolve,
            gensyms,
            fresh: HashMap::new(),
        };
        return template.built(&inner);
    }
    let mut all = |forms: &[Form]| -> Result<Arc<[Form]>, Diagnostic> {
        let expanded = forms
            .iter()
            .map(|form| expand(form, resolve, gensyms, around));
        expanded.collect()
    };
    let kind = match &form.kind {
        FormKind::List(items) => FormKind::List(all(items)?),
        FormKind::Vector(items) => FormKind::Vector(all(items)?),
        FormKind::Set(items) => FormKind::Set(all(items)?),
        FormKind::Map(entries) => {
            let mut pairs = Vec::with_capacity(entries.len());
            for (key, value) in entries.iter() {
                let key = expand(key, resolve, gensyms, around)?;
                pairs.push((key, expand(value, resolve, gensyms, around)?));
            }
            FormKind::Map(pairs.into())
        }
        FormKind::Tagged(tag, inner) => {
            let inner = expand(inner, resolve, gensyms, around)?;
            FormKind::Tagged(tag.clone(), Arc::new(inner))
        }
        _ => return Ok(form.clone()),
    };
    let made = Form::new(form.span, kind);
    Ok(made.with_meta(form.meta.clone()))
}

/// How deep a form nests.
fn depth(form: &Form) -> usize {
    let deepest = |forms: &[Form]| forms.iter().map(depth).max().unwrap_or(0);
    match &form.kind {
        FormKind::List(items) | FormKind::Vector(items) | FormKind::Set(items) => {
            1 + deepest(items)
        }
        FormKind::Map(entries) => {
            let inside = entries
                .iter()
                .map(|(key, value)| depth(key).max(depth(value)));
            1 + inside.max().unwrap_or(0)
        }
        FormKind::Tagged(_, inner) => 1 + depth(inner),
        _ => 0,
    }
}

struct Template<'a> {
    resolve: &'a mut dyn FnMut(&Name) -> Name,
    gensyms: &'a Gensyms,
    fresh: HashMap<Arc<str>, Name>,
}

impl Template<'_> {
    fn built(&mut self, form: &Form) -> Result<Form, Diagnostic> {
        if let Some(unquoted) = marked(form, "unquote") {
            return Ok(unquoted.clone());
        }
        if marked(form, "unquote-splicing").is_some() {
            return Err(messages::splice_outside_sequence(form));
        }
        Ok(match &form.kind {
            FormKind::Symbol(name) => {
                let name = self.symbol(name);
                quoted(Form::symbol(form.span, name))
            }
            FormKind::List(items) if items.is_empty() => call(form, "list", []),
            FormKind::List(items) => self.sequence(form, items)?,
            FormKind::Vector(items) => self.applied(form, "vector", items)?,
            FormKind::Set(items) => self.applied(form, "hash-set", items)?,
            FormKind::Map(entries) => {
                let flat = entries.iter().flat_map(|(k, v)| [k.clone(), v.clone()]);
                self.applied(form, "hash-map", &flat.collect::<Vec<_>>())?
            }
            FormKind::Nil | FormKind::Bool(_) | FormKind::Tagged(..) => quoted(form.clone()),
            _ => form.clone(),
        })
    }

    fn symbol(&mut self, name: &Name) -> Name {
        if stays_bare(name) {
            return name.clone();
        }
        match name.name.strip_suffix('#') {
            Some(prefix) if name.ns.is_none() && !prefix.is_empty() => {
                let gensyms = self.gensyms;
                let make = || gensyms.fresh(&format!("{prefix}__auto"));
                self.fresh
                    .entry(name.name.clone())
                    .or_insert_with(make)
                    .clone()
            }
            _ => (self.resolve)(name),
        }
    }

    /// `(seq (concat (list a) more …))`
    fn sequence(&mut self, form: &Form, items: &[Form]) -> Result<Form, Diagnostic> {
        let mut parts = vec![core_name(form, "concat")];
        for item in items {
            parts.push(match marked(item, "unquote-splicing") {
                Some(spliced) => spliced.clone(),
                None => {
                    let item = self.built(item)?;
                    call(form, "list", [item])
                }
            });
        }
        Ok(call(form, "seq", [Form::list(form.span, parts)]))
    }

    fn applied(&mut self, form: &Form, maker: &str, items: &[Form]) -> Result<Form, Diagnostic> {
        let items = self.sequence(form, items)?;
        Ok(call(form, "apply", [core_name(form, maker), items]))
    }
}

fn core_name(form: &Form, name: &str) -> Form {
    Form::symbol(form.span, Name::qualified("clojure.core", name))
}

fn call<const N: usize>(form: &Form, function: &str, args: [Form; N]) -> Form {
    let head = std::iter::once(core_name(form, function));
    Form::list(form.span, head.chain(args).collect::<Vec<_>>())
}

fn quoted(form: Form) -> Form {
    let quote = Form::sym(form.span, "quote");
    Form::list(form.span, [quote, form])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{ReadOptions, read};
    use crate::source::SourceId;

    fn expanded(text: &str) -> Result<Form, Diagnostic> {
        let (forms, errors) = read(SourceId::NONE, text, &ReadOptions::default());
        assert!(errors.is_empty(), "{text}: {errors:?}");
        expand_as_data(&forms[0], &mut Clone::clone, &Gensyms::new())
    }

    #[test]
    fn what_templates_come_to_is_bounded() {
        let nested = |quotes: usize, brackets: usize| {
            let (open, close) = ("[".repeat(brackets), "]".repeat(brackets));
            expanded(&format!("{}{open}{close}", "`".repeat(quotes)))
        };
        assert!(nested(3, 1).is_ok());
        assert!(nested(1, 900).is_ok());
        for (quotes, brackets) in [(4, 1), (900, 1), (3, 900)] {
            let error = nested(quotes, brackets).expect_err("it is too deep");
            assert_eq!(error.code, "expand::templates");
        }
    }
}
