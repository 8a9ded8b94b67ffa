//! The library written in Batuta: every function that takes functions, because native code never
//! calls Batuta code, and whatever else is as good without Rust.
//!
//! Only text lives here; whoever runs a program reads [`SOURCES`] before it, in this order. Each
//! file opens with its `ns` form and holds definitions only, so that loading runs nothing.
//! To add a function, write it into the file named after its subject; a new file is a row below.

/// One file of the library.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its path within the library, as diagnostics show it.
    pub name: &'static str,
    /// The namespace it defines names in.
    pub namespace: &'static str,
    /// The text.
    pub text: &'static str,
}

macro_rules! source {
    ($namespace:literal, $path:literal) => {
        Source {
            name: concat!("stdlib/", $path),
            namespace: $namespace,
            text: include_str!(concat!("../", $path)),
        }
    };
}

/// All files, in the order in which they are loaded.
pub static SOURCES: &[Source] = &[
    source!("batuta.core", "core/functions.bat"),
    source!("batuta.core", "core/reduce.bat"),
    source!("batuta.core", "core/lazy.bat"),
    source!("batuta.core", "core/partition.bat"),
    source!("batuta.core", "core/generate.bat"),
    source!("batuta.core", "core/search.bat"),
    source!("batuta.core", "core/maps.bat"),
    source!("batuta.core", "core/sorted.bat"),
    source!("batuta.core", "core/errors.bat"),
    source!("batuta.core", "core/hierarchy.bat"),
    source!("batuta.core", "core/numbers.bat"),
    source!("batuta.core", "core/arrays.bat"),
    source!("batuta.core", "core/state.bat"),
    source!("batuta.core", "core/tasks.bat"),
    source!("batuta.core", "core/actors.bat"),
    source!("batuta.core", "core/flocks.bat"),
    source!("batuta.core", "core/names.bat"),
    source!("batuta.core", "core/regex.bat"),
    source!("batuta.core", "core/vars.bat"),
    source!("batuta.core", "core/printing.bat"),
    source!("batuta.core", "core/files.bat"),
    source!("async", "async.bat"),
    source!("supervisor", "supervisor/specification.bat"),
    source!("supervisor", "supervisor/machine.bat"),
    source!("supervisor", "supervisor/requests.bat"),
    source!("stream", "stream.bat"),
    source!("topic", "topic.bat"),
    source!("gen-state", "gen_state.bat"),
    source!("clojure.pprint", "pprint.bat"),
    source!("clojure.repl", "repl.bat"),
    source!("edn", "edn.bat"),
    source!("json", "json.bat"),
    source!("http", "http.bat"),
    source!("csv", "csv.bat"),
    source!("io", "io.bat"),
    source!("os", "os.bat"),
    source!("re", "re.bat"),
    source!("set", "set.bat"),
    source!("time", "time.bat"),
    source!("walk", "walk.bat"),
    source!("data", "data.bat"),
    source!("template", "template.bat"),
    source!("zip", "zip.bat"),
    source!("gen", "gen.bat"),
    source!("prop", "prop.bat"),
    source!("test", "test.bat"),
    source!("math", "math.bat"),
    source!("math", "java/math.bat"),
    source!("Boolean", "java/boolean.bat"),
    source!("Character", "java/character.bat"),
    source!("Double", "java/double.bat"),
    source!("Integer", "java/integer.bat"),
    source!("Long", "java/long.bat"),
    source!("String", "java/string.bat"),
    source!("System", "java/system.bat"),
    source!("Thread", "java/thread.bat"),
    source!("PersistentQueue", "java/queue.bat"),
    source!("batuta.core", "core/testing.bat"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::SOURCES;

    #[test]
    fn every_file_opens_with_its_namespace() {
        for source in SOURCES {
            let opening = format!("(ns {})", source.namespace);
            let first = source.text.lines().find(|line| !line.starts_with(";;"));
            assert_eq!(first, Some(opening.as_str()), "{}", source.name);
        }
    }

    #[test]
    fn every_public_function_has_a_doc_string() {
        for source in SOURCES {
            let mut lines = source.text.lines();
            while let Some(line) = lines.next() {
                if line.starts_with("(defn ") {
                    let doc = lines.next().unwrap_or_default();
                    assert!(doc.starts_with("  \""), "{}: {line}", source.name);
                }
            }
        }
    }

    #[test]
    fn no_name_is_defined_twice() {
        let mut seen = HashSet::new();
        for source in SOURCES {
            for line in source.text.lines().filter(|line| line.starts_with("(defn")) {
                let name = line.split_whitespace().nth(1);
                assert!(
                    seen.insert((source.namespace, name)),
                    "{}: {line}",
                    source.name
                );
            }
        }
    }
}
