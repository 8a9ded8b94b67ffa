//! `batuta log`: stores shown, checked, mended and measured, beside the process that writes.
//!
//! What people are shown is compared with the files of `log_command/`; `BATUTA_WRITE_GOLDEN=1` writes
//! them anew. Times and sizes stand there as `TIME` and `SIZE`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use dlog_core::log::{
    AppendBatch, Datum, Durability, LogOptions, PartitionId, Retention, Row, Store, StoreOptions,
};
use serde_json::Value;

use crate::process::{Ended, batuta, command, pid, root};

fn row(fields: &[(&str, Datum)]) -> Row {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).into(), value.clone()));
    Row(fields.collect())
}

fn event(n: i64) -> Row {
    let kind = if n % 2 == 0 { "in" } else { "out" };
    row(&[
        ("n", Datum::Int(n)),
        ("kind", Datum::Keyword(kind.into())),
        ("at", Datum::Instant(1_700_000_000_000_000 + n)),
    ])
}

fn append(store: &Store, batch: AppendBatch) {
    let ticket = store.append(vec![batch], None).expect("it fits");
    ticket.wait().expect("the disk takes it");
}

/// A log of events in two partitions, partly sealed, and a table of users.
fn fill(dir: &Path) -> Store {
    let store = Store::open(StoreOptions::new(dir)).expect("a new store opens");
    let events = LogOptions {
        partitions: 2,
        durability: Durability::Process,
        retention: Retention {
            max_age_us: Some(3_600_000_000),
            max_bytes: Some(1 << 20),
        },
        ..LogOptions::default()
    };
    store.create_log("events", events).expect("it is new");
    let users = LogOptions {
        key: Some("id".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("users", users).expect("it is new");
    for n in 0..10 {
        let partition = Some(PartitionId((n / 5) as u32));
        let batch = AppendBatch::rows("events", vec![event(n)]);
        append(&store, AppendBatch { partition, ..batch });
        if n == 6 {
            store.seal("events").expect("there is room");
        }
    }
    for (id, name) in [(1, "Ada"), (2, "Bob \"the\" builder"), (1, "Ada L.")] {
        let name = Datum::Str(name.into());
        let user = row(&[("id", Datum::Int(id)), ("name", name)]);
        append(&store, AppendBatch::rows("users", vec![user]));
    }
    let deleted = store.delete("users", &Datum::Int(2), None);
    let deleted = deleted.expect("it is there").expect("it is there");
    deleted.wait().expect("the disk takes it");
    let member = store.join_group("mailer", &["events"]).expect("it is new");
    let read = [("events", PartitionId(1), dlog_core::log::Offset(3))];
    member.commit(&read).expect("it is its own");
    store
}

struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Scratch {
        Scratch {
            dir: tempfile::tempdir().expect("a temporary directory can be made"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A closed store.
    fn filled() -> Scratch {
        let scratch = Scratch::new();
        fill(&scratch.path("db"))
            .close()
            .expect("the disk takes it");
        scratch
    }

    fn log(&self, words: &[&str]) -> Ended {
        let data = self.path("db");
        let data = data.to_str().expect("temporary paths are UTF-8");
        batuta(&[&["log", "--data", data], words].concat())
    }

    fn json(&self, words: &[&str]) -> Value {
        let text = self.log(&[words, &["--json"]].concat()).output();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Flips a bit of a file where `find` says.
    fn damage(&self, path: &str, find: impl FnOnce(&[u8]) -> usize) {
        let path = self.path("db").join(path);
        let mut bytes = fs::read(&path).expect("it is there");
        let at = find(&bytes);
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("it is writable");
    }
}

/// Times, sizes, and what else differs from run to run, as words of the same width wherever they are.
fn masked(text: &str, dir: &Path) -> String {
    let text = text.replace(dir.to_str().expect("temporary paths are UTF-8"), "DIR");
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut out: Vec<String> = Vec::new();
        for word in words {
            let bare = word.trim_matches(|c: char| "\",{}()#".contains(c));
            let is_time = bare.len() >= 20 && bare.starts_with("20") && bare.ends_with('Z');
            let is_id = bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit());
            let is_unit = ["B", "KiB", "MiB", "GiB", "TiB"].contains(&bare);
            let last = out.last_mut();
            match last {
                Some(size) if is_unit && size.parse::<f64>().is_ok() => {
                    *size = "SIZE".to_owned();
                    out.extend(
                        word.strip_prefix(bare)
                            .filter(|end| !end.is_empty())
                            .map(str::to_owned),
                    );
                }
                _ if is_time && !bare.starts_with("2023") => out.push(word.replace(bare, "TIME")),
                _ if is_id => out.push(word.replace(bare, "ID")),
                _ => out.push(word.to_owned()),
            }
        }
        out.retain(|word| !word.is_empty());
        out.join(" ") + "\n"
    });
    lines.collect()
}

/// Compares what was printed with the golden file.
#[track_caller]
fn golden(name: &str, scratch: &Scratch, text: &str) {
    let path = root().join(format!("tests/system/log_command/{name}.txt"));
    let text = masked(text, scratch.dir.path());
    if std::env::var_os("BATUTA_WRITE_GOLDEN").is_some() {
        fs::write(&path, &text).expect("the folder is there");
    }
    let expected = fs::read_to_string(&path).expect("the golden file is there");
    assert_eq!(text, expected, "{name}");
}

#[test]
fn people_are_shown_tables() {
    let scratch = Scratch::filled();
    for (name, words) in [
        ("ls", &["ls"][..]),
        ("inspect", &["inspect"]),
        ("inspect-events", &["inspect", "events"]),
        ("inspect-users", &["inspect", ":users"]),
        ("verify", &["verify"]),
        ("dump-events", &["dump", "events"]),
        ("dump-users", &["dump", "users"]),
        (
            "dump-range",
            &["dump", "events", "-p", "1", "--from", "1", "--to", "4"],
        ),
        ("tail", &["tail", "events", "-n", "3"]),
        ("stats", &["stats"]),
        ("stats-events", &["stats", "events"]),
    ] {
        let mut text = scratch.log(words).output();
        if name == "stats" {
            let is_free = |line: &&str| !line.starts_with("free on the disk");
            text = text.lines().filter(is_free).collect::<Vec<_>>().join("\n") + "\n";
        }
        golden(name, &scratch, &text);
    }
}

#[test]
fn programs_are_given_json() {
    let scratch = Scratch::filled();
    let logs = scratch.json(&["ls"]);
    assert_eq!(logs[0]["log"], "events");
    assert_eq!(
        (&logs[0]["records"], &logs[0]["partitions"]),
        (&10.into(), &2.into())
    );
    assert_eq!(
        (&logs[1]["key"], &logs[1]["rows"]),
        (&"id".into(), &1.into())
    );
    let store = scratch.json(&["inspect"]);
    assert_eq!(store["groups"][0]["group"], "mailer");
    assert_eq!(store["journal"][0]["file"], "journal/0000000001.journal");
    let events = scratch.json(&["inspect", "events"]);
    assert_eq!(events["max_age_ms"], 3_600_000);
    assert_eq!(events["segments"][0]["last_offset"], 4);
    assert_eq!(events["partitions"][1]["sealed_offset"], 2);
    let checked = scratch.json(&["verify"]);
    assert_eq!(
        (&checked["whole"], &checked["records"]),
        (&true.into(), &14.into())
    );
    let stats = scratch.json(&["stats"]);
    assert_eq!(
        (&stats["records"], &stats["logs"][0]["segments"]),
        (&14.into(), &2.into())
    );
    let events = scratch.json(&["stats", "events"]);
    assert_eq!(events[1]["groups"][0]["behind"], 2);
    let lines = scratch.log(&["dump", "users", "--json"]).output();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1]["row"]["name"], "Bob \"the\" builder");
    assert_eq!(
        (&lines[3]["deleted"], &lines[3]["row"]),
        (&true.into(), &serde_json::json!({"id": 2}))
    );
    let last = scratch.log(&["tail", "-n1", "--json", "events"]).output();
    let last: Value = serde_json::from_str(&last).expect("one line of JSON");
    assert_eq!(
        (&last["offset"], &last["row"]["kind"]),
        (&4.into(), &"out".into())
    );
}

