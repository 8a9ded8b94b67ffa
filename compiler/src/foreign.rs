//! What Clojure and Java programs call by names that mean nothing here, and what says it in Batuta.
//! Only hints of diagnostics are made of it.
//!
//! To add one: a row in the table of its kind.

/// Methods, by what stands behind the dot.
const METHODS: [(&str, &str); 46] = [
    ("charAt", "nth"),
    ("close", "close"),
    ("compareTo", "compare"),
    ("concat", "str"),
    ("contains", "str/includes?` or `contains?"),
    ("containsKey", "contains?"),
    ("endsWith", "str/ends-with?"),
    ("equals", "="),
    ("equalsIgnoreCase", "str/lower-case"),
    ("format", "format"),
    ("get", "get"),
    ("getBytes", "to-bytes"),
    ("getCause", "ex-cause"),
    ("getClass", "class"),
    ("getData", "ex-data"),
    ("getKey", "key"),
    ("getMessage", "ex-message"),
    ("getName", "name"),
    ("getTime", "inst-ms"),
    ("getValue", "val"),
    ("hashCode", "hash"),
    ("indexOf", "str/index-of"),
    ("intValue", "int"),
    ("isEmpty", "empty?"),
    ("isNaN", "NaN?"),
    ("lastIndexOf", "str/last-index-of"),
    ("length", "count"),
    ("longValue", "long"),
    ("matches", "re-matches"),
    ("nextInt", "rand-int"),
    ("println", "println"),
    ("put", "assoc"),
    ("readLine", "read-line"),
    ("replace", "str/replace"),
    ("replaceAll", "str/replace"),
    ("size", "count"),
    ("split", "str/split"),
    ("start", "spawn"),
    ("startsWith", "str/starts-with?"),
    ("substring", "subs"),
    ("toCharArray", "seq"),
    ("toLowerCase", "str/lower-case"),
    ("toString", "str"),
    ("toUpperCase", "str/upper-case"),
    ("trim", "str/trim"),
    ("write", "io/write"),
];

/// Classes that are made, without their package.
const CLASSES: [(&str, &str); 22] = [
    ("ArrayDeque", "`(queue)`, or a vector"),
    ("ArrayList", "a vector, or `(transient [])`"),
    ("BigDecimal", "`(bigdec …)`"),
    ("BigInteger", "integers of any size, or `(bigint …)`"),
    ("BufferedReader", "`(io/reader …)`"),
    ("CountDownLatch", "`promise` and `deliver`"),
    ("Date", "`(now)`, and the namespace `time`"),
    ("File", "paths, which are strings, and the namespace `io`"),
    ("FileReader", "`(io/reader …)`"),
    ("FileWriter", "`(io/writer …)`"),
    ("HashMap", "a map, or `(transient {})`"),
    ("HashSet", "a set, or `(transient #{})`"),
    ("LinkedList", "`(queue)`, or a list"),
    ("PriorityQueue", "a `sorted-set` or `sorted-map`"),
    ("Random", "`rand` and `rand-int`, or the namespace `rand`"),
    ("Scanner", "`read-line`, or `line-seq` of `(io/reader …)`"),
    ("String", "`str`"),
    ("StringBuffer", "`(string-builder)`"),
    ("StringBuilder", "`(string-builder)`"),
    ("StringReader", "`with-in-str`"),
    ("Thread", "`(spawn (fn [] …))`"),
    ("TreeMap", "`(sorted-map)`"),
];

/// Names of `clojure.core` that are not there on purpose.
const NAMES: [(&str, &str); 24] = [
    (".", HOST),
    ("..", HOST),
    ("agent", ACTORS),
    ("agent-error", ACTORS),
    ("alter", ACTORS),
    ("await", "tasks are awaited with `async/await`"),
    ("bean", HOST),
    ("commute", ACTORS),
    ("defstruct", "`defrecord` makes such types"),
    ("definterface", "`defprotocol` names methods"),
    ("dosync", ACTORS),
    ("ensure", ACTORS),
    ("error-handler", ACTORS),
    ("gen-class", HOST),
    ("io!", ACTORS),
    ("proxy", "`reify` makes an object with methods"),
    ("proxy-super", HOST),
    ("ref", ACTORS),
    ("ref-set", ACTORS),
    ("restart-agent", ACTORS),
    ("send-off", "messages go to actors: `(send actor message)`"),
    ("send-via", "messages go to actors: `(send actor message)`"),
    ("struct", "`defrecord` makes such types"),
    ("sync", ACTORS),
];

