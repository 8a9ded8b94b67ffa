//! `fn`, and what it shares with `defn`, `defmacro` and `letfn`.
//!
//! A function is written as one arity, as several arities in lists, or as arrow clauses.

use super::Expanded;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::clauses::{Clause, has_arrow, split_clauses};
use crate::expand::destructure::{Bindings, bind_all, plain_binder};
use crate::expand::macros::effect::assertion;
use crate::expand::maker::{Maker, arguments, with_items};
use crate::form::{Form, FormKind};
use crate::messages::expand as messages;

/// An expanded function and the parameter vectors it was written with.
pub(crate) struct Function {
    pub(crate) form: Form,
    pub(crate) arglists: Vec<Form>,
}

pub(crate) fn fn_(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let (name, rest) = match arguments(call) {
        [name, rest @ ..] if name.as_plain_symbol().is_some() => (Some(name.clone()), rest),
        rest => (None, rest),
    };
    let function = function(call, name, rest, cx)?;
    Ok(function.form.with_meta(call.meta.clone()))
}

/// The `fn*` form of what is written behind the name.
pub(crate) fn function(
    call: &Form,
    name: Option<Form>,
    written: &[Form],
    cx: &mut MacroContext<'_>,
) -> Result<Function, Diagnostic> {
    let make = Maker::of(call);
    let (arities, arglists) = if has_arrow(written) {
        by_clauses(make, written, cx)?
    } else {
        by_arities(call, written, cx)?
    };
    let mut items = vec![make.sym("fn*")];
    items.extend(name);
    items.extend(arities);
    Ok(Function {
        form: make.list(items),
        arglists,
    })
}

fn by_arities(
    call: &Form,
    written: &[Form],
    cx: &mut MacroContext<'_>,
) -> Result<(Vec<Form>, Vec<Form>), Diagnostic> {
    let make = Maker::of(call);
    if let [params, body @ ..] = written
        && params.as_vector().is_some()
    {
        let arity = arity(make, params, body, cx)?;
        return Ok((vec![arity], vec![params.clone()]));
    }
    let mut arities = Vec::new();
    let mut arglists = Vec::new();
    for form in written {
        let Some([params, body @ ..]) = form.as_list() else {
            return Err(messages::no_parameters(call, Some(form)));
        };
        if params.as_vector().is_none() {
            return Err(messages::no_parameters(call, Some(params)));
        }
        arities.push(arity(Maker::of(form), params, body, cx)?);
        arglists.push(params.clone());
    }
    if arities.is_empty() {
        return Err(messages::no_parameters(call, None));
    }
    Ok((arities, arglists))
}

/// `([plain params] body)`
fn arity(make: Maker, params: &Form, body: &[Form], cx: &mut MacroContext<'_>) -> Expanded {
    let mut taken_apart: Bindings = Vec::new();
    let names = plain_params(make, params, &mut taken_apart, cx)?;
    let mut params = with_items(params, names);
    let mut body = body;
    if let [colons, type_, rest @ ..] = body
        && colons.is_word("::")
    {
        params = params.with_meta_entry(make.keyword("type"), type_.clone());
        body = rest;
    }
    let body = checked_body(make, body)?;
    let body = if taken_apart.is_empty() {
        body
    } else {
        bind_all(taken_apart, body, make, cx)?
    };
    Ok(make.list(vec![params, body]))
}

/// Names for all parameters; those that are more than a name are bound inside.
fn plain_params(
    make: Maker,
    params: &Form,
    taken_apart: &mut Bindings,
    cx: &mut MacroContext<'_>,
) -> Result<Vec<Form>, Diagnostic> {
    let items = params.as_vector().unwrap_or(&[]);
    let rest_at = items.iter().position(|item| item.is_word("&"));
    if let Some(place) = rest_at
        && items.len() != place + 2
    {
        return Err(messages::one_form_after_ampersand(&items[place], params));
    }
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        if item.is_word("&") {
            names.push(Form::sym(item.span, "&"));
        } else if let Some(name) = plain_binder(item) {
            names.push(name);
        } else {
            let name = make.fresh("param", cx);
            taken_apart.push((item.clone(), name.clone()));
            names.push(name);
        }
    }
    Ok(names)
}

