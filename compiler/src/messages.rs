//! The analyzer's messages: one constructor per thing it tells.
//!
//! Codes are `stage::what`; a message starts in lower case and has no full stop at its end.

use std::fmt::Display;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::Name;
use batuta_lang::source::Span;

use crate::foreign;

fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message).label(span, "")
}

pub(crate) fn unknown_name(span: Span, name: &str, hint: Option<String>) -> Diagnostic {
    let shown = Diagnostic::error("resolve::unknown", format!("`{name}` is not defined"))
        .label(span, "not known here");
    let instead = foreign::instead_of_name(name).map(str::to_owned);
    match instead.or(hint) {
        Some(hint) => shown.hint(hint),
        None => shown,
    }
}

pub(crate) fn unknown_namespace(span: Span, namespace: &str, hint: Option<String>) -> Diagnostic {
    let shown = error(
        "resolve::unknown-namespace",
        span,
        format!("there is no namespace or alias `{namespace}`"),
    );
    let instead = foreign::instead_of_class(namespace).map(str::to_owned);
    let hint = instead.or(hint);
    shown.hint(hint.unwrap_or_else(|| format!("`(require '[… :as {namespace}])` first")))
}

pub(crate) fn private_name(span: Span, name: &str) -> Diagnostic {
    error(
        "resolve::private",
        span,
        format!("`{name}` is private to its namespace"),
    )
}

pub(crate) fn macro_as_value(span: Span, name: &str) -> Diagnostic {
    error(
        "resolve::macro-value",
        span,
        format!("`{name}` is a macro, not a value"),
    )
    .hint("call it, or wrap it in a function")
}

pub(crate) fn special_as_value(span: Span, name: &str) -> Diagnostic {
    error(
        "resolve::special-value",
        span,
        format!("`{name}` is a special form, not a value"),
    )
    .hint("it can only stand at the head of a list")
}

/// A form that is not built as its head demands.
pub(crate) fn malformed(span: Span, head: &str, wanted: &str) -> Diagnostic {
    error(
        "analyze::malformed",
        span,
        format!("`{head}` is not well formed: {wanted}"),
    )
}

pub(crate) fn arity_mismatch(span: Span, name: &str, count: usize, arglists: &str) -> Diagnostic {
    let arguments = match count {
        1 => "1 argument".into(),
        count => format!("{count} arguments"),
    };
    Diagnostic::error("call::arity", format!("`{name}` does not take {arguments}"))
        .label(span, "called here")
        .hint(format!("it takes {arglists}"))
}

pub(crate) fn interop(span: Span, name: &str) -> Diagnostic {
    error(
        "analyze::interop",
        span,
        match name.strip_suffix('.') {
            Some(class) => format!("there is no type `{class}`"),
            None => format!("`{name}`: there is no host to call methods of"),
        },
    )
    .hint(foreign::instead_of_call(name))
}

pub(crate) fn not_callable(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("call::not-a-function", format!("{what} cannot be called"))
        .label(span, "not a function")
        .hint("a list starts with what it calls; write `'(…)` for a list as data")
}

pub(crate) fn recur_not_tail(span: Span) -> Diagnostic {
    Diagnostic::error("recur::not-tail", "`recur` is not in tail position")
        .label(span, "something is still to be done after this")
        .hint("call the function by its name where its result is needed")
}

pub(crate) fn recur_nowhere(span: Span) -> Diagnostic {
    error(
        "recur::nowhere",
        span,
        "`recur` stands in no loop, function or actor",
    )
}

pub(crate) fn recur_across_try(span: Span) -> Diagnostic {
    error("recur::across-try", span, "`recur` cannot leave a `try`")
        .hint("put the `try` into a function of its own, or the loop inside the `try`")
}

pub(crate) fn recur_arity(span: Span, target: &str, wanted: usize, got: usize) -> Diagnostic {
    error(
        "recur::arity",
        span,
        format!(
            "`recur` gives {got} value{}, but the {target} has {wanted}",
            if got == 1 { "" } else { "s" }
        ),
    )
}

pub(crate) fn in_guard(span: Span, name: &str) -> Diagnostic {
    error(
        "match::guard",
        span,
        format!("`{name}` cannot be used in a guard"),
    )
    .hint("a guard only looks; move it into the clause's body")
}