#[test]
fn what_cannot_be_says_so_with_a_way_out() {
    let scratch = Scratch::filled();
    let told = |words: &[&str], code: i32, part: &str| {
        let told = scratch.log(words).failed(code);
        assert!(told.contains(part), "{words:?}: {told}");
    };
    told(&["dump", "evnts"], 1, "did you mean `events`?");
    told(&["inspect", "zzzzzzzz"], 1, "`batuta log ls` lists them");
    told(
        &["tail", "events", "-p", "2"],
        2,
        "has no partition 2; use 0 to 1",
    );
    told(&["dmp"], 2, "dump");
    told(&["dump"], 2, "<LOG>");
    told(&["bench", "--durability", "none"], 2, "process");
    told(
        &["repair", scratch.dir.path().to_str().expect("UTF-8")],
        2,
        "is there already",
    );
    let none = scratch.path("none");
    let none = none.to_str().expect("temporary paths are UTF-8");
    let missing = batuta(&["log", "ls", "--data", none]).failed(1);
    assert!(
        missing.contains("there is no store in") && missing.contains("--data DIR"),
        "{missing}"
    );
    assert!(!Path::new(none).exists(), "looking makes nothing");
    for words in [&["log", "ls"][..], &["-e", "(create-log :a)"]] {
        let told = batuta(&[words, &["--data", "Cargo.toml"]].concat()).failed(1);
        assert!(told.contains("Cargo.toml is a file"), "{told}");
    }
    let mut nowhere = command(&["log", "ls"]);
    nowhere.current_dir(scratch.dir.path());
    let nowhere = crate::process::finish(nowhere).failed(2);
    assert!(nowhere.contains("BATUTA_DATA"), "{nowhere}");
}

