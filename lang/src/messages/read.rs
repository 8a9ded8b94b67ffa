//! What the reader has to say.

use crate::diagnostic::Diagnostic;
use crate::form::{Form, NESTING_MAX};
use crate::source::Span;
use crate::suggest::did_you_mean;

/// How many open brackets one message points at.
const OPEN_BRACKETS_SHOWN: usize = 3;

pub(crate) fn unclosed(
    open: &[(Span, &str)],
    closers: &str,
    next_top_level: Option<Span>,
) -> Diagnostic {
    let innermost = open.last().map_or("(", |(_, bracket)| bracket);
    let mut diagnostic = Diagnostic::error(
        "read::unclosed",
        format!("this `{innermost}` is never closed"),
    );
    for (place, (span, _)) in open.iter().rev().take(OPEN_BRACKETS_SHOWN).enumerate() {
        let text = if place == 0 {
            "opened here"
        } else {
            "inside this one, not closed either"
        };
        diagnostic = diagnostic.label(*span, text);
    }
    if let Some(span) = next_top_level {
        diagnostic = diagnostic.label(span, "the next form seems to begin here");
    }
    diagnostic.hint(format!("add `{closers}`"))
}

pub(crate) fn mismatched(
    opener: &str,
    opened: Span,
    wanted: &str,
    found: &str,
    closed: Span,
) -> Diagnostic {
    Diagnostic::error(
        "read::mismatched",
        format!("`{opener}` is closed by `{found}`"),
    )
    .label(closed, format!("`{wanted}` was expected here"))
    .label(opened, "opened here")
}

pub(crate) fn unexpected_closer(found: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::unexpected-closer",
        format!("this `{found}` closes nothing"),
    )
    .label(span, "no bracket is open here")
    .hint("remove it, or look for a bracket closed too early before it")
}

pub(crate) fn unterminated(what: &str, closer: &str, opening: Span) -> Diagnostic {
    Diagnostic::error("read::unterminated", format!("this {what} never ends"))
        .label(opening, "begins here")
        .hint(format!("add the closing `{closer}`"))
}

pub(crate) fn nested_too_deeply(span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::nested-too-deeply",
        format!("forms nest deeper than {NESTING_MAX} levels"),
    )
    .label(span, "one level too many")
    .hint("build data of this depth with a program, not in source text")
}

pub(crate) fn nested_fn_literal(span: Span, outer: Span) -> Diagnostic {
    Diagnostic::error(
        "read::nested-fn-literal",
        "a `#(…)` cannot stand inside another",
    )
    .label(span, "the inner one")
    .label(outer, "the outer one")
    .hint("write one of them as `(fn [x] …)`")
}

pub(crate) fn unreadable(span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::unreadable",
        "what prints as `#<…>` cannot be read back",
    )
    .label(span, "")
}

pub(crate) fn unknown_text(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::unknown", format!("`{text}` begins no form")).label(span, "")
}

pub(crate) fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error("read::too-long", "a source text is limited to 4 GiB").label(span, "")
}

pub(crate) fn prefix_without_form(prefix: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "read::missing-form",
        format!("`{prefix}` has no form after it"),
    )
    .label(span, "");
    match prefix {
        "^" | "#^" => diagnostic.hint("it takes two: the metadata, then the form that gets it"),
        _ => diagnostic,
    }
}

pub(crate) fn bad_number(text: &str, why: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::number", format!("`{text}` is not a number")).label(span, why)
}

pub(crate) fn bad_symbolic_number(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::number", format!("`{text}` is not a number"))
        .label(span, "")
        .hint("these are `##Inf`, `##-Inf` and `##NaN`")
}

pub(crate) fn bad_escape(escape: &str, why: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::escape", format!("`{escape}` is not a string escape"))
        .label(span, why)
        .hint(r#"escapes are \n \t \r \b \f \\ \" \u03BB \u{1F600}; write `\\` for a backslash"#)
}

pub(crate) fn bad_character(text: &str, span: Span) -> Diagnostic {
    let names = crate::printer::CHARACTER_NAMES
        .iter()
        .map(|(name, _)| *name);
    let hint = did_you_mean(text.trim_start_matches('\\'), names).unwrap_or_else(|| {
        r"a character is `\a`, `\newline`, `\space`, `\tab`, `\u03BB` or `\u{1F600}`".into()
    });
    Diagnostic::error("read::character", format!("`{text}` is not a character"))
        .label(span, "")
        .hint(hint)
}

pub(crate) fn bad_keyword(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::keyword", format!("`{text}` is not a keyword"))
        .label(span, "")
        .hint("a keyword is `:name`, `:namespace/name` or `::name`")
}

pub(crate) fn unknown_alias(alias: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::alias",
        format!("no namespace is known here as `{alias}`"),
    )
    .label(span, "")
    .hint(format!(
        "add `(:require [some.namespace :as {alias}])` to the `ns` form"
    ))
}