pub(crate) fn question_in_generated(span: Span, construct: &str) -> Diagnostic {
    error(
        "analyze::question",
        span,
        format!("`?` cannot leave the body of `{construct}`"),
    )
    .hint("it runs later or elsewhere; give the result on and use `?` where it is read")
}

pub(crate) fn bad_pattern(span: Span, what: impl Display) -> Diagnostic {
    error("match::pattern", span, what.to_string())
}

pub(crate) fn unreachable_clause(span: Span) -> Diagnostic {
    Diagnostic::warning("match::unreachable", "this clause can never match")
        .label(span, "the clauses before it take all of this")
}

pub(crate) fn unknown_catch(span: Span, name: &str, hint: Option<String>) -> Diagnostic {
    let shown = error(
        "try::unknown",
        span,
        format!("`{name}` is no kind of failure"),
    );
    shown.hint(hint.unwrap_or_else(|| "`:default` takes all; `{:kind :type} -> …` one kind".into()))
}

pub(crate) fn not_a_member(
    span: Span,
    member: &Name,
    set: &str,
    members: &str,
    hint: Option<String>,
) -> Diagnostic {
    let shown = error(
        "error::member",
        span,
        format!("`:{member}` is no member of the error set `{set}`, which the function declares"),
    );
    shown.hint(hint.unwrap_or_else(|| format!("its members are {members}")))
}

pub(crate) fn unhandled_errors(span: Span, set: &str, members: &str) -> Diagnostic {
    Diagnostic::warning(
        "match::unhandled",
        format!("no clause takes the error {members}"),
    )
    .label(span, format!("can return errors of `{set}`"))
    .hint("add a clause such as `{:error reason} -> …`")
}

pub(crate) fn unknown_clause(span: Span, name: &str, hint: Option<String>) -> Diagnostic {
    let shown = error(
        "query::clause",
        span,
        format!("`{name}` is no clause of `from`"),
    );
    match hint {
        Some(hint) => shown.hint(hint),
        None => shown,
    }
}

pub(crate) fn bad_query(span: Span, what: impl Into<String>) -> Diagnostic {
    error("query::malformed", span, what)
}

pub(crate) fn bad_literal(span: Span, what: impl Display) -> Diagnostic {
    error("analyze::literal", span, what.to_string())
}

pub(crate) fn shadows_clojure(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "resolve::shadows",
        format!("`{name}` hides Clojure's function"),
    )
    .label(span, "from here on this one is meant")
    .hint(format!("`clojure.core/{name}` still names the other"))
}

pub(crate) fn endless_expansion(span: Span, name: &str) -> Diagnostic {
    error(
        "macro::endless",
        span,
        format!("the expansion of `{name}` does not come to an end"),
    )
}

pub(crate) fn macro_failed(span: Span, name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "macro::failed",
        format!("the macro `{name}` failed: {reason}"),
    )
    .label(span, "in this call")
}

pub(crate) fn reader_failed(span: Span, tag: &str, reason: &str) -> Diagnostic {
    let message = format!("the reader function of `#{tag}` failed: {reason}");
    Diagnostic::error("read::tag", message).label(span, "read here")
}

pub(crate) fn macro_refused(span: Span) -> Diagnostic {
    error("macro::refused", span, "macros are not expanded here")
}

pub(crate) fn cyclic_load(span: Span, cycle: &[&str]) -> Diagnostic {
    let path = cycle.join(" -> ");
    error(
        "load::cycle",
        span,
        format!("these namespaces require each other: {path}"),
    )
}

pub(crate) fn no_such_namespace(span: Span, name: &str, places: &[String]) -> Diagnostic {
    let shown = error(
        "load::not-found",
        span,
        format!("there is no namespace `{name}`"),
    );
    if places.is_empty() {
        return shown;
    }
    shown.note(format!("looked for {}", places.join(", ")))
}

pub(crate) fn load_failed(span: Span, name: &str, reason: &str) -> Diagnostic {
    error(
        "load::failed",
        span,
        format!("`{name}` cannot be loaded: {reason}"),
    )
}
