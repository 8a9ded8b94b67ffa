//! `fn*` and `letfn*`.
//!
//! `(fn* name? [params] body…)` or `(fn* name? ([params] body…)…)`; parameters are plain symbols
//! and `& rest`: destructuring was the macros' work.

use std::sync::Arc;

use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::function::Arities;

use super::Signature;
use super::scope::{FnKind, FnScope};
use super::unit::{Ctx, RecurCtx, Unit, core, nil};
use crate::core_tree::{Core, CoreArity, CoreFunction, CoreKind, LocalId};
use crate::messages;

/// Metadata key of `fn*` forms that a construct made for its body; the value names it.
const GENERATED: &str = "thunk";

/// Metadata key of `fn*` forms without a name of their own; the value is what people call them.
const LABEL: &str = "label";

/// Metadata key of `fn*` forms whose type is declared for all arities.
const TYPE: &str = "type";

/// A `fn*` form taken apart.
pub(crate) struct FnParts<'f> {
    pub(crate) name: Option<&'f Arc<str>>,
    arities: Vec<ArityParts<'f>>,
}

struct ArityParts<'f> {
    params: Vec<&'f Arc<str>>,
    rest: Option<&'f Arc<str>>,
    body: &'f [Form],
    span: Span,
    /// `[params] :: type`
    result_type: Option<&'f Form>,
    /// `x :: type`, by parameter.
    param_types: Vec<Option<&'f Form>>,
}