pub(crate) fn bad_symbol(text: &str, span: Span) -> Diagnostic {
    let hint = match text.strip_suffix(':') {
        Some(name) if !name.is_empty() => format!("a keyword has its colon in front: `:{name}`"),
        _ => "a symbol with a namespace is `namespace/name`".into(),
    };
    Diagnostic::error("read::symbol", format!("`{text}` is not a symbol"))
        .label(span, "")
        .hint(hint)
}

pub(crate) fn glued_ascription(text: &str, span: Span) -> Diagnostic {
    let spaced: Vec<&str> = text.split("::").filter(|part| !part.is_empty()).collect();
    let diagnostic = Diagnostic::error("read::ascription", "`::` needs white space on both sides")
        .label(span, "");
    match spaced[..] {
        [name, type_] => diagnostic.hint(format!("write `{name} :: {type_}`")),
        _ => diagnostic.hint("write `name :: Type`"),
    }
}

pub(crate) fn dangling_ascription(span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::ascription",
        "`::` needs a name before it and a type after it",
    )
    .label(span, "")
    .hint("write `name :: Type`")
}

pub(crate) fn odd_map(count: usize, last: &Form, span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::odd-map",
        format!("a map needs an even number of forms, this one has {count}"),
    )
    .label(span, "")
    .label(last.span, "has no value")
    .hint("a message with a tag starts with a keyword: `{:tag field …}` or `[:tag field …]`")
}

pub(crate) fn ambiguous_braces(items: &[Form], second: &Form, span: Span) -> Diagnostic {
    let shown: Vec<String> = items.iter().take(5).map(Form::to_string).collect();
    let more = if items.len() > 5 { " …" } else { "" };
    let inner = format!("{}{more}", shown.join(" "));
    let last = items.last().map_or(span, |form| form.span);
    Diagnostic::error(
        "read::ambiguous-braces",
        "these braces could be a map or a tagged message",
    )
    .label(second.span, "a second keyword in key position")
    .label(last, "the odd form out")
    .hint(format!(
        "for a message write `[{inner}]`; for a map give every key a value: `{{{inner} value}}`"
    ))
}

pub(crate) fn duplicate(what: &str, first: &Form, again: &Form) -> Diagnostic {
    Diagnostic::error(
        "read::duplicate",
        format!("`{again}` stands twice in this {what}"),
    )
    .label(again.span, "again here")
    .label(first.span, "first here")
}

pub(crate) fn bad_metadata(meta: &Form) -> Diagnostic {
    Diagnostic::error(
        "read::metadata",
        format!("{} cannot be metadata", meta.kind_name()),
    )
    .label(meta.span, "")
    .hint("metadata is a map, or a keyword, symbol or string in short: `^:private x`")
}

pub(crate) fn no_metadata_on(target: &Form) -> Diagnostic {
    Diagnostic::error(
        "read::metadata",
        format!("{} cannot have metadata", target.kind_name()),
    )
    .label(target.span, "")
    .hint("symbols, lists, vectors, maps and sets can")
}

pub(crate) fn bad_conditional(span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::conditional",
        "a reader conditional is a list of features and forms",
    )
    .label(span, "")
    .hint("write `#?(:batuta this :clj that :default other)`")
}

pub(crate) fn conditional_gives_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::conditional",
        "this reader conditional gives no form, and one is needed here",
    )
    .label(span, "")
    .hint("add a `:default` branch")
}

pub(crate) fn bad_splice(form: &Form) -> Diagnostic {
    Diagnostic::error(
        "read::conditional",
        format!("`#?@` splices a vector or a list, not {}", form.kind_name()),
    )
    .label(form.span, "")
}

pub(crate) fn bad_fn_argument(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "read::fn-literal",
        format!("`{text}` is no argument of a `#(…)`"),
    )
    .label(span, "")
    .hint("these are `%`, `%1` to `%20`, and `%&` for the rest")
}

pub(crate) fn bad_tag(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("read::tag", format!("`{text}` is not a reader tag"))
        .label(span, "")
        .hint("a tagged literal is `#tag form`, such as `#inst \"2024-01-01\"`")
}

pub(crate) fn not_a_map_after(prefix: &str, form: &Form) -> Diagnostic {
    Diagnostic::error(
        "read::namespaced-map",
        format!(
            "`{prefix}` stands before a map, this is {}",
            form.kind_name()
        ),
    )
    .label(form.span, "")
}
