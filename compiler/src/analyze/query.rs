//! `from`: a query as a call of `dlog/query*` with a template and parameters.
//!
//! The template is constant data: the clauses as written, but with every sub-form that has no
//! column replaced by `(param i)`; the parameters are those forms, evaluated where the query
//! stands. What a head means inside `from` is looked up among clauses, never in scope.
//! To add a clause: a row in `CLAUSES`. Expressions are translated in [`expression`].

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;
use batuta_runtime::namespace::{self, CORE};

use super::unit::{Ctx, Unit, core};
use crate::core_tree::{Core, CoreKind, VarRef};
use crate::messages;

mod expression;

use expression::{Mode, Template};

/// How the arguments of a clause are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Named aggregates.
    Aggregate,
    /// Columns and named expressions.
    Columns,
    /// Conditions.
    Conditions,
    /// Forms that are evaluated as they are.
    Functions,
    /// A source and a condition or columns.
    Join,
    /// Sort keys with directions.
    Order,
    /// A source.
    Source,
    /// Values.
    Values,
    /// Named window functions and options.
    Window,
}

const CLAUSES: [(&str, Shape); 41] = [
    ("aggregate", Shape::Aggregate),
    ("anti-join", Shape::Join),
    ("as-of", Shape::Values),
    ("as-of-join", Shape::Join),
    ("collect", Shape::Values),
    ("count", Shape::Values),
    ("cross-join", Shape::Join),
    ("distinct", Shape::Columns),
    ("distributed", Shape::Values),
    ("drop", Shape::Values),
    ("except", Shape::Source),
    ("filter", Shape::Functions),
    ("first", Shape::Values),
    ("flat-map", Shape::Functions),
    ("full-join", Shape::Join),
    ("group-by", Shape::Columns),
    ("having", Shape::Conditions),
    ("history", Shape::Values),
    ("intersect", Shape::Source),
    ("join", Shape::Join),
    ("json-path", Shape::Values),
    ("left-join", Shape::Join),
    ("limit", Shape::Values),
    ("map", Shape::Functions),
    ("mapcat", Shape::Functions),
    ("offset", Shape::Values),
    ("order-by", Shape::Order),
    ("parallel", Shape::Values),
    ("remove", Shape::Functions),
    ("rename", Shape::Columns),
    ("right-join", Shape::Join),
    ("sample", Shape::Values),
    ("select", Shape::Columns),
    ("semi-join", Shape::Join),
    ("take", Shape::Values),
    ("transform", Shape::Functions),
    ("union", Shape::Source),
    ("union-all", Shape::Source),
    ("unnest", Shape::Columns),
    ("where", Shape::Conditions),
    ("window", Shape::Window),
];

fn shape(name: &str) -> Option<Shape> {
    let at = CLAUSES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    Some(CLAUSES[at].1)
}

/// Is this a clause that outside of `from` takes the query last, because neither the program nor
/// Batuta's core has a function of that name?
pub(super) fn is_clause_macro(namespace: &str, name: &Name) -> bool {
    name.ns.is_none()
        && shape(&name.name).is_some()
        && namespace::find(CORE, &name.name).is_none()
        && namespace::find(namespace, &name.name).is_none()
}

/// `(->> (from s …) (clause …) … rest…)` as `(->> (from s … (clause …) …) rest…)`.
pub(super) fn threaded_into_from(form: &Form) -> Option<Form> {
    let items = form.as_list()?;
    let from = items.get(1)?;
    let is_query = from.as_list()?.first()?.is_word("from");
    let steps = items.get(2..)?;
    let is_clause = |step: &&Form| {
        let head = step.as_list().and_then(<[Form]>::first).unwrap_or(step);
        head.as_plain_symbol()
            .is_some_and(|head| shape(head).is_some())
    };
    let clauses = steps.iter().take_while(is_clause).count();
    if !is_query || clauses == 0 {
        return None;
    }
    let mut query = from.as_list()?.to_vec();
    query.extend(steps[..clauses].iter().map(|step| match step.as_list() {
        Some(_) => step.clone(),
        None => Form::list(step.span, vec![step.clone()]),
    }));
    let query = Form::list(from.span, query);
    if clauses == steps.len() {
        return Some(query);
    }
    let mut threaded = vec![items[0].clone(), query];
    threaded.extend_from_slice(&steps[clauses..]);
    Some(Form::list(form.span, threaded))
}

