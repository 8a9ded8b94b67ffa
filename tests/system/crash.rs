//! What was acknowledged at `:power` survives `kill -9`, once each, without gaps.
//!
//! Eight actors append until the process is killed at a random moment; each prints the last number
//! of a commit once it is acknowledged. After each restart the log must hold all of them.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::process::{batuta, command};

const ROUNDS: u64 = 20;
const WRITERS: u64 = 8;
/// Records of one commit in `crash_writer.bat`.
const BATCH: u64 = 25;
const ACKNOWLEDGED_MIN: u64 = 100_000;

/// Highest acknowledged number by round and writer.
type Acknowledged = BTreeMap<(u64, u64), u64>;

#[test]
fn every_acknowledged_record_survives_being_killed() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut acknowledged = Acknowledged::new();
    for round in 0..ROUNDS {
        write_and_kill(directory.path(), round, &mut acknowledged);
        check(directory.path(), &acknowledged);
    }
    let records: u64 = acknowledged.values().map(|last| last + 1).sum();
    assert!(
        records >= ACKNOWLEDGED_MIN,
        "only {records} records were acknowledged"
    );
    assert_eq!(
        acknowledged.len() as u64,
        ROUNDS * WRITERS,
        "every writer got through"
    );
}

/// Reads acknowledgements up to a random number of them, kills the process, and takes what it had
/// printed until then.
fn write_and_kill(data: &Path, round: u64, acknowledged: &mut Acknowledged) {
    let data = data.to_str().expect("temporary paths are UTF-8");
    let program = "tests/system/crash_writer.bat";
    let mut child = command(&["--data", data, "run", program, &round.to_string()])
        .spawn()
        .expect("the binary can be started");
    let random = RandomState::new().hash_one(round);
    let enough = ACKNOWLEDGED_MIN / ROUNDS / BATCH + WRITERS + random % 64;
    let out = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let mut commits = 0;
    let mut heard = vec![false; WRITERS as usize];
    for line in out.lines() {
        let line = line.expect("the program prints text");
        let Some((writer, last)) = parse(&line) else {
            panic!("an unexpected line: {line}");
        };
        heard[writer as usize] = true;
        acknowledged.insert((round, writer), last);
        commits += 1;
        if commits >= enough && heard.iter().all(|heard| *heard) {
            // What is printed between this and the kill is read as well.
            child.kill().expect("it still runs");
        }
    }
    let ended = crate::process::wait(child);
    assert_eq!(ended.code, None, "it was killed, not: {}", ended.stderr);
}

fn parse(line: &str) -> Option<(u64, u64)> {
    let (writer, last) = line.split_once(' ')?;
    Some((writer.parse().ok()?, last.parse().ok()?))
}

/// The checker prints a line `rows lowest-offset highest-offset`, then one
/// `round writer rows distinct-numbers highest-number` for each pair.
fn check(data: &Path, acknowledged: &Acknowledged) {
    let data = data.to_str().expect("temporary paths are UTF-8");
    let verified = batuta(&["log", "--data", data, "verify"]).output();
    assert!(verified.ends_with("the store is whole\n"), "{verified}");
    let output = batuta(&["run", "--data", data, "tests/system/crash_check.bat"]).output();
    let numbers = |line: &str| -> Vec<u64> {
        line.split(' ')
            .map(|word| word.parse().expect("the checker prints numbers"))
            .collect()
    };
    let mut lines = output.lines();
    let log = numbers(lines.next().expect("the log has rows"));
    assert_eq!(
        (log[1], log[2]),
        (0, log[0] - 1),
        "offsets have no gaps and no doubles"
    );
    let mut found = Acknowledged::new();
    for line in lines {
        let row = numbers(line);
        assert_eq!(
            (row[2], row[3]),
            (row[4] + 1, row[4] + 1),
            "once each, without gaps: {line}"
        );
        found.insert((row[0], row[1]), row[4]);
    }
    for (pair, last) in acknowledged {
        assert!(
            found.get(pair).is_some_and(|there| there >= last),
            "{pair:?} up to {last} is lost"
        );
    }
}
