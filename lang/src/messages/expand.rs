//! What the expander has to say.

use crate::diagnostic::Diagnostic;
use crate::expand::core_macros::core_macro;
use crate::form::{Form, Name};
use crate::suggest::did_you_mean;

/// The head of a call, as people know it.
fn head_name(call: &Form) -> String {
    call.as_list()
        .and_then(<[Form]>::first)
        .and_then(Form::as_symbol)
        .map_or_else(|| "this form".into(), |name| name.name.to_string())
}

/// How a core macro is called.
fn usage(name: &str) -> Option<String> {
    let arglists = core_macro(name)?.arglists;
    let shapes: Vec<String> = top_level_vectors(arglists)
        .into_iter()
        .map(|inner| format!("`({name} {inner})`").replace(" )", ")"))
        .collect();
    Some(format!("write {}", shapes.join(" or ")))
}

/// The insides of the vectors in `[a [b]] [c]`.
fn top_level_vectors(arglists: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, character) in arglists.char_indices() {
        match character {
            '[' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            ']' => {
                depth -= 1;
                if depth == 0 {
                    found.push(&arglists[start..at]);
                }
            }
            _ => {}
        }
    }
    found
}

fn with_usage(diagnostic: Diagnostic, name: &str) -> Diagnostic {
    match usage(name) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

pub(crate) fn shape(call: &Form, what: &str) -> Diagnostic {
    let name = head_name(call);
    let diagnostic =
        Diagnostic::error("expand::shape", format!("`{name}` {what}")).label(call.span, "");
    with_usage(diagnostic, &name)
}

pub(crate) fn needs_binding_vector(owner: &str, found: &Form) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "expand::binding-vector",
        format!("`{owner}` needs a vector of bindings"),
    )
    .label(found.span, format!("this is {}", found.kind_name()));
    with_usage(diagnostic, owner)
}

pub(crate) fn odd_bindings(owner: &str, vector: &Form, items: &[Form]) -> Diagnostic {
    let last = items.last().unwrap_or(vector);
    let diagnostic = Diagnostic::error(
        "expand::odd-bindings",
        format!("`{owner}` needs an even number of forms in its binding vector"),
    )
    .label(last.span, "has no value");
    with_usage(diagnostic, owner)
}

pub(crate) fn one_binding(call: &Form, vector: &Form) -> Diagnostic {
    let name = head_name(call);
    let diagnostic = Diagnostic::error(
        "expand::one-binding",
        format!("`{name}` takes exactly one name and one value in its binding vector"),
    )
    .label(vector.span, "");
    with_usage(diagnostic, &name)
}

pub(crate) fn needs_name(call: &Form, found: &Form) -> Diagnostic {
    let name = head_name(call);
    let why = match found.as_symbol() {
        Some(_) => "a name without namespace is needed here".to_string(),
        None => format!("this is {}", found.kind_name()),
    };
    let diagnostic = Diagnostic::error("expand::name", format!("`{name}` needs a plain name"))
        .label(found.span, why);
    with_usage(diagnostic, &name)
}

pub(crate) fn no_parameters(call: &Form, found: Option<&Form>) -> Diagnostic {
    let name = head_name(call);
    let diagnostic = Diagnostic::error(
        "expand::parameters",
        format!("`{name}` needs a vector of parameters"),
    );
    let diagnostic = match found {
        Some(form) => diagnostic.label(form.span, "a vector such as `[x y]` was expected here"),
        None => diagnostic.label(call.span, ""),
    };
    with_usage(diagnostic, &name)
}

pub(crate) fn bad_error_member(found: &Form) -> Diagnostic {
    let message = "an error set has keywords and other error sets as members";
    Diagnostic::error("expand::error-set", message)
        .label(found.span, format!("this is {}", found.kind_name()))
}

pub(crate) fn no_self(found: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::method",
        "a method takes the object as its first parameter",
    )
    .label(found.span, "a vector such as `[this x]` was expected here")
}

pub(crate) fn not_a_signature(found: &Form) -> Diagnostic {
    let message = "`defprotocol` takes a doc string, options and signatures of methods";
    Diagnostic::error("expand::signature", message)
        .label(found.span, format!("this is {}", found.kind_name()))
        .hint("a signature is `(method [this x])`")
}

pub(crate) fn method_without_protocol(call: &Form, method: &Form) -> Diagnostic {
    let name = head_name(call);
    let message = format!("`{name}`: the name of a protocol stands before its methods");
    Diagnostic::error("expand::method", message).label(method.span, "belongs to no protocol")
}

pub(crate) fn mutable_record(field: &Form) -> Diagnostic {
    let message = "the fields of a record never change";
    Diagnostic::error("expand::mutable", message)
        .label(field.span, "marked as mutable")
        .hint("`deftype` can have fields that change; `assoc` gives a new record")
}

pub(crate) fn one_form_after_ampersand(ampersand: &Form, vector: &Form) -> Diagnostic {
    Diagnostic::error("expand::rest", "exactly one form stands after `&`")
        .label(ampersand.span, "")
        .label(vector.span, "in this vector")
        .hint("write `[a b & more]`")
}

pub(crate) fn cannot_bind(form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::binding",
        format!("{} cannot be bound to a value", form.kind_name()),
    )
    .label(form.span, "")
}

