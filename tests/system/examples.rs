//! Each program in `examples/` and `examples/actors/` prints exactly what `examples/expected/` says.

use std::fs;

use crate::process::{batuta, programs, root};

#[test]
fn every_example_prints_what_is_expected() {
    let mut names = programs("examples");
    // It loads real data and has a test of its own.
    names.retain(|name| name != "flights");
    for wanted in [
        "hello",
        "factorial",
        "counter",
        "ping_pong",
        "word_count",
        "match",
        "macros",
    ] {
        assert!(
            names.iter().any(|name| name == wanted),
            "examples/{wanted}.bat is missing"
        );
    }
    let wrong: Vec<String> = names.iter().filter_map(|name| difference(name)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_program_of_actors_prints_what_is_expected() {
    let names = programs("examples/actors");
    assert!(names.len() >= 10, "examples/actors has only {names:?}");
    let wrong: Vec<String> = names
        .iter()
        .filter_map(|name| difference(&format!("actors/{name}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(name: &str) -> Option<String> {
    let expected = fs::read_to_string(root().join(format!("examples/expected/{name}.txt")))
        .unwrap_or_else(|error| panic!("examples/expected/{name}.txt: {error}"));
    let ended = batuta(&["run", &format!("examples/{name}.bat")]);
    let is_right = ended.code == Some(0) && ended.stdout == expected;
    (!is_right).then(|| {
        format!(
            "{name}: exit code {:?}\nexpected:\n{expected}got:\n{}standard error:\n{}",
            ended.code, ended.stdout, ended.stderr
        )
    })
}
