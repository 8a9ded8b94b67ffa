//! Defining names: `defn`, `defmacro`, `declare`, `defonce`.

use super::Expanded;
use super::function::function;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::clauses::{has_arrow, split_clauses};
use crate::expand::maker::{Maker, arguments, with_items};
use crate::form::{Form, FormKind, Name};
use crate::messages::expand as messages;

pub(crate) fn defn(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    define(call, Header::parse(call)?, cx)
}

pub(crate) fn defn_private(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let mut header = Header::parse(call)?;
    header.name = flagged(header.name, "private");
    define(call, header, cx)
}

/// A macro is a function with two parameters more: the whole call, and the locals around it.
pub(crate) fn defmacro(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let header = Header::parse(call)?;
    let written = with_implicit_params(make, header.rest)?;
    let made = function(call, None, &written, cx)?;
    let arglists = made.arglists.iter().map(without_implicit_params).collect();
    let name = flagged(header.name, "macro");
    let name = match header.has_arglists {
        true => name,
        false => with_arglists(make, name, arglists),
    };
    Ok(make.special("def", [name, made.form]))
}

const IMPLICIT_PARAMS: [&str; 2] = ["&form", "&env"];

fn with_implicit_params(make: Maker, written: &[Form]) -> Result<Vec<Form>, Diagnostic> {
    let extended = |params: &Form| match params.as_vector() {
        None => params.clone(),
        Some(items) => {
            let implicit = IMPLICIT_PARAMS.iter().map(|name| make.sym(name));
            with_items(params, implicit.chain(items.iter().cloned()).collect())
        }
    };
    if has_arrow(written) {
        let clauses = split_clauses("defmacro", written)?;
        let patterns: Vec<&Form> = clauses.iter().map(|clause| clause.pattern).collect();
        let is_pattern = |form: &Form| patterns.iter().any(|pattern| std::ptr::eq(*pattern, form));
        let forms = written.iter();
        return Ok(forms
            .map(|form| {
                if is_pattern(form) {
                    extended(form)
                } else {
                    form.clone()
                }
            })
            .collect());
    }
    if let [params, body @ ..] = written
        && params.as_vector().is_some()
    {
        let body = body.iter().cloned();
        return Ok(std::iter::once(extended(params)).chain(body).collect());
    }
    let arity = |form: &Form| match form.as_list() {
        Some([params, body @ ..]) => {
            let items = std::iter::once(extended(params)).chain(body.iter().cloned());
            with_items(form, items.collect())
        }
        _ => form.clone(),
    };
    Ok(written.iter().map(arity).collect())
}

fn without_implicit_params(params: &Form) -> Form {
    let items = params.as_vector().unwrap_or(&[]);
    with_items(
        params,
        items.iter().skip(IMPLICIT_PARAMS.len()).cloned().collect(),
    )
}

fn define(call: &Form, header: Header<'_>, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let made = function(call, None, header.rest, cx)?;
    let function = match header.name.meta_value("type") {
        Some(type_) => made
            .form
            .with_meta_entry(make.keyword("type"), type_.clone()),
        None => made.form,
    };
    let name = match header.has_arglists {
        true => header.name,
        false => with_arglists(make, header.name, made.arglists),
    };
    Ok(make.special("def", [name, function]))
}

/// `(def ^{:error-set [:a :b Other]} Name (into #{:a :b} (concat Other)))`
pub(crate) fn deferror(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let (mut name, mut rest) = defined_name(call)?;
    if let [doc, more @ ..] = rest
        && doc.as_str().is_some()
    {
        name = name.with_meta_entry(make.keyword("doc"), doc.clone());
        rest = more;
    }
    let members = match rest {
        [only] if only.as_vector().is_some() => only.as_vector().unwrap_or(&[]),
        [only] if only.as_set().is_some() => only.as_set().unwrap_or(&[]),
        several => several,
    };
    let (mut written, mut own, mut sets) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        if member.as_keyword().is_some() {
            own.push(member.clone());
            written.push(member.clone());
        } else if let Some(set) = member.as_symbol() {
            sets.push(member.clone());
            let ns = set.ns.clone().unwrap_or_else(|| cx.current_ns().into());
            written.push(Form::symbol(
                member.span,
                Name::qualified(ns, set.name.clone()),
            ));
        } else {
            return Err(messages::bad_error_member(member));
        }
    }
    let mut all = Form::set(make.span, own);
    for set in sets {
        all = make.core("into", [all, set]);
    }
    let name = name.with_meta_entry(make.keyword("error-set"), make.vector(written));
    Ok(make.special("def", [name, all]))
}