pub(crate) fn or_needs_map(form: &Form) -> Diagnostic {
    Diagnostic::error("expand::binding", "`:or` needs a map of names and defaults")
        .label(form.span, "")
        .hint("write `{:keys [a b] :or {b 2}}`")
}

pub(crate) fn keys_needs_names(directive: &Name, form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::binding",
        format!("`:{directive}` needs a vector of names"),
    )
    .label(form.span, "")
    .hint(format!("write `{{:{directive} [a b]}}`"))
}

pub(crate) fn conditions_need_vector(key: &str, form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::conditions",
        format!("`:{key}` needs a vector of tests"),
    )
    .label(form.span, "")
    .hint(format!("write `{{:{key} [(pos? x)]}}`"))
}

pub(crate) fn letfn_function(form: &Form) -> Diagnostic {
    Diagnostic::error("expand::letfn", "`letfn` binds functions written as lists")
        .label(form.span, "")
        .hint("write `(letfn [(name [x] …)] …)`")
}

pub(crate) fn odd_clauses(owner: &str, last: &Form) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "expand::odd-clauses",
        format!("`{owner}` needs a form for every test"),
    )
    .label(last.span, "this test has none");
    match owner {
        "cond" => diagnostic.hint("for a default write `:else` before the last form"),
        _ => diagnostic,
    }
}

pub(crate) fn guard_in_cond(guard: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::guard",
        "a clause of `cond` has a test, not a guard",
    )
    .label(guard.span, "")
    .hint("write `(and test guard) -> …`")
}

pub(crate) fn duplicate_constant(first: &Form, again: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::duplicate-constant",
        format!("`{again}` stands twice in this `case`"),
    )
    .label(again.span, "can never be chosen")
    .label(first.span, "chosen here already")
}

pub(crate) fn empty_step(form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::step",
        "an empty list is no step to pass a value through",
    )
    .label(form.span, "")
}

pub(crate) fn function_as_step(form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::step",
        "the value would land inside this function, not in a call of it",
    )
    .label(form.span, "")
    .hint("put the function in parentheses of its own: `(#(…))` or `((fn [x] …))`")
}

pub(crate) fn unknown_modifier(owner: &str, name: &str, form: &Form) -> Diagnostic {
    let hint = did_you_mean(name, ["let", "when", "while"])
        .map(|hint| hint.replace('`', "").replace("mean ", "mean :"))
        .unwrap_or_else(|| "these are `:let`, `:when` and `:while`".into());
    Diagnostic::error(
        "expand::modifier",
        format!("`:{name}` means nothing in `{owner}`"),
    )
    .label(form.span, "")
    .hint(hint)
}

pub(crate) fn modifier_before_binding(owner: &str, form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::modifier",
        format!("`{owner}` begins with a name and its items"),
    )
    .label(form.span, "nothing is bound yet")
}

pub(crate) fn ns_clause(form: &Form) -> Diagnostic {
    Diagnostic::error("expand::ns", "this is no clause of `ns`")
        .label(form.span, "")
        .hint("write `(ns name (:require [lib :as l :refer [f]]))`")
}

pub(crate) fn import_shape(form: &Form) -> Diagnostic {
    Diagnostic::error("expand::ns", "this names no type to import")
        .label(form.span, "")
        .hint("write `[some.name Type Other]` or `some.name.Type`")
}

pub(crate) fn templates_too_deep(template: &Form, most: usize) -> Diagnostic {
    let message = "these templates nest too deep";
    Diagnostic::error("expand::templates", message)
        .label(template.span, "")
        .hint(format!("at most {most} may stand inside each other"))
}

pub(crate) fn splice_outside_sequence(form: &Form) -> Diagnostic {
    Diagnostic::error("expand::splice", "there is nothing here to splice into")
        .label(form.span, "")
        .hint("`~@` stands inside a list, vector, map or set of the template")
}

pub(crate) fn clause_without_arrow(owner: &str, form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::clause",
        format!("this clause of `{owner}` has no `->`"),
    )
    .label(form.span, "is a `->` missing behind it?")
    .hint("a clause is `pattern -> body …` or `pattern when guard -> body …`")
}

pub(crate) fn clause_without_pattern(arrow: &Form) -> Diagnostic {
    Diagnostic::error("expand::clause", "this `->` has no pattern before it")
        .label(arrow.span, "")
        .hint("a clause is `pattern -> body …` or `pattern when guard -> body …`")
}

pub(crate) fn clause_without_body(arrow: &Form) -> Diagnostic {
    Diagnostic::error("expand::clause", "this `->` has no body behind it")
        .label(arrow.span, "")
        .hint("write `nil` if nothing is to be done")
}

pub(crate) fn body_form_does_nothing(form: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::clause",
        format!("{} in the middle of a body does nothing", form.kind_name()),
    )
    .label(form.span, "is a `->` missing behind it?")
}

pub(crate) fn clause_needs_vector(pattern: &Form) -> Diagnostic {
    Diagnostic::error(
        "expand::clause",
        "a clause of a function matches its arguments as a vector",
    )
    .label(pattern.span, format!("this is {}", pattern.kind_name()))
    .hint("write `(defn f [0] -> 1  [n] -> (* n 2))`")
}
