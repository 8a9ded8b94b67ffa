//! The dynamic vars of Batuta's core that the runtime itself looks at, and those that are only
//! there because programs bind them.
//!
//! To add one: a row of [`KNOWN`] and a variant at the same place, or a row of `OTHERS`.

use std::sync::LazyLock;

use crate::builtins::core_state::bound_value;
use crate::collections::{list, map};
use crate::context::Cx;
use crate::function::{VarBody, var_flags};
use crate::namespace::{self, CORE};
use crate::stream;
use crate::value::Value;

/// A var the runtime looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// `*data-readers*`
    DataReaders,
    /// `*default-data-reader-fn*`
    DefaultDataReader,
    /// `*err*`
    Err,
    /// `*in*`
    In,
    /// `*ns*`
    Ns,
    /// `*out*`
    Out,
    /// `*print-dup*`
    PrintDup,
    /// `*print-length*`
    PrintLength,
    /// `*print-level*`
    PrintLevel,
    /// `*print-meta*`
    PrintMeta,
    /// `*print-namespace-maps*`
    PrintNamespaceMaps,
    /// `*print-readably*`
    PrintReadably,
}

/// Names and what they are for, in the order of [`Dynamic`].
const KNOWN: [(&str, &str); 12] = [
    (
        "*data-readers*",
        "Functions that make the values of tagged literals, by tag.",
    ),
    (
        "*default-data-reader-fn*",
        "Called with tag and form of a literal whose tag nothing reads.",
    ),
    ("*err*", "Where error messages are printed."),
    ("*in*", "Where `read-line` and `read` read from."),
    ("*ns*", "The current namespace."),
    ("*out*", "Where `print` and its like write to."),
    (
        "*print-dup*",
        "Print so that reading gives the same kind again.",
    ),
    (
        "*print-length*",
        "How many items of a collection are printed; nil: all.",
    ),
    (
        "*print-level*",
        "How deep collections are printed; nil: to the bottom.",
    ),
    ("*print-meta*", "Print metadata too."),
    (
        "*print-namespace-maps*",
        "Print maps whose keys share a namespace as `#:ns{…}`.",
    ),
    (
        "*print-readably*",
        "Print strings and characters as the reader takes them.",
    ),
];

/// Vars that programs of Clojure bind or look at, and that change nothing here.
const OTHERS: [(&str, Start, &str); 17] = [
    ("*agent*", Start::Nil, "Nil: there are no agents."),
    (
        "*allow-unresolved-vars*",
        Start::False,
        "Has no effect: unknown names are told of at the end of a file.",
    ),
    (
        "*assert*",
        Start::True,
        "Has no effect: assertions are always checked.",
    ),
    (
        "*clojure-version*",
        Start::Version,
        "The version of Clojure whose library this one follows.",
    ),
    (
        "*compile-files*",
        Start::False,
        "Has no effect: code is compiled at its first call.",
    ),
    (
        "*compile-path*",
        Start::Nil,
        "Nil: nothing is compiled to class files.",
    ),
    ("*compiler-options*", Start::Nil, "Has no effect."),
    ("*file*", Start::Nil, "Nil: diagnostics know the file."),
    (
        "*flush-on-newline*",
        Start::True,
        "Has no effect: one print call is one write.",
    ),
    (
        "*math-context*",
        Start::Nil,
        "The precision of decimals that `with-precision` sets.",
    ),
    (
        "*read-eval*",
        Start::True,
        "Has no effect: the reader never evaluates.",
    ),
    ("*reader-resolver*", Start::Nil, "Has no effect."),
    (
        "*source-path*",
        Start::Nil,
        "Nil: diagnostics know the file.",
    ),
    (
        "*suppress-read*",
        Start::Nil,
        "Has no effect: the reader never evaluates.",
    ),
    (
        "*unchecked-math*",
        Start::False,
        "Has no effect: integers never overflow.",
    ),
    ("*verbose-defrecords*", Start::False, "Has no effect."),
    (
        "*warn-on-reflection*",
        Start::False,
        "Has no effect: there is no reflection.",
    ),
];

#[derive(Clone, Copy)]
enum Start {
    Nil,
    True,
    False,
    Version,
}

impl Start {
    fn value(self) -> Value {
        match self {
            Start::Nil => Value::NIL,
            Start::True => Value::TRUE,
            Start::False => Value::FALSE,
            Start::Version => map::from_pairs([
                (Value::keyword("major"), small(1)),
                (Value::keyword("minor"), small(12)),
                (Value::keyword("incremental"), small(0)),
                (Value::keyword("qualifier"), Value::NIL),
            ]),
        }
    }
}

fn small(n: i64) -> Value {
    Value::small_int(n).unwrap_or_default()
}

