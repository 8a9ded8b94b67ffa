//! What the driver of the analyzer tells: macros that fail, files that do not load.

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::source::Span;

pub(crate) fn macro_failed(span: Span, name: &str, text: &str) -> Diagnostic {
    Diagnostic::error("macro::failed", format!("the macro `{name}` failed: {text}"))
        .label(span, "while expanding this call")
}

pub(crate) fn macro_refused(span: Span) -> Diagnostic {
    Diagnostic::error("macro::refused", "macros are not expanded here").label(span, "")
}

pub(crate) fn cyclic_load(span: Span, cycle: &[&str]) -> Diagnostic {
    Diagnostic::error("load::cycle", "these namespaces require one another")
        .label(span, "closes the circle")
        .note(cycle.join(" → "))
        .hint("move what both need into a namespace of its own")
}

pub(crate) fn no_such_namespace(span: Span, name: &str, places: &[String]) -> Diagnostic {
    let shown = Diagnostic::error("load::not-found", format!("there is no namespace `{name}`"))
        .label(span, "not on the load path");
    match places {
        [] => shown,
        _ => shown.note(format!("looked for {}", places.join(", "))),
    }
}

pub(crate) fn load_failed(span: Span, name: &str, text: &str) -> Diagnostic {
    Diagnostic::error("load::failed", format!("loading `{name}` failed: {text}"))
        .label(span, "required here")
}
