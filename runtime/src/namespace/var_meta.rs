//! The metadata of a var: what the program gave it, over what its definition tells.

use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::reader::{ReadOptions, read};
use batuta_lang::source::SourceId;

use super::{CORE, object};
use crate::collections::{list, map};
use crate::function::{CodeSource, FunctionBody, VarBody, var_flags};
use crate::quiescence;
use crate::value::Value;
use crate::value::form::{FormSpans, from_form};

/// The whole metadata map of a var.
pub fn var_meta(var: &Value) -> Value {
    let Some(body) = var.as_object::<VarBody>() else {
        return Value::NIL;
    };
    let told = built_in(var, body).map_or_else(map::empty, |(arglists, doc)| {
        let lists = parsed_arglists(arglists);
        let told = map::assoc(map::empty(), Value::keyword("arglists"), lists);
        map::assoc(told, Value::keyword("doc"), Value::str(doc))
    });
    with_own(told, body)
}

/// The metadata map of a var, but for argument lists and doc string of what is not written in
/// Batuta: reading those takes the reader, which most programs do without.
pub fn own_var_meta(var: &Value) -> Value {
    var.as_object::<VarBody>()
        .map_or(Value::NIL, |body| with_own(map::empty(), body))
}

fn with_own(mut meta: Value, body: &VarBody) -> Value {
    let mut put = |key: &str, value: Value| {
        let all = std::mem::take(&mut meta);
        meta = map::assoc(all, Value::keyword(key), value);
    };
    if let Some(namespace) = object(&body.namespace) {
        put("ns", namespace);
        put("name", Value::symbol(body.name.clone()));
    }
    let flags = [
        ("dynamic", var_flags::DYNAMIC),
        ("macro", var_flags::MACRO),
        ("private", var_flags::PRIVATE),
    ];
    for (key, flag) in flags {
        if body.has(flag) {
            put(key, Value::TRUE);
        }
    }
    let own = body.own_meta();
    if !map::is_map(&own) {
        return meta;
    }
    map::iter(&own).fold(meta, |meta, (key, value)| {
        map::assoc(meta, key.clone(), value.clone())
    })
}

/// Argument lists and doc string of what is not written in Batuta.
fn built_in(var: &Value, body: &VarBody) -> Option<(&'static str, &'static str)> {
    if &*body.namespace == CORE
        && body.has(var_flags::MACRO)
        && let Some(known) = core_macro(&body.name)
    {
        return Some((known.arglists, known.doc));
    }
    let _pin = quiescence::pin();
    let root = var.as_object::<VarBody>()?.root()?;
    match &root.as_object::<FunctionBody>()?.code.source {
        CodeSource::Native(builtin) => Some((builtin.arglists, builtin.doc)),
        CodeSource::Compiled(_) | CodeSource::Ahead(_) | CodeSource::Bounce => None,
    }
}

/// `"[a] [a b]"` as `([a] [a b])`.
fn parsed_arglists(text: &str) -> Value {
    let (forms, _) = read(SourceId::NONE, text, &ReadOptions::default());
    let mut spans = FormSpans::new();
    let lists = forms
        .iter()
        .filter_map(|form| from_form(form, &mut spans).ok());
    list::from_vec(lists.collect())
}
