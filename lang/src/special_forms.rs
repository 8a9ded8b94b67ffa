//! The special forms: what the compiler itself understands, in one table.
//!
//! Completion, documentation and the compiler read the same rows. Before adding one, ask whether a
//! core macro or the library can do it.

/// One special form.
pub struct SpecialForm {
    /// The head.
    pub name: &'static str,
    /// How it is written.
    pub shape: &'static str,
    /// What it does.
    pub doc: &'static str,
}

const fn row(name: &'static str, shape: &'static str, doc: &'static str) -> SpecialForm {
    SpecialForm { name, shape, doc }
}

/// All special forms, by name.
pub const SPECIAL_FORMS: &[SpecialForm] = &[
    row(
        "case*",
        "(case* local default [[constant …] body] …)",
        "Chooses by constant; what `case` becomes.",
    ),
    row(
        "def",
        "(def name) (def name value) (def name \"doc\" value)",
        "Defines a name of the current namespace.",
    ),
    row(
        "defactor",
        "(defactor name [state …] …)",
        "Defines an actor.",
    ),
    row(
        "do",
        "(do form …)",
        "Evaluates the forms in order and gives the value of the last.",
    ),
    row(
        "fn*",
        "(fn* name? ([param … & rest] body …) …)",
        "A function; what `fn` becomes.",
    ),
    row("from", "(from source clause …)", "Builds a query value."),
    row(
        "if",
        "(if test then else?)",
        "Evaluates `then`, or `else` if the test is false or nil.",
    ),
    row(
        "let*",
        "(let* [name value …] body …)",
        "Binds names in order; what `let` becomes.",
    ),
    row(
        "let-cells*",
        "(let-cells* [name cell …] body …)",
        "Binds names that read what a cell holds, and that `set!` changes.",
    ),
    row(
        "letfn*",
        "(letfn* [name function …] body …)",
        "Binds functions that see each other; what `letfn` becomes.",
    ),
    row(
        "loop*",
        "(loop* [name value …] body …)",
        "Binds names and is the target of `recur`; what `loop` becomes.",
    ),
    row(
        "match",
        "(match value pattern -> body … pattern when guard -> body …)",
        "Runs the first clause whose pattern fits the value.",
    ),
    row(
        "match-args*",
        "(match-args* [name …] [pattern …] -> body … …)",
        "Matches several locals at once; what a function with arrow clauses becomes.",
    ),
    row(
        "ns*",
        "(ns* name doc (filter …) {attribute value …})",
        "Goes on in a namespace, made if new; what `ns` becomes.",
    ),
    row(
        "quote",
        "(quote form) 'form",
        "The form itself, not its value.",
    ),
    row(
        "receive",
        "(receive pattern -> body … …)",
        "Waits for the first message that a clause matches.",
    ),
    row(
        "receive-timeout",
        "(receive-timeout milliseconds pattern -> body … timeout -> body …)",
        "Waits at most so long.",
    ),
    row(
        "receive-with-priority",
        "(receive-with-priority pattern -> body … …)",
        "Tries each clause on the whole mailbox in turn.",
    ),
    row(
        "recur",
        "(recur value …)",
        "Goes round the nearest `loop`, `fn` or `defactor` again.",
    ),
    row(
        "set!",
        "(set! name value)",
        "Changes the current binding of a dynamic name.",
    ),
    row(
        "throw",
        "(throw reason)",
        "Crashes with the reason, unless a `try` takes it.",
    ),
    row(
        "try",
        "(try form … (catch pattern -> body …) (finally form …))",
        "Takes crashes of its forms.",
    ),
    row("var", "(var name) #'name", "The var itself, not its value."),
];

/// The special form of this name.
pub fn special_form(name: &str) -> Option<&'static SpecialForm> {
    SPECIAL_FORMS
        .binary_search_by(|form| form.name.cmp(name))
        .ok()
        .map(|place| &SPECIAL_FORMS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_documented() {
        assert!(SPECIAL_FORMS.is_sorted_by(|a, b| a.name < b.name));
        for form in SPECIAL_FORMS {
            assert!(
                form.shape.contains(form.name) && form.doc.ends_with('.'),
                "{}",
                form.name
            );
            assert!(special_form(form.name).is_some());
        }
        assert!(special_form("when").is_none());
    }
}