impl<'f> FnParts<'f> {
    /// The same function under another name for people.
    pub(crate) fn named(self, name: &'f Arc<str>) -> FnParts<'f> {
        FnParts {
            name: Some(name),
            ..self
        }
    }

    /// Which arguments the function takes.
    pub(crate) fn signature(&self) -> Signature {
        let fixed = self.arities.iter().filter(|arity| arity.rest.is_none());
        let mut fixed: Vec<usize> = fixed.map(|arity| arity.params.len()).collect();
        fixed.sort_unstable();
        let variadic = self.arities.iter().find(|arity| arity.rest.is_some());
        Signature {
            arities: Arities {
                fixed,
                variadic: variadic.map(|arity| arity.params.len()),
            },
            arglists: self.arglists(),
        }
    }

    fn arglists(&self) -> String {
        let lists = self.arities.iter().map(|arity| {
            let mut names: Vec<&str> = arity.params.iter().map(|name| &***name).collect();
            if let Some(rest) = arity.rest {
                names.extend(["&", rest]);
            }
            format!("`[{}]`", names.join(" "))
        });
        lists.collect::<Vec<_>>().join(" or ")
    }
}

impl Unit<'_> {
    pub(crate) fn fn_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let Some(parts) = self.fn_parts(form, args) else {
            return nil(form.span);
        };
        let function = self.function(form, &parts, parts.name.cloned(), ctx);
        core(CoreKind::Fn(Arc::new(function)), form.span)
    }

    /// `self_name` is what the function can call itself by.
    pub(crate) fn function(
        &mut self,
        form: &Form,
        parts: &FnParts<'_>,
        self_name: Option<Arc<str>>,
        ctx: Ctx,
    ) -> CoreFunction {
        let label = form.meta_value(LABEL).and_then(Form::as_keyword);
        let label = label.map_or("fn", |label| &label.name);
        let short = parts.name.map_or(label, |name| name);
        let name = format!("{}/{short}", self.scopes.current().name);
        let kind = match form.meta_value(GENERATED).and_then(Form::as_keyword) {
            Some(construct) => FnKind::Generated(construct.name.clone()),
            None => FnKind::Written,
        };
        let errors = form
            .meta_value(TYPE)
            .and_then(|type_| self.error_set_of_type(type_));
        self.scopes.push(FnScope::new(name.into(), kind, self_name));
        self.scopes.current().errors = errors;
        let arities = parts
            .arities
            .iter()
            .map(|arity| CoreArity {
                declared: declared_types(form.meta_value(TYPE), arity),
                ..self.arity(arity, ctx)
            })
            .collect();
        self.scopes.pop().finish(form.span, arities)
    }

    fn arity(&mut self, parts: &ArityParts<'_>, ctx: Ctx) -> CoreArity {
        let mark = self.scopes.current().mark();
        let params: Vec<LocalId> = parts.params.iter().map(|name| self.bind(name)).collect();
        let rest = parts.rest.map(|name| self.bind(name));
        let inside = Ctx {
            recur: RecurCtx::Function {
                count: params.len() + usize::from(rest.is_some()),
            },
            actor: None,
            guard: false,
            ..ctx
        };
        let declared = parts
            .result_type
            .and_then(|type_| self.error_set_of_type(type_));
        if declared.is_some() {
            self.scopes.current().errors = declared;
        }
        let body = self.body(parts.body, parts.span, inside);
        self.scopes.current().leave(mark);
        CoreArity {
            params,
            rest,
            declared: Vec::new(),
            body,
        }
    }

    /// Takes a `fn*` form apart, or says what is wrong with it.
    pub(crate) fn fn_parts<'f>(&mut self, form: &Form, args: &'f [Form]) -> Option<FnParts<'f>> {
        let name = args.first().and_then(Form::as_plain_symbol);
        let rest = if name.is_some() { &args[1..] } else { args };
        let is_single = rest
            .first()
            .is_some_and(|first| first.as_vector().is_some());
        let mut arities = Vec::new();
        if is_single {
            arities.push(self.arity_parts(form.span, rest)?);
        } else {
            for clause in rest {
                arities.push(self.arity_parts(clause.span, clause.as_list().unwrap_or(&[]))?);
            }
        }
        arities.sort_by_key(|arity| (arity.rest.is_some(), arity.params.len()));
        let same = |pair: &[ArityParts<'_>]| {
            pair[0].rest.is_some() == pair[1].rest.is_some()
                && (pair[0].rest.is_some() || pair[0].params.len() == pair[1].params.len())
        };
        if let Some(pair) = arities.windows(2).find(|pair| same(pair)) {
            let wanted = "two of its arities take the same arguments";
            self.fail(messages::malformed(pair[1].span, "fn", wanted));
            return None;
        }
        if arities.is_empty() {
            self.fail(messages::malformed(
                form.span,
                "fn",
                "it wants a vector of parameters",
            ));
            return None;
        }
        Some(FnParts { name, arities })
    }

    fn arity_parts<'f>(&mut self, span: Span, forms: &'f [Form]) -> Option<ArityParts<'f>> {
        let Some(params) = forms.first().and_then(Form::as_vector) else {
            self.fail(messages::malformed(
                span,
                "fn",
                "it wants a vector of parameters",
            ));
            return None;
        };
        let names: Option<Vec<&Arc<str>>> = params.iter().map(Form::as_plain_symbol).collect();
        let ampersand = params.iter().position(|param| param.is_sym("&"));
        let fixed = ampersand.unwrap_or(params.len());
        let rest_fits = ampersand.is_none_or(|at| at + 2 == params.len());
        match names {
            Some(mut names) if rest_fits => {
                let rest = ampersand.and_then(|at| names.get(at + 1).copied());
                names.truncate(fixed);
                Some(ArityParts {
                    params: names,
                    rest,
                    body: &forms[1..],
                    span,
                    result_type: forms[0].meta_value("type"),
                    param_types: params[..fixed]
                        .iter()
                        .map(|param| param.meta_value("type"))
                        .collect(),
                })
            }
            _ => {
                let wanted = "parameters are symbols, the last one perhaps after `&`";
                self.fail(messages::malformed(forms[0].span, "fn", wanted));
                None
            }
        }
    }

    pub(crate) fn letfn(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let pairs = args.first().and_then(Form::as_vector).unwrap_or_default();
        let mark = self.scopes.current().mark();
        let names: Option<Vec<&Arc<str>>> = pairs
            .chunks(2)
            .map(|pair| pair[0].as_plain_symbol())
            .collect();
        let Some(names) = names.filter(|names| names.len() * 2 == pairs.len()) else {
            let wanted = "it wants a vector of names and functions";
            return self.fail(messages::malformed(form.span, "letfn", wanted));
        };
        let locals: Vec<LocalId> = names.iter().map(|name| self.bind(name)).collect();
        let mut functions = Vec::with_capacity(locals.len());
        for ((name, pair), id) in names.iter().zip(pairs.chunks_exact(2)).zip(locals) {
            let inner = pair[1].as_list().unwrap_or_default();
            let Some(parts) = self.fn_parts(&pair[1], inner.get(1..).unwrap_or_default()) else {
                continue;
            };
            let parts = parts.named(name);
            let function = self.function(&pair[1], &parts, Some((*name).clone()), ctx);
            functions.push((id, Arc::new(function)));
        }
        let body = self.body(&args[1..], form.span, ctx);
        self.scopes.current().leave(mark);
        core(CoreKind::LetFn(functions, Box::new(body)), form.span)
    }
}

/// Names of the types of an arity's parameters: beside each, or in the type of the whole function.
fn declared_types(whole: Option<&Form>, arity: &ArityParts<'_>) -> Vec<Option<Arc<str>>> {
    let whole = whole.map(|form| match form.as_list() {
        Some([_, quoted]) if form.is_call_to("quote") => quoted,
        _ => form,
    });
    let listed = whole.and_then(Form::as_vector).unwrap_or_default();
    let arrow = listed.iter().position(|item| item.is_sym("->"));
    let listed = &listed[..arrow.filter(|at| *at == arity.params.len()).unwrap_or(0)];
    let places = arity.param_types.iter().enumerate();
    let types = places.map(|(place, own)| own.or_else(|| listed.get(place)));
    let name = |type_: &Form| Some(type_.as_plain_symbol()?.clone());
    types.map(|type_| type_.and_then(name)).collect()
}
