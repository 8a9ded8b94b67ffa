//! `def`: at top level, where a function is installed without running code, and elsewhere.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind};
use batuta_lang::source::Span;
use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::namespace::{self, CORE};
use batuta_runtime::value::Value;

use super::TopLevel;
use super::unit::{Ctx, Head, Unit, core, nil};
use crate::core_tree::{Core, CoreKind, VarRef};
use crate::messages;
use crate::resolve::{self, Special};

/// A `def` form taken apart.
struct DefParts<'f> {
    name: &'f Arc<str>,
    symbol: &'f Form,
    doc: Option<&'f Form>,
    value: Option<&'f Form>,
}

/// The name that a top-level form looks to define: `(def… name …)`.
pub(super) fn announced_name(form: &Form) -> Option<Arc<str>> {
    let items = form.as_list()?;
    let head = items.first()?.as_symbol()?;
    let defines = head.name.starts_with("def") && !matches!(&*head.name, "defmethod" | "default");
    if !defines || &*head.name == "defmacro" {
        return None;
    }
    items.get(1)?.as_plain_symbol().cloned()
}

impl Unit<'_> {
    pub(super) fn top_level_def(&mut self, form: &Form, args: &[Form]) -> TopLevel {
        if let Some(parts) = self.def_parts(form, args) {
            let var = self.define_name(&parts);
            if let Some(value) = parts.value {
                let value = self.expand_head(value);
                if let Some(define) = self.function_definition(&var, &parts, &value) {
                    return define;
                }
                self.session.set_signature(&var.0, None);
                let value = self.expr(&value, Ctx::top_level());
                return self.thunk(CoreKind::Def(var, Some(Box::new(value))), form.span);
            }
            return self.thunk(CoreKind::Def(var, None), form.span);
        }
        TopLevel::Forms(Vec::new())
    }

    fn thunk(&mut self, kind: CoreKind, span: Span) -> TopLevel {
        TopLevel::Thunk(Arc::new(self.finish_thunk(core(kind, span), span)))
    }

    fn function_definition(
        &mut self,
        var: &VarRef,
        parts: &DefParts<'_>,
        value: &Form,
    ) -> Option<TopLevel> {
        let items = value.as_list()?;
        let head = items.first()?.as_symbol()?;
        if !matches!(self.head(head, items[0].span), Head::Special(Special::Fn)) {
            return None;
        }
        let fn_parts = self.fn_parts(value, &items[1..])?;
        let is_macro = parts.symbol.has_meta_flag("macro");
        self.session
            .set_signature(&var.0, (!is_macro).then(|| fn_parts.signature()));
        // Under its own name the function is reached through its var, so that a new definition
        // is seen by the old one's calls.
        let self_name = fn_parts.name.filter(|name| *name != parts.name).cloned();
        let fn_parts = fn_parts.named(parts.name);
        let mut function = self.function(value, &fn_parts, self_name, Ctx::top_level());
        function.is_top_level = true;
        Some(TopLevel::Define {
            var: var.clone(),
            function: Arc::new(function),
            is_macro,
        })
    }

    /// A `def` inside another form.
    pub(super) fn inner_def(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let Some(parts) = self.def_parts(form, args) else {
            return nil(form.span);
        };
        let var = self.define_name(&parts);
        self.session.set_signature(&var.0, None);
        let value = parts
            .value
            .map(|value| Box::new(self.expr(value, ctx.value())));
        core(CoreKind::Def(var, value), form.span)
    }

    fn def_parts<'f>(&mut self, form: &Form, args: &'f [Form]) -> Option<DefParts<'f>> {
        let wanted = match args.first().map(|name| (name, name.as_symbol())) {
            Some((symbol, Some(written))) => {
                let namespace = self.session.namespace();
                let is_here = written
                    .ns
                    .as_deref()
                    .is_none_or(|ns| namespace::canonical(ns) == &*namespace);
                let (doc, value) = match args {
                    [_] => (None, None),
                    [_, value] => (None, Some(value)),
                    [_, doc, value] if doc.as_str().is_some() => (Some(doc), Some(value)),
                    _ => (None, None),
                };
                if is_here && (value.is_some() || args.len() == 1) {
                    return Some(DefParts {
                        name: &written.name,
                        symbol,
                        doc,
                        value,
                    });
                }
                if is_here {
                    "it wants a name, perhaps a doc string, and one value"
                } else {
                    "a name can only be defined in the current namespace"
                }
            }
            Some(_) | None => "it wants a name",
        };
        self.fail(messages::malformed(form.span, "def", wanted));
        None
    }

    /// Makes the var with its flags and metadata.
    fn define_name(&mut self, parts: &DefParts<'_>) -> VarRef {
        let namespace = self.session.namespace();
        self.warn_of_hiding(parts, &namespace);
        let var = namespace::intern(&namespace, parts.name);
        namespace::declare(&var);
        let meta = self.def_meta(parts);
        if let Some(body) = var.as_object::<VarBody>() {
            for (key, flag) in [
                ("dynamic", var_flags::DYNAMIC),
                ("private", var_flags::PRIVATE),
            ] {
                if parts.symbol.has_meta_flag(key) {
                    body.set(flag);
                }
            }
            if !meta.is_nil() {
                meta.publish();
                *body
                    .meta
                    .write()
                    .unwrap_or_else(std::sync::PoisonError::into_inner) = meta;
            }
        }
        VarRef(var)
    }

    fn warn_of_hiding(&mut self, parts: &DefParts<'_>, namespace: &str) {
        let hides = !resolve::is_library(namespace)
            && resolve::is_clojure_name(parts.name)
            && namespace::find(namespace, parts.name).is_none()
            && namespace::find(CORE, parts.name).is_some();
        if hides {
            let span = parts.symbol.span;
            self.session
                .warn(messages::shadows_clojure(span, parts.name));
        }
    }

    fn def_meta(&mut self, parts: &DefParts<'_>) -> Value {
        let written = parts
            .symbol
            .meta
            .as_deref()
            .and_then(Form::as_map)
            .unwrap_or_default();
        let mut entries: Vec<(Form, Form)> = written
            .iter()
            .map(|(key, value)| (key.clone(), unquoted(value)))
            .collect();
        if let Some(doc) = parts.doc {
            entries.retain(|(key, _)| !key.is_keyword("doc"));
            entries.push((Form::keyword(doc.span, "doc"), doc.clone()));
        }
        if entries.is_empty() {
            return Value::NIL;
        }
        let span = parts.symbol.span;
        self.constant_of(&Form::map(span, entries), span)
    }
}

/// Metadata is data: a quote in it is only spelling.
fn unquoted(form: &Form) -> Form {
    match &form.kind {
        FormKind::List(items) if items.len() == 2 && form.is_call_to("quote") => items[1].clone(),
        _ => form.clone(),
    }
}
