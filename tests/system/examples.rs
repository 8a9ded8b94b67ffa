//! Each program in `examples/` prints exactly what `examples/expected/` says.

use std::fs;

use crate::process::{batuta, root};

#[test]
fn every_example_prints_what_is_expected() {
    let mut names: Vec<String> = fs::read_dir(root().join("examples"))
        .expect("the folder `examples` is there")
        .map(|entry| {
            entry
                .expect("it can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter_map(|name| name.strip_suffix(".bat").map(str::to_owned))
        // It loads real data and has a test of its own.
        .filter(|name| name != "flights")
        .collect();
    names.sort();
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
