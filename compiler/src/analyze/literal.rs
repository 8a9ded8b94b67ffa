//! Literals: constants made once, collections made where their elements are computed.

use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;
use batuta_runtime::value::form::{FormSpans, from_form};

use super::unit::{Ctx, Unit, constant_value};
use crate::core_tree::Core;
use crate::messages;

impl Unit<'_> {
    /// The form itself as a value.
    pub(crate) fn constant(&mut self, form: &Form) -> Core {
        let value = self.constant_of(form, form.span);
        constant_value(value, form.span)
    }

    /// The value of a form as data, published.
    pub(crate) fn constant_of(&mut self, form: &Form, span: Span) -> Value {
        match from_form(form, &mut FormSpans::new()) {
            Ok(value) => {
                match self.is_lasting {
                    true => value.publish_for_good(),
                    false => value.publish(),
                }
                value
            }
            Err(fault) => {
                self.fail(messages::bad_literal(span, fault.message));
                Value::NIL
            }
        }
    }

    /// `#tag form`: the literal of a type that the program defines is made when it is reached.
    pub(crate) fn tagged(&mut self, form: &Form, tag: &Name, inner: &Form) -> Core {
        if !names_type(tag) {
            return self.constant(form);
        }
        let tag = self.constant(&Form::symbol(form.span, tag.clone()));
        let inner = self.constant(inner);
        self.core_call("record-literal*", vec![tag, inner], form.span)
    }

    pub(crate) fn quote(&mut self, form: &Form, args: &[Form]) -> Core {
        let [quoted] = args else {
            return self.fail(messages::malformed(form.span, "quote", "it wants one form"));
        };
        self.constant(quoted)
    }

    /// `[…]`, `{…}`, `#{…}`.
    pub(crate) fn collection(&mut self, form: &Form, ctx: Ctx) -> Core {
        let (maker, elements): (&str, Vec<Form>) = match &form.kind {
            FormKind::Vector(items) => ("vector", items.to_vec()),
            FormKind::Set(items) => ("hash-set", items.to_vec()),
            FormKind::Map(entries) => {
                let flat = entries
                    .iter()
                    .flat_map(|(key, value)| [key.clone(), value.clone()]);
                ("hash-map", flat.collect())
            }
            _ => return self.constant(form),
        };
        let collection = match without_quotes(&form.clone().with_meta(None)) {
            Some(data) => self.constant(&data),
            None => {
                let arguments = self.exprs(&elements, ctx);
                self.core_call(maker, arguments, form.span)
            }
        };
        self.with_written_meta(collection, form, ctx)
    }

    fn with_written_meta(&mut self, collection: Core, form: &Form, ctx: Ctx) -> Core {
        let Some(meta) = &form.meta else {
            return collection;
        };
        if namespace::find(namespace::CORE, "with-meta").is_none() {
            return collection;
        }
        let meta = self.expr(meta, ctx.value());
        self.core_call("with-meta", vec![collection, meta], form.span)
    }
}

/// Is the tag the name of a type of a program, with its namespace and a dot before it?
fn names_type(tag: &Name) -> bool {
    tag.ns.is_none() && tag.name.contains('.')
}

/// The form as data if all of it is constant, with quotes taken off; `None` if something in it
/// must be evaluated.
pub(super) fn without_quotes(form: &Form) -> Option<Form> {
    let all = |items: &[Form]| items.iter().map(without_quotes).collect::<Option<Vec<_>>>();
    let kind = match &form.kind {
        FormKind::Symbol(_) => return None,
        FormKind::List(items) if form.is_call_to("quote") && items.len() == 2 => {
            return Some(items[1].clone());
        }
        FormKind::List(items) if items.is_empty() => return Some(form.clone()),
        FormKind::List(_) => return None,
        // An element with metadata of its own is made where it stands.
        FormKind::Vector(_) | FormKind::Map(_) | FormKind::Set(_) if form.meta.is_some() => {
            return None;
        }
        FormKind::Vector(items) => FormKind::Vector(all(items)?.into()),
        FormKind::Set(items) => FormKind::Set(all(items)?.into()),
        FormKind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| Some((without_quotes(key)?, without_quotes(value)?)));
            FormKind::Map(entries.collect::<Option<Vec<_>>>()?.into())
        }
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
        | FormKind::Regex(_) => return Some(form.clone()),
        FormKind::Tagged(tag, _) if names_type(tag) => return None,
        FormKind::Tagged(..) => return Some(form.clone()),
    };
    Some(Form::new(form.span, kind))
}