#[test]
fn damage_is_named_and_mending_writes_beside() {
    let scratch = Scratch::filled();
    scratch.damage("segments/000000000001.parquet", |_| 100);
    let journal = "journal/0000000001.journal";
    scratch.damage(journal, |bytes| {
        let text = b"builder";
        let found = bytes.windows(text.len()).position(|bytes| bytes == text);
        found.expect("the record is in the journal")
    });
    let before = files(&scratch.path("db"));
    let verified = scratch.log(&["verify"]);
    assert_eq!(verified.code, Some(3), "{verified:?}");
    golden("verify-damaged", &scratch, &verified.stdout);
    let foreseen = scratch.log(&["repair", "--dry-run"]).output();
    golden("repair-dry", &scratch, &foreseen);
    let unread = scratch.log(&["dump", "events"]);
    assert_eq!(unread.code, Some(3), "{unread:?}");
    assert!(
        unread.stderr.contains("`batuta log repair` keeps the rest"),
        "{unread:?}"
    );
    assert!(!scratch.path("db-mended").exists());
    let mended = scratch.log(&["repair"]).output();
    golden("repair", &scratch, &mended);
    let unlocked = |files: Vec<(PathBuf, Vec<u8>)>| -> Vec<(PathBuf, Vec<u8>)> {
        let kept = files
            .into_iter()
            .filter(|(path, _)| !path.ends_with("LOCK"));
        kept.collect()
    };
    assert_eq!(
        unlocked(files(&scratch.path("db"))),
        unlocked(before),
        "it is as it was"
    );
    let mended = scratch.path("db-mended");
    let mended = mended.to_str().expect("temporary paths are UTF-8");
    let whole = batuta(&["log", "--data", mended, "verify"]).output();
    assert!(whole.ends_with("the store is whole\n"), "{whole}");
    let program = "(append :events {:n 77}) (println (count (from :events)) (count (from :users)))";
    let out = batuta(&["--data", mended, "-e", program]).output();
    assert_eq!(out, "6 1\n");
    let again = scratch.log(&["repair"]).failed(2);
    assert!(again.contains("is there already"), "{again}");
}

/// The files below a directory with their content.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).expect("it can be read");
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn a_follower_sees_what_a_writer_beside_it_appends() {
    let scratch = Scratch::new();
    let store = fill(&scratch.path("db"));
    let data = scratch.path("db");
    let data = data.to_str().expect("temporary paths are UTF-8");
    let words = [
        "log", "--data", data, "tail", "-f", "-n", "1", "--json", "users",
    ];
    let mut child = command(&words).spawn().expect("the binary can be started");
    let out = child.stdout.take().expect("standard output is a pipe");
    let mut lines = BufReader::new(out).lines().map(|line| {
        let line = line.expect("it prints text");
        serde_json::from_str::<Value>(&line).expect("each line is JSON")
    });
    let first = lines.next().expect("there is a last record");
    assert_eq!(
        (&first["deleted"], &first["offset"]),
        (&true.into(), &3.into())
    );
    for n in 10..40 {
        let user = row(&[("id", Datum::Int(n))]);
        append(&store, AppendBatch::rows("users", vec![user]));
        // Sealing and new journal files on the way.
        if n % 10 == 5 {
            store.seal("users").expect("there is room");
        }
        let next = lines.next().expect("the follower goes on");
        assert_eq!(
            (&next["row"]["id"], &next["offset"]),
            (&n.into(), &(n - 6).into())
        );
    }
    // Beside a writer nothing else is in the way, either.
    assert_eq!(scratch.json(&["verify"])["whole"], true);
    let busy = scratch.log(&["repair"]).failed(1);
    assert!(busy.contains("is in use by"), "{busy}");
    // Whoever runs the tests in the background has Ctrl-C ignored, and so has what they start.
    rustix::process::kill_process(pid(&child), rustix::process::Signal::TERM).expect("it runs");
    assert_eq!(
        crate::process::wait(child).code,
        None,
        "the signal ended it"
    );
}

#[test]
fn a_bench_measures_beside_the_store_and_leaves_nothing() {
    let scratch = Scratch::filled();
    let words = [
        "bench",
        "--seconds",
        "1",
        "--batch",
        "10",
        "--durability",
        "process",
    ];
    let measured = scratch.json(&words);
    assert_eq!(measured["durability"], "process");
    let records = measured["records"].as_u64().expect("a number");
    assert_eq!(
        records,
        measured["appends"].as_u64().expect("a number") * 10
    );
    for name in [
        "records_per_second",
        "tail_records_per_second",
        "sealed_records_per_second",
    ] {
        assert!(
            measured[name].as_f64().is_some_and(|rate| rate > 0.0),
            "{name}: {measured}"
        );
    }
    let names = fs::read_dir(scratch.dir.path()).expect("it is there");
    let names: Vec<_> = names
        .map(|entry| entry.expect("it can be read").file_name())
        .collect();
    assert_eq!(names, ["db"]);
}
