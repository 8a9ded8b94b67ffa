//! The function tests in `tests/core/` hold, and every function of their list has some.

use std::fs;

use crate::process::{batuta, root};

#[test]
fn core_does_what_clojure_does() {
    let ended = batuta(&["test", "tests/core"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn every_function_of_the_list_is_tested() {
    let folder = root().join("tests/core");
    let list = fs::read_to_string(folder.join("functions.txt")).expect("the list is there");
    let mut tests = String::new();
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "bat") {
            tests += &fs::read_to_string(path).expect("it can be read");
        }
    }
    let is_tested = |name: &str| {
        tests.match_indices(name).any(|(at, _)| {
            let is_edge = |c: Option<char>| c.is_none_or(|c| " ()[]/\n".contains(c));
            is_edge(tests[..at].chars().next_back())
                && is_edge(tests[at + name.len()..].chars().next())
        })
    };
    let untested: Vec<&str> = list.lines().filter(|name| !is_tested(name)).collect();
    assert!(untested.is_empty(), "without tests: {}", untested.join(" "));
}
