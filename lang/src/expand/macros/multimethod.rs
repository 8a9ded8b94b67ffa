//! Multimethods: `defmulti`, `defmethod`, `defonce`-like redefinition included.

use super::Expanded;
use crate::expand::MacroContext;
use crate::expand::macros::function::function;
use crate::expand::maker::{Maker, arguments};
use crate::form::{Form, FormKind};
use crate::messages::expand as messages;

/// `(def name (or the-present-one (multimethod* "ns/name" dispatch default hierarchy)))`
pub(crate) fn defmulti(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [name, rest @ ..] = arguments(call) else {
        return Err(messages::shape(
            call,
            "needs a name and a dispatch function",
        ));
    };
    let Some(short) = name.as_plain_symbol() else {
        return Err(messages::needs_name(call, name));
    };
    let mut defined = name.clone();
    let mut rest = rest;
    if let [doc, more @ ..] = rest
        && doc.as_str().is_some()
        && !more.is_empty()
    {
        defined = defined.with_meta_entry(make.keyword("doc"), doc.clone());
        rest = more;
    }
    if let [attributes, more @ ..] = rest
        && let FormKind::Map(entries) = &attributes.kind
        && !more.is_empty()
    {
        for (key, value) in entries.iter() {
            defined = defined.with_meta_entry(key.clone(), value.clone());
        }
        rest = more;
    }
    let [dispatch, options @ ..] = rest else {
        return Err(messages::shape(call, "needs a dispatch function"));
    };
    let option = |key: &str| {
        let mut pairs = options.chunks_exact(2);
        let found = pairs.find(|pair| pair[0].is_keyword(key));
        found.map(|pair| pair[1].clone())
    };
    let default = option("default").unwrap_or_else(|| make.keyword("default"));
    let hierarchy = option("hierarchy").map_or_else(
        || make.nil(),
        // A var is asked for its value at each change, so it is handed over itself.
        |it| match it.as_symbol() {
            Some(name) if !cx.is_local(name) => make.special("var", [it.clone()]),
            _ => it.clone(),
        },
    );
    let full_name = Form::str(make.span, format!("{}/{short}", cx.current_ns()));
    let var = make.special("var", [name.clone().with_meta(None)]);
    let value = make.core(
        "multimethod*",
        [var, full_name, dispatch.clone(), default, hierarchy],
    );
    Ok(make.body(&[
        make.special("def", [name.clone().with_meta(None)]),
        make.special("def", [defined, value]),
    ]))
}

/// `(add-method* multi value (fn …))`
pub(crate) fn defmethod(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [multi, value, written @ ..] = arguments(call) else {
        return Err(messages::shape(
            call,
            "needs a multimethod, a dispatch value and a function",
        ));
    };
    // A name for people may stand before the parameters.
    let written = match written {
        [name, more @ ..] if name.as_plain_symbol().is_some() => more,
        all => all,
    };
    let function = function(call, None, written, cx)?.form;
    let label = multi.as_symbol().map_or("method", |name| &name.name);
    let function = function.with_meta_entry(make.keyword("label"), make.keyword(label));
    Ok(make.core("add-method*", [multi.clone(), value.clone(), function]))
}
