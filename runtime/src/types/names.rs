//! The names of Batuta's own types, and how they are spelled elsewhere.
//!
//! To add a type: a row in `TYPES`. What `(class x)` can give has a row of its own, and so has
//! every wider type that a program can name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::failure::ErrorBody;
use crate::value::Value;

/// A type: its keyword, the wider types, and its names.
struct Row {
    keyword: &'static str,
    wider: &'static [&'static str],
    /// The first one is Batuta's.
    names: &'static [&'static str],
}

const fn row(
    keyword: &'static str,
    wider: &'static [&'static str],
    names: &'static [&'static str],
) -> Row {
    Row {
        keyword,
        wider,
        names,
    }
}

const SEQUENCE: &[&str] = &["seq", "sequential", "coll", "seqable", "iobj"];

const TYPES: &[Row] = &[
    row("any", &[], &["Any"]),
    row("object", &[], &["Object", "java.lang.Object"]),
    row("nil", &[], &["Nil"]),
    row(
        "int",
        &["num", "comparable"],
        &[
            "Int",
            "Long",
            "Integer",
            "BigInt",
            "Short",
            "Byte",
            "BigInteger",
            "java.lang.Long",
            "java.lang.Integer",
            "java.lang.Short",
            "java.lang.Byte",
            "java.math.BigInteger",
            "clojure.lang.BigInt",
        ],
    ),
    row(
        "float",
        &["num", "comparable"],
        &["Float", "Double", "java.lang.Double", "java.lang.Float"],
    ),
    row(
        "ratio",
        &["num", "comparable"],
        &["Ratio", "clojure.lang.Ratio"],
    ),
    row(
        "decimal",
        &["num", "comparable"],
        &["Decimal", "BigDecimal", "java.math.BigDecimal"],
    ),
    row("num", &[], &["Num", "Number", "java.lang.Number"]),
    row(
        "string",
        &["char-sequence", "comparable", "seqable"],
        &["String", "java.lang.String"],
    ),
    row(
        "char-sequence",
        &[],
        &["CharSequence", "java.lang.CharSequence"],
    ),
    row(
        "char",
        &["comparable"],
        &["Char", "Character", "java.lang.Character"],
    ),
    row(
        "bool",
        &["comparable"],
        &["Bool", "Boolean", "java.lang.Boolean"],
    ),
    row(
        "keyword",
        &["named", "ifn", "comparable"],
        &["Keyword", "clojure.lang.Keyword"],
    ),
    row(
        "symbol",
        &["named", "ifn", "iobj", "comparable"],
        &["Symbol", "clojure.lang.Symbol"],
    ),
    row("named", &[], &["Named", "clojure.lang.Named"]),
    row(
        "vector",
        &[
            "sequential",
            "associative",
            "lookup",
            "indexed",
            "reversible",
            "counted",
            "coll",
            "seqable",
            "ifn",
            "iobj",
            "comparable",
        ],
        &[
            "Vector",
            "IPersistentVector",
            "clojure.lang.IPersistentVector",
            "clojure.lang.PersistentVector",
            "clojure.lang.APersistentVector",
            "java.util.List",
        ],
    ),
    row(
        "list",
        SEQUENCE,
        &[
            "List",
            "IPersistentList",
            "clojure.lang.IPersistentList",
            "clojure.lang.PersistentList",
            "clojure.lang.LazySeq",
            "clojure.lang.Cons",
        ],
    ),
    row(
        "seq",
        &["sequential", "coll", "seqable"],
        &["Seq", "ISeq", "clojure.lang.ISeq"],
    ),
    row(
        "sequential",
        &["coll", "seqable"],
        &["Sequential", "clojure.lang.Sequential"],
    ),
    row(
        "map",
        &[
            "associative",
            "lookup",
            "counted",
            "coll",
            "seqable",
            "ifn",
            "iobj",
        ],
        &[
            "Map",
            "IPersistentMap",
            "clojure.lang.IPersistentMap",
            "clojure.lang.APersistentMap",
            "clojure.lang.PersistentArrayMap",
            "clojure.lang.PersistentHashMap",
            "java.util.Map",
        ],
    ),
    row(
        "sorted-map",
        &[
            "map",
            "sorted",
            "reversible",
            "associative",
            "lookup",
            "counted",
            "coll",
            "seqable",
            "ifn",
            "iobj",
        ],
        &["SortedMap", "clojure.lang.PersistentTreeMap"],
    ),
    row(
        "record",
        &[
            "map",
            "associative",
            "lookup",
            "counted",
            "coll",
            "seqable",
            "iobj",
        ],
        &["Record", "IRecord", "clojure.lang.IRecord"],
    ),
    row(
        "set",
        &["counted", "coll", "seqable", "ifn", "iobj"],
        &[
            "Set",
            "IPersistentSet",
            "clojure.lang.IPersistentSet",
            "clojure.lang.APersistentSet",
            "clojure.lang.PersistentHashSet",
            "java.util.Set",
        ],
    ),
    row(
        "sorted-set",
        &[
            "set",
            "sorted",
            "reversible",
            "counted",
            "coll",
            "seqable",
            "ifn",
            "iobj",
        ],
        &["SortedSet", "clojure.lang.PersistentTreeSet"],
    ),
    row(
        "queue",
        &["sequential", "counted", "coll", "seqable", "iobj"],
        &["Queue", "clojure.lang.PersistentQueue"],
    ),
    row("sorted", &[], &["Sorted", "clojure.lang.Sorted"]),
    row(
        "reversible",
        &[],
        &["Reversible", "clojure.lang.Reversible"],
    ),
    row("indexed", &[], &["Indexed", "clojure.lang.Indexed"]),
    row("counted", &[], &["Counted", "clojure.lang.Counted"]),
    row(
        "associative",
        &["lookup"],
        &["Associative", "clojure.lang.Associative"],
    ),
    row("lookup", &[], &["ILookup", "clojure.lang.ILookup"]),
    row(
        "coll",
        &["seqable"],
        &[
            "Coll",
            "IPersistentCollection",
            "clojure.lang.IPersistentCollection",
            "java.util.Collection",
        ],
    ),
    row(
        "seqable",
        &[],
        &[
            "Seqable",
            "clojure.lang.Seqable",
            "Iterable",
            "java.lang.Iterable",
            "java.util.Iterator",
        ],
    ),
    row(
        "iobj",
        &[],
        &["IObj", "clojure.lang.IObj", "IMeta", "clojure.lang.IMeta"],
    ),
    row("comparable", &[], &["Comparable", "java.lang.Comparable"]),
    row(
        "fn",
        &["ifn", "runnable"],
        &["Fn", "clojure.lang.Fn", "clojure.lang.AFn"],
    ),
    row(
        "multimethod",
        &["ifn"],
        &["MultiFn", "clojure.lang.MultiFn"],
    ),
    row("ifn", &[], &["IFn", "clojure.lang.IFn"]),
    row(
        "runnable",
        &[],
        &[
            "Runnable",
            "java.lang.Runnable",
            "Callable",
            "java.util.concurrent.Callable",
        ],
    ),
    row(
        "var",
        &["ifn", "ideref", "iref"],
        &["Var", "clojure.lang.Var"],
    ),
    row(
        "atom",
        &["ideref", "iref"],
        &["Atom", "clojure.lang.Atom", "clojure.lang.IAtom"],
    ),
    row(
        "volatile",
        &["ideref"],
        &["Volatile", "clojure.lang.Volatile"],
    ),
    row(
        "delay",
        &["ideref", "pending"],
        &["Delay", "clojure.lang.Delay"],
    ),
    row("promise", &["ideref", "pending"], &["Promise"]),
    row(
        "task",
        &["ideref", "pending"],
        &["Future", "java.util.concurrent.Future"],
    ),
    row("ideref", &[], &["IDeref", "clojure.lang.IDeref"]),
    row("iref", &[], &["IRef", "clojure.lang.IRef"]),
    row("pending", &[], &["IPending", "clojure.lang.IPending"]),
    row("reduced", &["ideref"], &["Reduced", "clojure.lang.Reduced"]),
    row(
        "regex",
        &[],
        &["Regex", "Pattern", "java.util.regex.Pattern"],
    ),
    row("uuid", &["comparable"], &["Uuid", "UUID", "java.util.UUID"]),
    row(
        "instant",
        &["comparable"],
        &["Instant", "Date", "java.util.Date", "java.time.Instant"],
    ),
    row("pid", &[], &["Pid"]),
    row(
        "error",
        &[],
        &[
            "Throwable",
            "Exception",
            "Error",
            "RuntimeException",
            "java.lang.Throwable",
            "java.lang.Exception",
            "java.lang.Error",
            "java.lang.RuntimeException",
        ],
    ),
    row(
        "closeable",
        &[],
        &["Closeable", "java.io.Closeable", "AutoCloseable"],
    ),
    row(
        "reduce-init",
        &[],
        &[
            "IReduceInit",
            "clojure.lang.IReduceInit",
            "IReduce",
            "clojure.lang.IReduce",
        ],
    ),
    row("hash-eq", &[], &["IHashEq", "clojure.lang.IHashEq"]),
    row("kv-reduce", &[], &["IKVReduce", "clojure.lang.IKVReduce"]),
    row(
        "stack",
        &[],
        &["IPersistentStack", "clojure.lang.IPersistentStack"],
    ),
];