impl Unit<'_> {
    /// `(from src clause…)`, and `(clause args… query)`.
    pub(super) fn query(&mut self, form: &Form, ctx: Ctx) -> Core {
        let span = form.span;
        let items = form.as_list().unwrap_or_default();
        let (source, clauses) = match items {
            [head, source, clauses @ ..] if head.is_word("from") => (source, clauses.to_vec()),
            [head, args @ .., query] if !head.is_word("from") && !args.is_empty() => {
                let mut clause = vec![head.clone()];
                clause.extend_from_slice(args);
                (query, vec![Form::list(span, clause)])
            }
            _ => {
                let wanted =
                    "`from` wants a source and clauses; a clause alone wants its query last";
                return self.fail(messages::bad_query(span, wanted));
            }
        };
        let mut template = Template::new(span);
        let mut parts = vec![template.source(source)];
        for clause in &clauses {
            parts.extend(self.clause(&mut template, clause));
        }
        let data = Form::vector(span, parts);
        let data = self.constant(&data);
        let params = self.exprs(&template.params, ctx);
        let params = self.core_call("vector", params, span);
        let query = VarRef(namespace::intern("dlog", "query*"));
        core(CoreKind::CallGlobal(query, vec![data, params]), span)
    }

    fn clause(&mut self, template: &mut Template, clause: &Form) -> Option<Form> {
        let items = clause.as_list().unwrap_or_default();
        let head = items.first().and_then(Form::as_symbol);
        let Some((head, args)) = head.zip(items.get(1..)) else {
            let what = "a clause is a list: `(where …)`, `(limit 10)`";
            self.fail(messages::bad_query(clause.span, what));
            return None;
        };
        let name = head.name.clone();
        let Some(shape) = shape(&name) else {
            let known = CLAUSES.iter().map(|(known, _)| *known);
            let hint = batuta_lang::suggest::did_you_mean(&name, known);
            self.fail(messages::unknown_clause(items[0].span, &name, hint));
            return None;
        };
        let mut parts = vec![Form::symbol(items[0].span, Name::new(name.clone()))];
        match shape {
            Shape::Conditions => {
                parts.extend(args.iter().map(|arg| self.column(template, arg, Mode::Row)));
            }
            Shape::Functions => parts.extend(args.iter().map(|arg| template.param(arg))),
            Shape::Values => parts.extend(args.iter().map(|arg| template.value(arg))),
            Shape::Source => parts.extend(args.iter().map(|arg| template.source(arg))),
            Shape::Columns => {
                for arg in args {
                    self.columns(template, arg, &mut parts);
                }
            }
            Shape::Order => {
                let keys = self.order_keys(template, args);
                parts.push(keys);
            }
            Shape::Aggregate => {
                for (name, value) in self.named(args, clause.span) {
                    let value = self.column(template, &value, Mode::Group);
                    parts.push(named_part(&name, value));
                }
            }
            Shape::Join => self.join_clause(template, args, clause.span, &mut parts),
            Shape::Window => self.window(template, args, clause.span, &mut parts),
        }
        Some(Form::list(clause.span, parts))
    }

    /// Keywords, vectors of them, `*`, `{:name expression}`, expressions.
    fn columns(&mut self, template: &mut Template, arg: &Form, parts: &mut Vec<Form>) {
        match &arg.kind {
            FormKind::Vector(items) => {
                for item in items.iter() {
                    self.columns(template, item, parts);
                }
            }
            FormKind::Map(entries) => {
                for (name, value) in entries.iter() {
                    let value = self.column(template, value, Mode::Row);
                    parts.push(named_part(name, value));
                }
            }
            _ => parts.push(self.column(template, arg, Mode::Row)),
        }
    }

    /// `{:n expression}` or `:n expression …`
    fn named(&mut self, args: &[Form], span: Span) -> Vec<(Form, Form)> {
        let mut pairs: Vec<(Form, Form)> = Vec::new();
        let mut rest = args;
        while let Some((first, after)) = rest.split_first() {
            if let Some(entries) = first.as_map() {
                pairs.extend_from_slice(entries);
                rest = after;
            } else if let (Some(_), Some((value, after))) =
                (first.as_keyword(), after.split_first())
            {
                pairs.push((first.clone(), value.clone()));
                rest = after;
            } else {
                let what = "each value wants a name: `{:n (count *)}` or `:n (count *)`";
                self.fail(messages::bad_query(span, what));
                break;
            }
        }
        pairs
    }

    /// `[[expression direction nulls] …]`
    fn order_keys(&mut self, template: &mut Template, args: &[Form]) -> Form {
        let span = template.span;
        let flat: Vec<Form> = args
            .iter()
            .flat_map(|arg| {
                arg.as_vector()
                    .map_or_else(|| vec![arg.clone()], <[Form]>::to_vec)
            })
            .collect();
        let mut keys: Vec<[Form; 3]> = Vec::new();
        for arg in &flat {
            let word = arg.as_keyword().filter(|word| word.ns.is_none());
            let word = word.map(|word| &*word.name);
            match (word, keys.last_mut()) {
                (Some("asc" | "desc"), Some(key)) => key[1] = arg.clone(),
                (Some("nulls-first"), Some(key)) => key[2] = Form::keyword(span, "first"),
                (Some("nulls-last"), Some(key)) => key[2] = Form::keyword(span, "last"),
                _ => {
                    let key = self.column(template, arg, Mode::Group);
                    keys.push([key, Form::keyword(span, "asc"), Form::nil(span)]);
                }
            }
        }
        let keys = keys.into_iter().map(|key| Form::vector(span, key.to_vec()));
        Form::vector(span, keys.collect::<Vec<_>>())
    }

    fn join_clause(
        &mut self,
        template: &mut Template,
        args: &[Form],
        span: Span,
        parts: &mut Vec<Form>,
    ) {
        let Some((source, conditions)) = args.split_first() else {
            self.fail(messages::bad_query(span, "a join wants a source"));
            return;
        };
        parts.push(template.source(source));
        parts.extend(
            conditions
                .iter()
                .map(|it| self.column(template, it, Mode::Row)),
        );
    }

    fn window(
        &mut self,
        template: &mut Template,
        args: &[Form],
        span: Span,
        parts: &mut Vec<Form>,
    ) {
        let is_option = |arg: &Form| {
            arg.as_keyword().is_some_and(|key| {
                matches!(&*key.name, "partition-by" | "order-by" | "rows" | "range")
            })
        };
        let split = args.iter().position(is_option).unwrap_or(args.len());
        for (name, value) in self.named(&args[..split], span) {
            let value = self.column(template, &value, Mode::Group);
            parts.push(named_part(&name, value));
        }
        let mut options = Vec::new();
        for pair in args[split..].chunks(2) {
            let [key, value] = pair else {
                self.fail(messages::bad_query(
                    pair[0].span,
                    "this option wants a value",
                ));
                continue;
            };
            let name: Option<&Arc<str>> = key.as_keyword().map(|key| &key.name);
            let value = match name.map(|name| &**name) {
                Some("order-by") => self.order_keys(template, std::slice::from_ref(value)),
                Some("partition-by") => {
                    let mut columns = Vec::new();
                    self.columns(template, value, &mut columns);
                    Form::vector(value.span, columns)
                }
                _ => match value.as_vector() {
                    Some(bounds) => {
                        let bounds = bounds.iter().map(|bound| template.value(bound));
                        Form::vector(value.span, bounds.collect::<Vec<_>>())
                    }
                    None => template.value(value),
                },
            };
            options.push((key.clone(), value));
        }
        parts.push(Form::map(span, options));
    }
}

/// `(as expression :name)`
fn named_part(name: &Form, value: Form) -> Form {
    Form::list(
        name.span,
        vec![Form::sym(name.span, "as"), value, name.clone()],
    )
}

#[cfg(test)]
mod tests {
    use super::CLAUSES;

    #[test]
    fn clauses_are_sorted() {
        assert!(CLAUSES.is_sorted_by_key(|(name, _)| *name));
    }
}
