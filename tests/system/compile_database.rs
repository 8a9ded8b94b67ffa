//! Compiled programs that hold the database: as `batuta run` of the same file, over the same stores.
//!
//! Linking with all of DataFusion is dear, so each program is compiled once for all it shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::compile::{executable, folder, run_command};
use crate::process::{Ended, batuta, command, finish, root};

/// A program over the store of this directory.
fn run_over(data: &Path, executable: &Path, arguments: &[&str]) -> Ended {
    let mut command = run_command(executable, arguments);
    command.env("BATUTA_DATA", data);
    finish(command)
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

#[test]
fn the_flights_are_loaded_by_the_executable_and_found_by_the_command() {
    let folder = folder();
    let data = folder.path().join("flights-db");
    let program = "examples/flights.bat";
    let executable = executable(program, folder.path());
    let expected = fs::read_to_string(root().join("examples/expected/flights.txt"));
    let expected = expected.expect("the expected output is there");
    assert_eq!(run_over(&data, &executable, &[]).output(), expected);
    let again = batuta(&["run", "--data", path_text(&data), program]).output();
    let answers = expected.lines().filter(|line| !line.starts_with("loaded"));
    let answers: Vec<&str> = answers.collect();
    assert_eq!(again.lines().collect::<Vec<_>>(), answers);
    assert_eq!(run_over(&data, &executable, &[]).output(), again);
}

/// Runs a program in both ways, each over a new store; gives what came out.
#[track_caller]
fn same(program: &str, executable: &Path, arguments: &[&str]) -> Ended {
    let folder = folder();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let compiled = run_over(&one, executable, arguments);
    let words = ["run", "--data", path_text(&other), program];
    let expected = batuta(&[&words[..], arguments].concat());
    compiled.assert_same(&expected, program);
    compiled
}

#[test]
fn a_program_over_logs_behaves_the_same_wherever_the_store_is() {
    let folder = folder();
    let program = "tests/system/compiled/visits.bat";
    let executable = executable(program, folder.path());
    let ended = same(program, &executable, &["one", "two", "crash"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("visits.bat:25"), "{}", ended.stderr);
    shared_store(&folder.path().join("store"), program, &executable);
    chosen_place(&folder.path().join("place"), &executable);
}

/// What one writes the other reads, numbers of the sequencer included.
fn shared_store(data: &Path, program: &str, executable: &Path) {
    let by_command =
        |name: &str| batuta(&["run", "--data", path_text(data), program, name]).output();
    let by_executable = |name: &str| run_over(data, executable, &[name]).output();
    assert!(by_executable("Ada").contains("names (Ada)"));
    assert!(by_command("Alan").contains("names (Ada Alan)"));
    assert!(by_executable("Grace").contains("names (Ada Alan Grace)"));
}

/// `BATUTA_DATA`, else `.dlog` where the program is started, else memory; the command's option is an
/// argument like any other.
fn chosen_place(place: &Path, executable: &Path) {
    fs::create_dir(place).expect("it is writable");
    let started_there = || {
        let mut command = run_command(executable, &["--data"]);
        command.current_dir(place);
        command
    };
    let is_first = |mut command: Command, variable: &str| {
        command.env("BATUTA_DATA", variable);
        finish(command).output().contains("names (--data)\n")
    };
    assert!(is_first(started_there(), ""));
    assert_eq!(fs::read_dir(place).expect("it is there").count(), 0);
    fs::create_dir(place.join(".dlog")).expect("it is writable");
    assert!(is_first(started_there(), ""));
    assert!(!is_first(started_there(), ""), "the store was kept");
    let other = place.join("other");
    assert!(is_first(started_there(), path_text(&other)));
    assert!(other.is_dir());
}

#[test]
fn a_program_that_evaluates_forms_over_logs_holds_both() {
    let folder = folder();
    let program = "tests/system/compiled/evaluating_logs.bat";
    let ended = same(program, &executable(program, folder.path()), &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("[{:n 2}]"), "{}", ended.stdout);
}

#[test]
fn a_missing_library_with_the_database_is_told_with_the_way_out() {
    let folder = folder();
    // The smaller library would not do.
    fs::write(folder.path().join("libbatuta_native.a"), "").expect("it is writable");
    let output = folder.path().join("visits");
    let mut without = command(&["compile", "tests/system/compiled/visits.bat"]);
    without
        .arg("-o")
        .arg(&output)
        .arg("--runtime")
        .arg(folder.path());
    let told = finish(without).failed(1);
    assert!(told.contains("the program uses the database"), "{told}");
    assert!(told.contains("--no-default-features"), "{told}");
    assert!(!output.exists());
}