/// Names of exceptions, and the kinds of faults each takes.
pub const EXCEPTIONS: [(&str, &[&str]); 20] = [
    ("ArithmeticException", &["divide-by-zero", "number"]),
    ("ArityException", &["arity"]),
    ("ArrayIndexOutOfBoundsException", &["index"]),
    ("AssertionError", &["assert"]),
    ("ClassCastException", &["type"]),
    ("ExceptionInfo", &["user"]),
    ("ExecutionException", &["call"]),
    ("FileNotFoundException", &["io"]),
    ("IOException", &["io"]),
    ("IllegalArgumentException", &["type", "match", "arity"]),
    ("IllegalStateException", &["panic", "type"]),
    ("IndexOutOfBoundsException", &["index"]),
    ("InterruptedException", &["call"]),
    ("NullPointerException", &["type"]),
    ("NumberFormatException", &["number"]),
    ("OutOfMemoryError", &["memory"]),
    ("StackOverflowError", &["stack"]),
    ("StringIndexOutOfBoundsException", &["index"]),
    ("TimeoutException", &["call"]),
    ("UnsupportedOperationException", &["type"]),
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = TYPES.iter();
    rows.flat_map(|row| row.names.iter().map(|name| (*name, row.keyword)))
        .collect()
});

static BY_KEYWORD: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| TYPES.iter().map(|row| (row.keyword, row)).collect());