/// Classes whose static methods programs call, without their package.
const STATICS: [(&str, &str); 17] = [
    ("Arrays", "arrays are sequences: `sort`, `vec`, `seq`"),
    ("Base64", "the namespace `base64` does that"),
    ("Collections", "`sort`, `shuffle`, `reverse`, `max` …"),
    ("Duration", "the namespace `time` has durations"),
    (
        "Executors",
        "`future`, `pmap` and `async/map` compute side by side",
    ),
    ("Files", "the namespace `io` has files"),
    ("Instant", "the namespace `time` has instants; `(now)`"),
    (
        "LocalDate",
        "the namespace `time` has dates; `(time/date …)`",
    ),
    (
        "LocalDateTime",
        "the namespace `time` has them; `(time/datetime …)`",
    ),
    ("Objects", "`=`, `hash`, `nil?`"),
    ("Paths", "paths are strings; the namespace `io` takes them"),
    ("Pattern", "`re-pattern`, and the namespace `re`"),
    ("Runtime", "the namespaces `os` and `runtime` have that"),
    (
        "ThreadLocalRandom",
        "`rand` and `rand-int`, or the namespace `rand`",
    ),
    ("TimeUnit", "times are milliseconds: `(seconds 2)`"),
    ("URLEncoder", "`http/url-encode` does that"),
    ("UUID", "`(random-uuid)` and `(parse-uuid …)`"),
];

const ACTORS: &str = "state belongs in actors (`defactor`, `gen-state/start`) or in an `atom`";
const HOST: &str = "there is no host to call methods of";

fn found<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let row = table.iter().find(|row| row.0 == name)?;
    Some(row.1)
}

/// The name without what stands before its last dot.
fn short(class: &str) -> &str {
    class.rsplit_once('.').map_or(class, |(_, short)| short)
}

/// What to write in place of a call of `.method`, `.-field` or `Class.`.
pub(crate) fn instead_of_call(name: &str) -> String {
    if let Some(class) = name.strip_suffix('.') {
        return match found(&CLASSES, short(class)) {
            Some(instead) => format!("there are no Java classes; what does it here is {instead}"),
            None => "`defrecord` and `deftype` make types; there are no Java classes".to_owned(),
        };
    }
    let method = name.trim_start_matches('.');
    if method.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("a number has digits before its point: `0.{method}`");
    }
    match found(&METHODS, method) {
        Some(function) => format!("use `{function}`"),
        None => match method.strip_prefix('-') {
            Some(field) => format!("fields of a record are keys: `(:{field} x)`"),
            None => "use a function of Batuta's library instead".to_owned(),
        },
    }
}

/// What does here what the name does in Clojure.
pub(crate) fn instead_of_name(name: &str) -> Option<&'static str> {
    found(&NAMES, name)
}

/// What does here what the static methods of a class do in Java.
pub(crate) fn instead_of_class(class: &str) -> Option<&'static str> {
    found(&STATICS, short(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted() {
        assert!(METHODS.is_sorted_by_key(|row| row.0));
        assert!(CLASSES.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn packages_do_not_count() {
        assert!(instead_of_call("java.util.Date.").contains("(now)"));
        assert!(instead_of_class("java.util.UUID").is_some());
        assert_eq!(instead_of_class("my.app"), None);
    }

    #[test]
    fn methods_and_fields_are_told_apart() {
        assert_eq!(instead_of_call(".length"), "use `count`");
        assert_eq!(
            instead_of_call(".-x"),
            "fields of a record are keys: `(:x x)`"
        );
        assert!(instead_of_call(".5").contains("`0.5`"));
    }
}