/// The body, with the checks of a leading `{:pre […] :post […]}`.
fn checked_body(make: Maker, body: &[Form]) -> Expanded {
    let [conditions, rest @ ..] = body else {
        return Ok(make.nil());
    };
    let checks = |key: &str| -> Result<Option<&[Form]>, Diagnostic> {
        let entries = conditions.as_map().unwrap_or(&[]);
        let found = entries.iter().find(|(present, _)| present.is_keyword(key));
        match found {
            None => Ok(None),
            Some((_, list)) => match list.as_vector() {
                Some(tests) => Ok(Some(tests)),
                None => Err(messages::conditions_need_vector(key, list)),
            },
        }
    };
    if rest.is_empty() || conditions.as_map().is_none() {
        return Ok(make.body(body));
    }
    let (pre, post) = (checks("pre")?, checks("post")?);
    if pre.is_none() && post.is_none() {
        return Ok(make.body(body));
    }
    let assertions = |tests: Option<&[Form]>| -> Vec<Form> {
        let tests = tests.unwrap_or(&[]).iter();
        tests.map(|test| assertion(make, test, None)).collect()
    };
    let mut forms = assertions(pre);
    if post.is_some() {
        let result = make.sym("%");
        let mut checked = assertions(post);
        checked.push(result.clone());
        forms.push(make.let_(vec![result, make.body(rest)], make.body(&checked)));
    } else {
        forms.extend(rest.iter().cloned());
    }
    Ok(make.body(&forms))
}

/// Functions by clauses. Where all clauses have fixed counts, each count is an arity of its own;
/// with a `&` among them all arguments are matched as one vector.
fn by_clauses(
    make: Maker,
    written: &[Form],
    cx: &mut MacroContext<'_>,
) -> Result<(Vec<Form>, Vec<Form>), Diagnostic> {
    let clauses = split_clauses("fn", written)?;
    if let Some(clause) = clauses
        .iter()
        .find(|clause| clause.pattern.as_vector().is_none())
    {
        return Err(messages::clause_needs_vector(clause.pattern));
    }
    let mut arglists: Vec<Form> = Vec::new();
    for clause in &clauses {
        if !arglists.contains(clause.pattern) {
            arglists.push(clause.pattern.clone());
        }
    }
    let has_rest = |clause: &Clause<'_>| {
        let params = clause.pattern.as_vector().unwrap_or(&[]);
        params.iter().any(|param| param.is_word("&"))
    };
    if clauses.iter().any(has_rest) {
        let all = make.fresh("args", cx);
        let params = make.vector(vec![make.sym("&"), all.clone()]);
        let mut items = vec![make.sym("match"), make.core("vec", [all])];
        items.extend(written.iter().cloned());
        return Ok((vec![make.list(vec![params, make.list(items)])], arglists));
    }
    let mut counts: Vec<usize> = clauses.iter().map(param_count).collect();
    counts.sort_unstable();
    counts.dedup();
    let arities = counts
        .into_iter()
        .map(|count| clause_arity(make, count, &clauses, cx))
        .collect();
    Ok((arities, arglists))
}

fn param_count(clause: &Clause<'_>) -> usize {
    clause.pattern.as_vector().map_or(0, <[Form]>::len)
}

/// `([args] (match-args* [args] clauses…))` of the clauses with so many parameters.
fn clause_arity(
    make: Maker,
    count: usize,
    clauses: &[Clause<'_>],
    cx: &mut MacroContext<'_>,
) -> Form {
    let names: Vec<Form> = (0..count).map(|_| make.fresh("arg", cx)).collect();
    let mut items = vec![make.sym("match-args*"), make.vector(names.clone())];
    for clause in clauses.iter().filter(|clause| param_count(clause) == count) {
        items.push(clause.pattern.clone());
        if let Some(guard) = clause.guard {
            items.extend([make.sym("when"), guard.clone()]);
        }
        items.push(make.sym("->"));
        items.extend(clause.body.iter().cloned());
    }
    make.list(vec![make.vector(names), make.list(items)])
}

/// True for a form made by the reader from `#(…)`, or a written `fn`.
pub(crate) fn is_function_literal(form: &Form) -> bool {
    matches!(&form.kind, FormKind::List(items)
        if items.first().is_some_and(|head| head.is_sym("fn*") || head.is_word("fn")))
}
