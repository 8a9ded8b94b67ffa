//! `def`: at top level, where a function is installed without running code, and elsewhere.

use std::sync::Arc;

use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::namespace::{self, CORE};
use batuta_runtime::value::Value;

use super::TopLevel;
use super::literal::without_quotes;
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
            let (var, meta) = self.define_name(&parts);
            let Some(value) = parts.value else {
                return self.definition(core(CoreKind::Def(var, None), form.span), meta);
            };
            let value = self.expand_head(value);
            if meta.is_none()
                && let Some(define) = self.function_definition(&var, &parts, &value)
            {
                return define;
            }
            self.session.set_signature(&var.0, None);
            let value = self.value_of(&var.0, |unit| unit.expr(&value, Ctx::top_level()));
            let definition = core(CoreKind::Def(var, Some(Box::new(value))), form.span);
            return self.definition(definition, meta);
        }
        TopLevel::Forms(Vec::new())
    }

    fn definition(&mut self, definition: Core, meta: Option<Form>) -> TopLevel {
        let span = definition.span;
        let body = self.with_meta(definition, meta, Ctx::top_level());
        TopLevel::Thunk(Arc::new(self.finish_thunk(body, span)))
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
        let mut function =
            self.lasting(|unit| unit.function(value, &fn_parts, self_name, Ctx::top_level()));
        function.is_top_level = true;
        Some(TopLevel::Define {
            var: var.clone(),
            function: Arc::new(function),
            is_macro,
        })
    }

    /// Analyses code that lives for ever.
    fn lasting<T>(&mut self, analyze: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.is_lasting, true);
        let analyzed = analyze(self);
        self.is_lasting = before;
        analyzed
    }

    /// Analyses what a var is to hold. What it holds first lives for ever.
    pub(super) fn value_of<T>(&mut self, var: &Value, analyze: impl FnOnce(&mut Self) -> T) -> T {
        let body = var.as_object::<VarBody>();
        match body.is_some_and(|body| !body.is_bound()) {
            true => self.lasting(analyze),
            false => analyze(self),
        }
    }

    /// A `def` inside another form.
    pub(super) fn inner_def(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let Some(parts) = self.def_parts(form, args) else {
            return nil(form.span);
        };
        let (var, meta) = self.define_name(&parts);
        self.session.set_signature(&var.0, None);
        if parts.symbol.has_meta_flag("macro")
            && self.is_certain(ctx)
            && self.define_macro_now(&var, &parts)
        {
            return core(CoreKind::Var(var), form.span);
        }
        let value = parts
            .value
            .map(|value| Box::new(self.expr(value, ctx.value())));
        let definition = core(CoreKind::Def(var, value), form.span);
        self.with_meta(definition, meta, ctx)
    }

    /// A macro inside another form is there before what stands behind it is looked at, unless it
    /// needs locals from around it.
    fn define_macro_now(&mut self, var: &VarRef, parts: &DefParts<'_>) -> bool {
        let Some(value) = parts.value.map(|value| self.expand_head(value)) else {
            return false;
        };
        let core = self.expr(&value, Ctx::top_level());
        match core.kind {
            CoreKind::Fn(function) if function.captures.is_empty() => {
                self.host.define_macro(var, &function);
                true
            }
            _ => false,
        }
    }

    /// The definition, and then the metadata that must be computed.
    fn with_meta(&mut self, definition: Core, meta: Option<Form>, ctx: Ctx) -> Core {
        let Some(meta) = meta else { return definition };
        let span = definition.span;
        let meta = self.expr(&meta, ctx.value());
        self.core_call("add-meta*", vec![definition, meta], span)
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

    /// Makes the var with its flags, and with the metadata that is constant; the rest is given
    /// back.
    fn define_name(&mut self, parts: &DefParts<'_>) -> (VarRef, Option<Form>) {
        let namespace = self.session.namespace();
        self.warn_of_hiding(parts, &namespace);
        let var = namespace::intern(&namespace, parts.name);
        namespace::declare(&var);
        let (constant, computed) = self.def_meta(parts);
        if let Some(body) = var.as_object::<VarBody>() {
            for (key, flag) in [
                ("dynamic", var_flags::DYNAMIC),
                ("private", var_flags::PRIVATE),
            ] {
                body.put(flag, parts.symbol.has_meta_flag(key));
            }
            body.set_meta(constant);
        }
        (VarRef(var), computed)
    }

    fn warn_of_hiding(&mut self, parts: &DefParts<'_>, namespace: &str) {
        let hides = !resolve::is_library(namespace)
            && !namespace::is_hidden(namespace, parts.name)
            && resolve::is_clojure_name(parts.name)
            && namespace::find(namespace, parts.name).is_none()
            && namespace::find(CORE, parts.name).is_some();
        if hides {
            let span = parts.symbol.span;
            self.session
                .warn(messages::shadows_clojure(span, parts.name));
        }
    }

    /// What is constant, and a map form of what must be computed.
    fn def_meta(&mut self, parts: &DefParts<'_>) -> (Value, Option<Form>) {
        let span = parts.symbol.span;
        let written = parts
            .symbol
            .meta
            .as_deref()
            .and_then(Form::as_map)
            .unwrap_or_default();
        let mut constant = Vec::new();
        let mut computed = Vec::new();
        for (key, value) in written {
            // A type is no more than its name.
            let data = match key.is_keyword("tag") {
                true => Some(value.clone()),
                false => without_quotes(value),
            };
            match data {
                Some(data) => constant.push((key.clone(), data)),
                None => computed.push((key.clone(), value.clone())),
            }
        }
        if let Some(doc) = parts.doc {
            constant.retain(|(key, _)| !key.is_keyword("doc"));
            constant.push((Form::keyword(doc.span, "doc"), doc.clone()));
        }
        constant.extend(place_of(span));
        let computed = (!computed.is_empty()).then(|| Form::map(span, computed));
        (self.constant_of(&Form::map(span, constant), span), computed)
    }
}

/// `:file`, `:line` and `:column` of a definition.
fn place_of(span: Span) -> Vec<(Form, Form)> {
    if span.is_none() {
        return Vec::new();
    }
    let sources = crate::session::sources();
    let (line, column) = sources.line_col(span);
    let number = |n: u32| Form::int(span, i64::from(n));
    vec![
        (
            Form::keyword(span, "file"),
            Form::str(span, sources.name(span.source)),
        ),
        (Form::keyword(span, "line"), number(line)),
        (Form::keyword(span, "column"), number(column)),
    ]
}
