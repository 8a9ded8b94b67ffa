//! Evaluating a million forms leaves nothing behind.

use std::io::{BufRead, BufReader};

use crate::process::command;

/// What the second ten times as many evaluations may add: far less than a byte of garbage each.
const GROWTH_KIB_MAX: u64 = 16 * 1024;

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it still runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("Linux tells it");
    let number = line
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok());
    number.expect("the figure is a number of KiB")
}

#[track_caller]
fn assert_bounded(form: &str, warm: u32, more: u32) {
    let program = format!(
        "(do (dotimes [_ {warm}] {form}) (println :warm) \
             (dotimes [_ {more}] {form}) (println :done) \
             (receive-timeout 600000 timeout -> nil))"
    );
    let mut child = command(&["-e", &program])
        .spawn()
        .expect("the binary can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
    let mut next = || lines.next().and_then(Result::ok);
    assert_eq!(next().as_deref(), Some(":warm"));
    let before = resident_kib(child.id());
    assert_eq!(next().as_deref(), Some(":done"));
    let after = resident_kib(child.id());
    child.kill().expect("it still runs");
    child.wait().expect("a killed program ends");
    let growth = after.saturating_sub(before);
    assert!(growth < GROWTH_KIB_MAX, "from {before} to {after} KiB");
}

#[test]
fn a_million_small_evaluations_run_at_constant_memory() {
    assert_bounded("(eval '(+ 1 2))", 100_000, 900_000);
}

#[test]
fn compiled_evaluations_are_freed_as_well() {
    assert_bounded("(eval '((fn [x] (* x 2)) 21))", 1_000, 10_000);
}