/// What stands before the parameters, collected into the metadata of the name.
struct Header<'f> {
    name: Form,
    rest: &'f [Form],
    /// The attributes say what the parameters are to be called.
    has_arglists: bool,
}

impl Header<'_> {
    fn parse(call: &Form) -> Result<Header<'_>, Diagnostic> {
        let make = Maker::of(call);
        let (mut name, mut rest) = defined_name(call)?;
        if let [colons, type_, more @ ..] = rest
            && colons.is_word("::")
        {
            let type_ = make.quote(type_.clone());
            name = name.with_meta_entry(make.keyword("type"), type_);
            rest = more;
        }
        if let [doc, more @ ..] = rest
            && doc.as_str().is_some()
        {
            name = name.with_meta_entry(make.keyword("doc"), doc.clone());
            rest = more;
        }
        let mut has_arglists = false;
        if let [attributes, more @ ..] = rest
            && let FormKind::Map(entries) = &attributes.kind
        {
            name = with_attributes(name, entries, &mut has_arglists);
            rest = more;
        }
        // Behind several arities there may be attributes too.
        if let [first, .., last] = rest
            && first.as_list().is_some()
            && let FormKind::Map(entries) = &last.kind
        {
            name = with_attributes(name, entries, &mut has_arglists);
            rest = &rest[..rest.len() - 1];
        }
        Ok(Header {
            name,
            rest,
            has_arglists,
        })
    }
}

fn with_attributes(name: Form, entries: &[(Form, Form)], has_arglists: &mut bool) -> Form {
    *has_arglists |= entries.iter().any(|(key, _)| key.is_keyword("arglists"));
    let add =
        |name: Form, (key, value): &(Form, Form)| name.with_meta_entry(key.clone(), value.clone());
    entries.iter().fold(name, add)
}

/// The first argument, which must be a name without namespace.
fn defined_name(call: &Form) -> Result<(Form, &[Form]), Diagnostic> {
    match arguments(call) {
        [name, rest @ ..] if name.as_plain_symbol().is_some() => Ok((name.clone(), rest)),
        [other, ..] => Err(messages::needs_name(call, other)),
        [] => Err(messages::shape(call, "needs a name")),
    }
}

fn flagged(name: Form, flag: &str) -> Form {
    let (key, value) = (Form::keyword(name.span, flag), Form::bool(name.span, true));
    name.with_meta_entry(key, value)
}

fn bare(name: &Form) -> Form {
    name.clone().with_meta(None)
}

/// Keeps the parameter vectors in the metadata.
fn with_arglists(make: Maker, name: Form, arglists: Vec<Form>) -> Form {
    let quoted = make.quote(make.list(arglists));
    name.with_meta_entry(make.keyword("arglists"), quoted)
}

pub(crate) fn declare(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let mut definitions = Vec::new();
    for name in arguments(call) {
        if name.as_plain_symbol().is_none() {
            return Err(messages::needs_name(call, name));
        }
        let name = flagged(name.clone(), "declared");
        definitions.push(make.special("def", [name]));
    }
    Ok(make.body(&definitions))
}

pub(crate) fn defonce(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let (name, rest) = defined_name(call)?;
    let [value] = rest else {
        return Err(messages::shape(call, "takes a name and a value"));
    };
    let var = make.special("var", [bare(&name)]);
    let has_value = make.core("bound?*", [var.clone()]);
    let define = make.special("def", [name.clone(), value.clone()]);
    Ok(make.body(&[
        make.special("def", [name]),
        make.if_(has_value, var, define),
    ]))
}
