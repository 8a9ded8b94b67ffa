//! `ns`.

use super::Expanded;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;
use crate::messages::expand as messages;

/// `(do (ns* name doc [excluded …]) (require '[lib :as l]) …)`
pub(crate) fn ns(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let (name, mut rest) = match arguments(call) {
        [name, rest @ ..] if name.as_plain_symbol().is_some() => (name.clone(), rest),
        [other, ..] => return Err(messages::needs_name(call, other)),
        [] => return Err(messages::shape(call, "needs a name")),
    };
    let mut doc = make.nil();
    if let [text, more @ ..] = rest
        && text.as_str().is_some()
    {
        (doc, rest) = (text.clone(), more);
    }
    if let [attributes, more @ ..] = rest
        && attributes.as_map().is_some()
    {
        rest = more;
    }
    let mut excluded = Vec::new();
    let mut forms = Vec::new();
    for clause in rest {
        clause_forms(make, clause, &mut excluded, &mut forms)?;
    }
    forms.insert(0, make.special("ns*", [name, doc, make.vector(excluded)]));
    forms.push(make.nil());
    Ok(make.body(&forms))
}

fn clause_forms(
    make: Maker,
    clause: &Form,
    excluded: &mut Vec<Form>,
    forms: &mut Vec<Form>,
) -> Result<(), Diagnostic> {
    let Some([head, items @ ..]) = clause.as_list() else {
        return Err(messages::ns_clause(clause));
    };
    let Some(kind) = head.as_keyword() else {
        return Err(messages::ns_clause(clause));
    };
    match &*kind.name {
        "require" => forms.extend(items.iter().map(|spec| require(make, spec.clone()))),
        "use" => forms.extend(items.iter().map(|spec| require(make, use_spec(make, spec)))),
        "refer-clojure" => {
            for option in items.chunks_exact(2) {
                if option[0].is_keyword("exclude") {
                    let names = option[1].as_vector().or_else(|| option[1].as_list());
                    excluded.extend_from_slice(names.unwrap_or(&[]));
                }
            }
        }
        // Java's own business; a program that has it loads all the same.
        "gen-class" => {}
        "import" => return Err(messages::no_import(clause)),
        _ => return Err(messages::ns_clause(clause)),
    }
    Ok(())
}

/// The specification carries its own span, so that a missing namespace is pointed at where it is
/// named.
fn require(make: Maker, spec: Form) -> Form {
    let here = Maker { span: spec.span };
    let quoted = make.quote(spec);
    here.core("require", [quoted])
}

/// `(:use lib)` is `(:require [lib :refer :all])`; `:only` is `:refer`.
fn use_spec(make: Maker, spec: &Form) -> Form {
    let Some(items) = spec.as_vector().or_else(|| spec.as_list()) else {
        let refer = [spec.clone(), make.keyword("refer"), make.keyword("all")];
        return Form::vector(spec.span, refer);
    };
    let renamed = items.iter().map(|item| {
        if item.is_keyword("only") {
            Form::keyword(item.span, "refer")
        } else {
            item.clone()
        }
    });
    Form::vector(spec.span, renamed.collect::<Vec<_>>())
}
