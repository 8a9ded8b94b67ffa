//! The macros that come with the language, in one table.
//!
//! To add one: a function in the file of its subject under `macros/`, and a row here.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::ExpandFn;
use super::macros::{binding, case, condition, definition, effect, function, laziness, looping};
use super::macros::{multimethod, namespace, protocol, threading, types};

/// One macro.
pub struct CoreMacro {
    /// Its name in [`super::CORE_NS`].
    pub name: &'static str,
    /// How it is called, one argument list after the other.
    pub arglists: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What it does.
    pub expand: ExpandFn,
}

const fn row(
    name: &'static str,
    arglists: &'static str,
    expand: ExpandFn,
    doc: &'static str,
) -> CoreMacro {
    CoreMacro {
        name,
        arglists,
        doc,
        expand,
    }
}

/// All core macros, by name.
pub static CORE_MACROS: &[CoreMacro] = &[
    row(
        "->",
        "[x & steps]",
        threading::thread_first,
        "Passes x through the steps, as first argument of each.",
    ),
    row(
        "->>",
        "[x & steps]",
        threading::thread_last,
        "Passes x through the steps, as last argument of each.",
    ),
    row(
        "and",
        "[] [x] [x & more]",
        condition::and,
        "The first value that is false or nil, else the last; stops there.",
    ),
    row(
        "as->",
        "[x name & steps]",
        threading::thread_as,
        "Passes x through the steps, where `name` stands in each.",
    ),
    row(
        "assert",
        "[test] [test message]",
        effect::assert,
        "Crashes unless the test is true.",
    ),
    row(
        "attempt",
        "[& body]",
        effect::attempt,
        "`{:ok value}` of the body, `{:error reason}` if it crashes.",
    ),
    row(
        "binding",
        "[[name value …] & body]",
        effect::binding,
        "Runs the body with other values for dynamic names.",
    ),
    row(
        "case",
        "[value & clauses]",
        case::case,
        "Chooses the form behind the constant equal to the value; a last form alone is the default.",
    ),
    row(
        "comment",
        "[& forms]",
        effect::comment,
        "Nothing of it is run; nil.",
    ),
    row(
        "cond",
        "[& clauses]",
        condition::cond,
        "The form behind the first true test: `test form …`, or `test -> form …`.",
    ),
    row(
        "cond->",
        "[x & clauses]",
        threading::cond_first,
        "Passes x through those steps whose test is true, as first argument.",
    ),
    row(
        "cond->>",
        "[x & clauses]",
        threading::cond_last,
        "Passes x through those steps whose test is true, as last argument.",
    ),
    row(
        "condp",
        "[predicate value & clauses]",
        condition::condp,
        "The form behind the first test for which `(predicate test value)` is true.",
    ),
    row(
        "dbg",
        "[form]",
        effect::dbg,
        "Prints the form and its value, gives the value.",
    ),
    row(
        "declare",
        "[& names]",
        definition::declare,
        "Says that the names will be defined later.",
    ),
    row(
        "deferror",
        "[name doc? & members]",
        definition::deferror,
        "Names a closed set of errors: keywords, and other sets whose members belong to it too.",
    ),
    row(
        "defmacro",
        "[name doc? attributes? [params …] & body]",
        definition::defmacro,
        "Defines a macro: a function from forms to a form.",
    ),
    row(
        "defmethod",
        "[multimethod value [params …] & body] [multimethod value & arities]",
        multimethod::defmethod,
        "Gives a multimethod what it does for a dispatch value.",
    ),
    row(
        "defmulti",
        "[name doc? attributes? dispatch & options]",
        multimethod::defmulti,
        "Defines a function that chooses its method by what `dispatch` gives for the arguments; options are `:default` and `:hierarchy`.",
    ),
    row(
        "defn",
        "[name doc? attributes? [params …] & body] [name & arities] [name & clauses]",
        definition::defn,
        "Defines a function.",
    ),
    row(
        "defn-",
        "[name & more]",
        definition::defn_private,
        "Defines a function for this namespace only.",
    ),
    row(
        "defonce",
        "[name value]",
        definition::defonce,
        "Defines the name unless it has a value.",
    ),
    row(
        "defprotocol",
        "[name doc? & signatures]",
        protocol::defprotocol,
        "Defines methods that types can have; a signature is `(method [this …] … doc?)`.",
    ),
    row(
        "defrecord",
        "[name [field …] & protocols-and-methods]",
        types::defrecord,
        "Defines a type of maps with these fields, and `->name` and `map->name`.",
    ),
    row(
        "deftype",
        "[name [field …] & protocols-and-methods]",
        types::deftype,
        "Defines a type of objects with these fields, and `->name`.",
    ),
    row(
        "delay",
        "[& body]",
        laziness::delay,
        "Runs the body when first asked for its value, once.",
    ),
    row(
        "doseq",
        "[[name items …] & body]",
        looping::doseq,
        "Runs the body for each item; `:let`, `:when` and `:while` as in `for`.",
    ),
    row(
        "dotimes",
        "[[name count] & body]",
        looping::dotimes,
        "Runs the body with 0, 1 … up to the count.",
    ),
    row(
        "doto",
        "[x & forms]",
        threading::doto,
        "Passes x to each form as first argument; gives x.",
    ),
    row(
        "extend-protocol",
        "[protocol & types-and-methods]",
        protocol::extend_protocol,
        "Gives types the methods of a protocol.",
    ),
    row(
        "extend-type",
        "[type & protocols-and-methods]",
        protocol::extend_type,
        "Gives a type the methods of protocols.",
    ),
    row(
        "fn",
        "[name? [params …] & body] [name? & arities] [name? & clauses]",
        function::fn_,
        "A function.",
    ),
    row(
        "for",
        "[[name items …] body]",
        looping::for_,
        "A lazy sequence of the body's value for each item; `:let`, `:when`, `:while`.",
    ),
    row(
        "future",
        "[& body]",
        laziness::future,
        "Runs the body in a task of its own; `deref` waits for its value.",
    ),
    row(
        "if-let",
        "[[form value] then] [[form value] then else]",
        binding::if_let,
        "Binds the value if it is true, or fits the pattern.",
    ),
    row(
        "if-not",
        "[test then] [test then else]",
        condition::if_not,
        "`if` the other way round.",
    ),
    row(
        "if-some",
        "[[form value] then] [[form value] then else]",
        binding::if_some,
        "Binds the value unless it is nil.",
    ),
    row(
        "import",
        "[& specs]",
        namespace::import,
        "Brings types of other namespaces: `some.name.Type` or `[some.name Type …]`. Names of Java are \
         passed over.",
    ),
    row(
        "lazy-cat",
        "[& sequences]",
        laziness::lazy_cat,
        "The sequences one after the other, each evaluated when reached.",
    ),
    row(
        "lazy-seq",
        "[& body]",
        laziness::lazy_seq,
        "A sequence that the body gives when first asked for.",
    ),
    row(
        "let",
        "[[form value …] & body]",
        binding::let_,
        "Binds names in order, taking values apart.",
    ),
    row(
        "letfn",
        "[[(name [params …] & body) …] & body]",
        binding::letfn,
        "Binds functions that may call each other.",
    ),
    row(
        "locking",
        "[x & body]",
        effect::locking,
        "Runs the body: values do not change, so there is nothing to lock.",
    ),
    row(
        "loop",
        "[[form value …] & body]",
        binding::loop_,
        "`let`, and the target of `recur`.",
    ),
    row(
        "ns",
        "[name doc? attributes? & clauses]",
        namespace::ns,
        "Names the namespace of what follows, and what it requires.",
    ),
    row(
        "or",
        "[] [x] [x & more]",
        condition::or,
        "The first value that is neither false nor nil, else the last; stops there.",
    ),
    row(
        "reify",
        "[& protocols-and-methods]",
        types::reify,
        "An object with these methods, which see the locals around it.",
    ),
    row(
        "some->",
        "[x & steps]",
        threading::some_first,
        "`->` that ends at the first nil.",
    ),
    row(
        "some->>",
        "[x & steps]",
        threading::some_last,
        "`->>` that ends at the first nil.",
    ),
    row(
        "time",
        "[& body]",
        effect::time,
        "Prints how long the body took; gives its value.",
    ),
    row(
        "unless",
        "[test & body]",
        condition::when_not,
        "Runs the body if the test is false or nil.",
    ),
    row(
        "when",
        "[test & body]",
        condition::when,
        "Runs the body if the test is true.",
    ),
    row(
        "when-first",
        "[[name items] & body]",
        binding::when_first,
        "Runs the body with the first item, if there is one.",
    ),
    row(
        "when-let",
        "[[form value] & body]",
        binding::when_let,
        "Runs the body if the value is true, or fits the pattern.",
    ),
    row(
        "when-not",
        "[test & body]",
        condition::when_not,
        "Runs the body if the test is false or nil.",
    ),
    row(
        "when-some",
        "[[form value] & body]",
        binding::when_some,
        "Runs the body unless the value is nil.",
    ),
    row(
        "while",
        "[test & body]",
        looping::while_,
        "Runs the body as long as the test is true.",
    ),
    row(
        "with-open",
        "[[name value …] & body]",
        effect::with_open,
        "Runs the body, then closes the values, last first.",
    ),
    row(
        "|>",
        "[x & steps]",
        threading::thread_first,
        "Passes x through the steps, as first argument of each.",
    ),
];

/// The core macro of this name.
pub fn core_macro(name: &str) -> Option<&'static CoreMacro> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static CoreMacro>> =
        LazyLock::new(|| CORE_MACROS.iter().map(|it| (it.name, it)).collect());
    BY_NAME.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_documented() {
        assert!(CORE_MACROS.is_sorted_by(|a, b| a.name < b.name));
        for it in CORE_MACROS {
            assert!(
                it.arglists.starts_with('[') && it.doc.ends_with('.'),
                "{}",
                it.name
            );
            assert!(
                crate::special_forms::special_form(it.name).is_none(),
                "{}",
                it.name
            );
            assert_eq!(core_macro(it.name).map(|found| found.name), Some(it.name));
        }
    }
}
