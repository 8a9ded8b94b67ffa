//! The programs of the bench set give the right answers at small sizes.

use std::fs;

use crate::process::{batuta, root};

#[track_caller]
fn gives(program: &str, arguments: &[&str], expected: &str) {
    let path = root().join(format!("benches/programs/{program}.bat"));
    let path = path.to_str().expect("the workspace's path is UTF-8");
    let words: Vec<&str> = [&["run", path], arguments].concat();
    assert_eq!(batuta(&words).output(), expected, "{program}");
}

#[test]
fn numbers() {
    gives("fib", &["15"], "610\n");
    gives("mandelbrot", &["20", "30"], "6416\n");
    gives("pipeline", &["100", "2"], "7500\n");
}

#[test]
fn vectors_and_arrays_of_numbers_agree() {
    for program in ["spectral_norm", "spectral_norm_array"] {
        gives(program, &["10"], "1.271844019\n");
    }
    for program in ["nbody", "nbody_array"] {
        gives(program, &["50"], "-0.169075164\n-0.169063618\n");
    }
    for program in ["fannkuch", "fannkuch_array"] {
        gives(program, &["6"], "49 10\n");
    }
}

#[test]
fn collections() {
    let trees = "stretch 255\n64 of depth 4 1984\n16 of depth 6 2032\nlong-lived 127\n";
    gives("binary_trees", &["6"], trees);
    gives("map_1m", &["100", "2"], "9900\n");
    gives("vector_1m", &["100", "2"], "9900\n");
    gives("sort_1m", &["100", "2"], "2216712819\n");
    gives("string_building", &["100", "2"], "3556\n");
}

#[test]
fn files() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("input");
    let path = file.to_str().expect("temporary paths are UTF-8");
    fs::write(&file, "b a b\nc b a\n").expect("it is writable");
    gives("word_count", &[path], "3 words, 6 in all\nb 3\na 2\nc 1\n");
    let json = "[{\"a\": 1, \"b\": [true, null, \"xyz\", 2.5]}, -3]";
    fs::write(&file, json).expect("it is writable");
    gives("json_parse", &[path], "5\n");
}