static VARS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let known = KNOWN.iter().enumerate();
    known
        .map(|(index, (name, doc))| define(name, first_value(index), doc))
        .collect()
});

fn first_value(index: usize) -> Value {
    const NS: usize = Dynamic::Ns as usize;
    const OUT: usize = Dynamic::Out as usize;
    const ERR: usize = Dynamic::Err as usize;
    const IN: usize = Dynamic::In as usize;
    const DATA_READERS: usize = Dynamic::DataReaders as usize;
    const READABLY: usize = Dynamic::PrintReadably as usize;
    const DUP: usize = Dynamic::PrintDup as usize;
    const META: usize = Dynamic::PrintMeta as usize;
    const NAMESPACE_MAPS: usize = Dynamic::PrintNamespaceMaps as usize;
    match index {
        NS => namespace::create("user"),
        OUT => stream::standard_output(),
        ERR => stream::standard_error(),
        IN => stream::standard_input(),
        DATA_READERS => map::empty(),
        READABLY => Value::TRUE,
        DUP | META | NAMESPACE_MAPS => Value::FALSE,
        _ => Value::NIL,
    }
}

fn define(name: &str, value: Value, doc: &str) -> Value {
    let var = namespace::intern(CORE, name);
    if let Some(body) = var.as_object::<VarBody>() {
        body.set(var_flags::DYNAMIC);
        body.set_root(&var, value);
        body.set_meta(map::from_pairs([(Value::keyword("doc"), Value::str(doc))]));
    }
    var
}

/// Defines the vars in Batuta's core. Once, before anything is compiled.
pub fn install() {
    LazyLock::force(&VARS);
    for (name, start, doc) in OTHERS {
        define(name, start.value(), doc);
    }
}

/// The var itself.
pub fn var(which: Dynamic) -> &'static Value {
    &VARS[which as usize]
}

/// What the var holds in this actor.
pub fn value(cx: &Cx, which: Dynamic) -> Value {
    let var = var(which);
    let bound = (!cx.coroutine.inherited.is_nil())
        .then(|| bound_value(cx, var))
        .flatten();
    bound.unwrap_or_else(|| root(which))
}

/// What the var holds where nothing binds it.
pub fn root(which: Dynamic) -> Value {
    let body = var(which).as_object::<VarBody>();
    body.and_then(VarBody::root).unwrap_or_default()
}

/// Replaces what the var holds where nothing binds it.
pub fn set_root(which: Dynamic, value: Value) {
    let var = var(which);
    if let Some(body) = var.as_object::<VarBody>() {
        body.set_root(var, value);
    }
}

/// Bindings, as [`crate::actor::evaluate_with`] takes them, of one var more than `inherited` has.
pub fn with_binding(inherited: &Value, which: Dynamic, value: Value) -> Value {
    let outer = list::as_list(inherited).map(|cell| cell.first().clone());
    let bindings = outer.unwrap_or_else(map::empty);
    let all = map::assoc(bindings, var(which).clone(), value);
    list::cons(all, inherited.clone())
}

/// Of an actor's bindings those that the actors it spawns have too: where they read from, print
/// to, and are.
pub fn for_spawned(inherited: &Value) -> Value {
    let Some(cell) = list::as_list(inherited).filter(|cell| map::is_map(cell.first())) else {
        return Value::NIL;
    };
    let kept = [Dynamic::Err, Dynamic::In, Dynamic::Ns, Dynamic::Out].into_iter();
    let bound = kept.filter_map(|which| {
        let value = map::get(cell.first(), var(which))?;
        Some((var(which).clone(), value.clone()))
    });
    match map::from_pairs(bound) {
        none if map::len(&none) == Some(0) => Value::NIL,
        some => list::cons(some, Value::NIL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_its_row() {
        let rows = [
            (Dynamic::DataReaders, "*data-readers*"),
            (Dynamic::DefaultDataReader, "*default-data-reader-fn*"),
            (Dynamic::Err, "*err*"),
            (Dynamic::In, "*in*"),
            (Dynamic::Ns, "*ns*"),
            (Dynamic::Out, "*out*"),
            (Dynamic::PrintDup, "*print-dup*"),
            (Dynamic::PrintLength, "*print-length*"),
            (Dynamic::PrintLevel, "*print-level*"),
            (Dynamic::PrintMeta, "*print-meta*"),
            (Dynamic::PrintNamespaceMaps, "*print-namespace-maps*"),
            (Dynamic::PrintReadably, "*print-readably*"),
        ];
        assert_eq!(rows.len(), KNOWN.len());
        for (which, name) in rows {
            assert_eq!(KNOWN[which as usize].0, name);
        }
        assert!(KNOWN.is_sorted() && OTHERS.is_sorted_by_key(|row| row.0));
    }
}