/// Is this the text of the keyword of one of Batuta's own types?
pub fn is_type(keyword: &str) -> bool {
    BY_KEYWORD.contains_key(keyword)
}

/// The types wider than one of Batuta's own.
pub(super) fn wider(keyword: &str) -> impl Iterator<Item = &'static str> + use<> {
    let row = BY_KEYWORD.get(keyword);
    row.into_iter().flat_map(|row| row.wider.iter().copied())
}

/// The type of Batuta's own that a name stands for.
pub fn named(name: &str) -> Option<Value> {
    if let Some(keyword) = BY_NAME.get(name) {
        return Some(Value::keyword(keyword));
    }
    let short = name.rsplit('.').next()?;
    let known = EXCEPTIONS.iter().find(|(known, _)| *known == short)?;
    Some(Value::keyword(known.0))
}

/// The kinds of faults that the name of an exception stands for.
pub fn exception_kinds(name: &str) -> Option<&'static [&'static str]> {
    let found = EXCEPTIONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kinds)| *kinds)
}

/// The names of exceptions that an error value goes by.
pub(super) fn error_types(value: &Value) -> Option<impl Iterator<Item = &'static str> + use<>> {
    let kind = value.as_object::<ErrorBody>()?.kind.as_keyword()?.text();
    let fits = move |(_, kinds): &&(&str, &[&str])| kinds.contains(&kind);
    Some(EXCEPTIONS.iter().filter(fits).map(|(name, _)| *name))
}

/// The var that holds the type of this name: given its value when first asked for.
pub(crate) fn var_of(name: &str) -> Option<Value> {
    if let Some(defined) = super::find(name) {
        let (namespace, short) = defined.name.rsplit_once('.')?;
        return crate::namespace::find(namespace, short);
    }
    let type_ = named(name)?;
    let var = crate::namespace::intern(crate::namespace::CORE, name);
    if let Some(body) = var.as_object::<crate::function::VarBody>() {
        body.set_root(&var, type_);
    }
    Some(var)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_keyword_stands_for_one_type() {
        let names: usize = TYPES.iter().map(|row| row.names.len()).sum();
        assert_eq!(BY_NAME.len(), names);
        assert_eq!(BY_KEYWORD.len(), TYPES.len());
    }

    #[test]
    fn wider_types_exist() {
        for row in TYPES {
            for wide in row.wider {
                assert!(is_type(wide), "{} of {}", wide, row.keyword);
            }
        }
    }

    #[test]
    fn names_of_the_jvm_are_spellings() {
        assert_eq!(named("java.lang.String"), named("String"));
        assert_eq!(named("Long"), Some(Value::keyword("int")));
        assert_eq!(named("Strin"), None);
        assert!(EXCEPTIONS.is_sorted_by_key(|(name, _)| *name));
    }
}
