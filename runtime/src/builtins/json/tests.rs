use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::number;
use crate::value::print;

fn read(text: Value) -> Result<Value, Fault> {
    match text.as_bytes() {
        Some(bytes) => read_bytes(bytes),
        None => read_bytes(text.as_str().unwrap_or_default().as_bytes()),
    }
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../tests/json-test-suite",
        folder,
    ]
    .iter()
    .collect();
    let entries = fs::read_dir(&folder).expect("the suite is in the tree");
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, fs::read(entry.path()).expect("it can be read"))
    };
    entries
        .map(|entry| file(entry.expect("it can be read")))
        .collect()
}

#[test]
fn the_suite_is_accepted_and_refused_as_it_says() {
    let mut seen = 0;
    for (name, bytes) in files("test_parsing") {
        seen += 1;
        let result = read(Value::bytes(bytes));
        match name.split('_').next() {
            Some("y") => assert!(result.is_ok(), "{name}: {:?}", result.err()),
            Some("n") => {
                let fault = result.expect_err(&name);
                assert!(
                    fault.message.starts_with("JSON, line "),
                    "{name}: {fault:?}"
                );
                let column = map::get_keyword(&fault.data, "column").and_then(number::as_i64);
                assert!(column >= Some(1), "{name}: {fault:?}");
            }
            _ => drop(result),
        }
    }
    assert!(seen > 100, "only {seen} files were found");
}

#[test]
fn what_was_read_is_written_and_read_again() {
    let mut texts = files("test_transform");
    texts.extend(files("test_parsing"));
    for (name, bytes) in texts {
        let Ok(value) = read(Value::bytes(bytes)) else {
            continue;
        };
        if let Ok(text) = text_of(&value) {
            let again = read(Value::str(&text)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert_eq!(print::readable(&again), print::readable(&value), "{name}");
        }
    }
}

#[test]
fn depth_costs_no_native_stack() {
    let deep = format!("{}{}", "[".repeat(300_000), "]".repeat(300_000));
    let value = read(Value::str(&deep)).expect("as deep as memory allows");
    assert_eq!(text_of(&value).ok().as_deref(), Some(deep.as_str()));
    assert!(read(Value::string("{\"a\":".repeat(300_000))).is_err());
}

#[test]
fn errors_point_at_the_place() {
    for (text, wanted) in [
        (
            "",
            "JSON, line 1, column 1: expected a value, found the end of the text",
        ),
        (
            "[1,\n  2,]",
            "JSON, line 2, column 5: expected a value, found ']'",
        ),
        (
            "{\"a\" 1}",
            "JSON, line 1, column 6: expected a colon behind the property name, found '1'",
        ),
        (
            "[\"é\", x]",
            "JSON, line 1, column 7: expected a value, found 'x'",
        ),
        (
            "\"\\uD800\"",
            "JSON, line 1, column 2: \\uD800 is half of a surrogate pair without the other",
        ),
        (
            "1 2",
            "JSON, line 1, column 3: '2' behind the end of the value",
        ),
        (
            "01",
            "JSON, line 1, column 2: a number does not begin with a zero",
        ),
    ] {
        let fault = read(Value::str(text)).expect_err(text);
        assert_eq!(fault.message, wanted);
    }
}

#[test]
fn whole_numbers_are_exact() {
    let digits = "123456789012345678901234567890";
    let value = read(Value::str(digits)).expect("an integer");
    assert_eq!(text_of(&value).ok().as_deref(), Some(digits));
    assert_eq!(read(Value::str("1.0")).ok(), Some(Value::float(1.0)));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::NIL),
        any::<bool>().prop_map(Value::bool),
        any::<i64>().prop_map(number::int),
        (-1e300..1e300).prop_map(Value::float),
        any::<String>().prop_map(Value::string),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(crate::collections::vector::from_vec),
            prop::collection::vec((any::<String>(), inner), 0..6).prop_map(|pairs| {
                map::from_pairs(pairs.into_iter().map(|(k, v)| (Value::string(k), v)))
            }),
        ]
    })
}

#[test]
fn a_value_ends_where_another_begins() {
    for (text, wanted) in [
        ("", Some(0)),
        (" [1, \"]\\\"\"] 2", Some(11)),
        ("12 3", Some(2)),
        ("12", Some(2)),
        ("true[", Some(4)),
        ("\"a\"\"b\"", Some(3)),
        ("[1", Some(2)),
        ("]", Some(1)),
        (",1", Some(1)),
    ] {
        assert_eq!(scan::extent(text, false), wanted, "{text}");
    }
    for text in ["", "12", "[1", "\"a"] {
        assert_eq!(scan::extent(text, true), None, "{text}");
    }
}

proptest! {
    #[test]
    fn values_survive(value in json()) {
        let text = text_of(&value).expect("it has a form");
        prop_assert!(text.is_ascii());
        prop_assert_eq!(read(Value::string(text)).ok(), Some(value));
    }

    #[test]
    fn bytes_never_crash(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(Value::bytes(bytes)));
    }

    #[test]
    fn mutated_documents_never_crash(
        value in json(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = text_of(&value).expect("it has a form").into_bytes();
        for (at, byte) in cuts {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Err(fault) = read(Value::bytes(bytes)) {
            prop_assert!(fault.message.starts_with("JSON, line "));
        }
    }
}
