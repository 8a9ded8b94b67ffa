//! A sealed segment is plain Parquet: DuckDB reads every kind of column as it was appended.
//!
//! Needs a Python with the package `duckdb`: `DLOG_DUCKDB_PYTHON`, else `python3`. Where it is
//! missing, nothing is tested, unless `DLOG_NEEDS_DUCKDB` is set.

use std::path::Path;
use std::process::Command;

use dlog_log::{AppendBatch, Datum, LogOptions, Row, Store, StoreOptions};
use serde_json::{Value, json};

mod support;
use support::{append, row, text};

/// Prints what a query gives as JSON: a list of its rows.
const SCRIPT: &str = "
import duckdb, json, sys
def plain(x):
    if isinstance(x, (bytes, bytearray)): return x.hex()
    return str(x)
rows = duckdb.sql(sys.argv[1]).fetchall()
print(json.dumps(rows, default=plain))
";

fn python() -> Option<String> {
    let python = std::env::var("DLOG_DUCKDB_PYTHON").unwrap_or("python3".to_owned());
    let found = Command::new(&python).args(["-c", "import duckdb"]).output();
    let is_there = found.is_ok_and(|output| output.status.success());
    if !is_there {
        let is_needed = std::env::var_os("DLOG_NEEDS_DUCKDB").is_some();
        assert!(!is_needed, "{python} has no package duckdb");
        eprintln!("{python} has no package duckdb: nothing was tested");
    }
    is_there.then_some(python)
}

fn ask(python: &str, query: &str) -> Value {
    let output = Command::new(python)
        .args(["-c", SCRIPT, query])
        .output()
        .expect("it was started before");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{query}: {told}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn all_kinds(n: i64) -> Row {
    let list = vec![Datum::Int(n), Datum::Int(n + 1)];
    row(&[
        ("id", Datum::Int(n)),
        ("truth", Datum::Bool(n % 2 == 0)),
        ("float", Datum::Float(n as f64 / 4.0)),
        ("text", text(&format!("r\u{e9}cord {n}"))),
        ("keyword", Datum::Keyword("k/w".into())),
        ("bytes", Datum::Bytes([0, n as u8, 255][..].into())),
        ("at", Datum::Instant(1_700_000_000_000_001 + n)),
        ("day", Datum::Date(n as i32)),
        ("big", Datum::BigInt(10_i128.pow(30) + i128::from(n))),
        (
            "money",
            Datum::Decimal {
                unscaled: 100 + i128::from(n),
                scale: 2,
            },
        ),
        ("list", Datum::List(list)),
        (
            "part",
            Datum::Struct(vec![("x".into(), Datum::Int(n)), ("y".into(), text("in"))]),
        ),
        (
            "sometimes",
            if n % 3 == 0 {
                Datum::Null
            } else {
                Datum::Int(n)
            },
        ),
    ])
}

/// A store with a sealed table of `count` rows, one of them deleted, and the file of its segment.
fn sealed(dir: &Path, count: i64) -> (Store, String) {
    let store = Store::open(StoreOptions::new(dir)).unwrap();
    let keyed = LogOptions {
        key: Some("id".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("kinds", keyed).unwrap();
    append(&store, "kinds", (0..count).map(all_kinds).collect());
    let deleted = AppendBatch::tombstones("kinds", vec![Datum::Int(1)]);
    store.append(vec![deleted], None).unwrap().wait().unwrap();
    store.seal("kinds").unwrap();
    let scan = store.scan("kinds", store.cut()).unwrap();
    let path = dir.join(scan.segments[0].path()).display().to_string();
    (store, path)
}

#[test]
fn duckdb_reads_what_was_appended() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (_store, path) = sealed(dir.path(), 7);
    let columns = "id, truth, float, text, keyword, bytes, epoch_us(\"at\"), day, big, money, list, part, sometimes";
    let rows = ask(
        &python,
        &format!("select {columns}, _partition, _offset, _op from '{path}' order by _offset"),
    );
    let expected: Vec<Value> = (0..7)
        .map(|n| {
            json!([
                n,
                n % 2 == 0,
                n as f64 / 4.0,
                format!("r\u{e9}cord {n}"),
                "k/w",
                format!("00{n:02x}ff"),
                1_700_000_000_000_001 + n,
                format!("1970-01-0{}", n + 1),
                (10_i128.pow(30) + n).to_string(),
                format!("1.0{n}"),
                [n, n + 1],
                {"x": n, "y": "in"},
                if n % 3 == 0 { Value::Null } else { json!(n) },
                0,
                n,
                0
            ])
        })
        .collect();
    assert_eq!(rows.as_array().map(|rows| &rows[..7]), Some(&expected[..]));
    // The deletion is a row with the key alone.
    let deletion = ask(
        &python,
        &format!("select id, text, _offset, hex(_key) from '{path}' where _op = 1"),
    );
    assert_eq!(deletion, json!([[1, null, 7, "020000000000000001"]]));
}

#[test]
fn duckdb_finds_the_row_groups_and_statistics() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let count = 200_000;
    let (_store, path) = sealed(dir.path(), count);
    let summed = ask(
        &python,
        &format!("select count(*), sum(id)::bigint from '{path}' where _op = 0"),
    );
    assert_eq!(summed, json!([[count, count * (count - 1) / 2]]));
    let found = ask(
        &python,
        &format!("select text, _offset from '{path}' where id = 150000"),
    );
    assert_eq!(found, json!([["r\u{e9}cord 150000", 150_000]]));
    let groups = format!(
        "select count(distinct row_group_id), min(stats_min_value::bigint), max(stats_max_value::bigint) \
         from parquet_metadata('{path}') where path_in_schema = '_offset'"
    );
    assert_eq!(ask(&python, &groups), json!([[2, 0, count]]));
}
