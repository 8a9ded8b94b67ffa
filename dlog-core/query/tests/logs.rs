//! Queries over logs: loading files, keyed logs as tables, reading the past.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use dlog_log::{AppendBatch, Datum, Kind, LogOptions, LogSchema, Row, Store, StoreOptions};
use dlog_query::ingest::IngestOptions;
use dlog_query::query::{
    AsOf, Clause, Direction, Expr, JoinKind, JoinOn, OrderKey, Query, SelectItem, Source,
};
use dlog_query::{Engine, EngineOptions, QueryError, copy_into};
use futures::executor::block_on;

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/flights");

fn engine(store: &Store) -> Engine {
    Engine::new(store.clone(), EngineOptions::default()).expect("the engine starts")
}

fn run(engine: &Engine, query: Query) -> Result<RecordBatch, QueryError> {
    block_on(async {
        let stream = engine.run(query, Vec::new()).await?;
        let schema = stream.schema();
        let batches = stream.collect().await?;
        Ok(concat_batches(&schema, &batches).expect("batches of one stream have one schema"))
    })
}

fn sql(engine: &Engine, text: &str) -> RecordBatch {
    let stream = block_on(engine.sql(text, Vec::new())).expect("the text is planned");
    let schema = stream.schema();
    let batches = block_on(stream.collect()).expect("the text runs");
    concat_batches(&schema, &batches).expect("batches of one stream have one schema")
}

fn log(name: &str) -> Query {
    Query::from(Source::Log(name.to_owned()))
}

fn col(name: &str) -> Expr {
    Expr::column(name)
}

fn count_rows() -> Clause {
    Clause::Aggregate(vec![("n".to_owned(), Expr::call("count", [Expr::Star]))])
}

fn ascending(name: &str) -> Clause {
    let key = OrderKey {
        expr: col(name),
        direction: Direction::Ascending,
        nulls: None,
    };
    Clause::OrderBy(vec![key])
}

fn ints(batch: &RecordBatch, column: &str) -> Vec<i64> {
    let column = batch.column_by_name(column).expect("the column is there");
    column.as_primitive::<Int64Type>().values().to_vec()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn load(store: &Store, name: &str, file: &str) -> u64 {
    let pattern = format!("{FLIGHTS}/{file}");
    let mut rows_seen = 0;
    let report = copy_into(
        store,
        name,
        &pattern,
        &IngestOptions::default(),
        &mut |progress| {
            rows_seen = progress.rows_done;
        },
    )
    .expect("the file is loaded");
    assert_eq!(report.rows, rows_seen);
    assert_eq!((report.files, report.commits), (1, 1));
    report.rows
}

fn user(id: i64, name: &str) -> Row {
    Row(vec![
        (Arc::from("id"), Datum::Int(id)),
        (Arc::from("name"), Datum::Str(Arc::from(name))),
    ])
}

fn append(store: &Store, log: &str, rows: Vec<Row>) -> u64 {
    let ticket = store
        .append(vec![AppendBatch::rows(log, rows)], None)
        .expect("the rows fit");
    ticket.wait().expect("the rows are stored").commit.0
}

/// Deletes a key that is there, and waits until readers no longer see it.
fn delete(store: &Store, log: &str, key: i64) {
    let ticket = store
        .delete(log, &Datum::Int(key), None)
        .expect("the log has a key")
        .expect("the key is there");
    ticket.wait().expect("the tombstone is stored");
}

fn keyed_store() -> Store {
    let store = Store::memory();
    let options = LogOptions {
        key: Some("id".to_owned()),
        ..LogOptions::default()
    };
    store
        .create_log("users", options)
        .expect("the log is created");
    store
}

fn check_flights(engine: &Engine) {
    let n = |query: Query| {
        ints(
            &run(engine, query.with(count_rows())).expect("it runs"),
            "n",
        )[0]
    };
    assert_eq!(n(log("flights")), 336_776);
    assert_eq!(
        n(log("flights").with(Clause::Where(Expr::call("some?", [col("dep_delay")])))),
        328_521
    );
    let same =
        |names: &[&str]| JoinOn::SameColumns(names.iter().map(|n| (*n).to_owned()).collect());
    let unknown_planes = log("flights").with(Clause::Join {
        kind: JoinKind::Anti,
        source: Source::Log("planes".into()).into(),
        on: same(&["tailnum"]),
    });
    assert_eq!(n(unknown_planes), 52_606);
    let weather = log("flights")
        .with(Clause::Join {
            kind: JoinKind::Inner,
            source: Source::Log("weather".into()).into(),
            on: same(&["origin", "time_hour"]),
        })
        .with(Clause::GroupBy(vec![SelectItem::Column("origin".into())]))
        .with(Clause::Aggregate(vec![(
            "corr".into(),
            Expr::call("corr", [col("precip"), col("dep_delay")]),
        )]))
        .with(ascending("origin"));
    let rows = run(engine, weather).expect("it runs");
    let found = rows
        .column(1)
        .as_primitive::<Float64Type>()
        .values()
        .to_vec();
    let rounded: Vec<f64> = found
        .iter()
        .map(|value| (value * 1e4).round() / 1e4)
        .collect();
    assert_eq!(rounded, [0.0822, 0.0904, 0.1032]);
}

#[test]
fn flights_are_the_same_in_the_tail_sealed_and_reopened() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    {
        let store = Store::open(StoreOptions::new(dir.path())).expect("a fresh store opens");
        assert_eq!(load(&store, "flights", "flights.parquet"), 336_776);
        load(&store, "planes", "planes.csv");
        load(&store, "weather", "weather.csv");
        let engine = engine(&store);
        check_flights(&engine);
        store.seal("flights").expect("the log is sealed");
        check_flights(&engine);
        let first = log("flights")
            .with(Clause::Select(vec![SelectItem::Column("_offset".into())]))
            .with(Clause::Limit(Expr::literal(3_i64)));
        assert_eq!(
            ints(&run(&engine, first).expect("it runs"), "_offset"),
            [0, 1, 2]
        );
        let pruned = log("flights").with(Clause::Where(Expr::call(
            "<",
            [col("month"), Expr::literal(0_i64)],
        )));
        let plan = block_on(engine.explain(pruned, Vec::new())).expect("it is planned");
        assert!(plan.contains("row_groups=0/"), "{plan}");
    }
    let store = Store::open(StoreOptions::new(dir.path())).expect("the store opens again");
    check_flights(&engine(&store));
}

#[test]
fn rows_come_in_log_order() {
    let store = Store::memory();
    store
        .create_log("events", LogOptions::default())
        .expect("the log is created");
    for chunk in 0..20 {
        append(
            &store,
            "events",
            (0..50).map(|row| user(chunk * 50 + row, "x")).collect(),
        );
        if chunk % 6 == 0 {
            store.seal("events").expect("the log is sealed");
        }
    }
    let engine = engine(&store);
    let all: Vec<i64> = (0..1000).collect();
    assert_eq!(
        ints(&run(&engine, log("events")).expect("it runs"), "id"),
        all
    );
    let even = log("events").with(Clause::Where(Expr::call("even?", [col("id")])));
    let even: Vec<i64> = ints(&run(&engine, even).expect("it runs"), "id");
    assert!(even.is_sorted() && even.len() == 500);
}

#[test]
fn keyed_logs_show_the_newest_version() {
    let store = keyed_store();
    append(&store, "users", vec![user(1, "Ann"), user(2, "Bob")]);
    append(&store, "users", vec![user(1, "Anna"), user(3, "Cy")]);
    delete(&store, "users", 2);
    let engine = engine(&store);
    let check = || {
        let rows = run(&engine, log("users").with(ascending("id"))).expect("it runs");
        assert_eq!(ints(&rows, "id"), [1, 3]);
        assert_eq!(rows.column(1).as_string::<i32>().value(0), "Anna");
        assert_eq!(names(&rows), ["id", "name"]);
        let n = run(&engine, log("users").with(count_rows())).expect("it runs");
        assert_eq!(ints(&n, "n"), [2]);
        let history = log("users")
            .with(Clause::History(None))
            .with(ascending("id"));
        let history = run(&engine, history).expect("it runs");
        assert_eq!(names(&history), ["id", "name", "valid-from", "valid-to"]);
        assert_eq!(ints(&history, "id"), [1, 1, 2, 3]);
        let ended = history
            .column_by_name("valid-to")
            .expect("the column is there");
        assert_eq!(ended.null_count(), 2);
        let before = log("users")
            .with(Clause::History(Some((0, 1))))
            .with(count_rows());
        assert_eq!(ints(&run(&engine, before).expect("it runs"), "n"), [0]);
    };
    check();
    store.seal("users").expect("the log is sealed");
    check();
}

#[test]
fn the_past_is_a_shorter_prefix() {
    let store = keyed_store();
    let first = append(&store, "users", vec![user(1, "Ann"), user(2, "Bob")]);
    append(&store, "users", vec![user(1, "Anna")]);
    delete(&store, "users", 2);
    let engine = engine(&store);
    let then = || {
        log("users")
            .with(ascending("id"))
            .with(Clause::AsOf(AsOf::Commit(first)))
    };
    let rows = run(&engine, then()).expect("it runs");
    assert_eq!(ints(&rows, "id"), [1, 2]);
    assert_eq!(rows.column(1).as_string::<i32>().value(0), "Ann");
    store.seal("users").expect("the log is sealed");
    assert_eq!(ints(&run(&engine, then()).expect("it runs"), "id"), [1, 2]);
    let before = log("users")
        .with(Clause::AsOf(AsOf::Instant(0)))
        .with(count_rows());
    assert_eq!(ints(&run(&engine, before).expect("it runs"), "n"), [0]);
}

#[test]
fn system_columns_are_there_but_not_in_star() {
    let store = keyed_store();
    append(&store, "users", vec![user(1, "Ann")]);
    let engine = engine(&store);
    let chosen = log("users").with(Clause::Select(vec![
        SelectItem::All,
        SelectItem::Column("_commit".into()),
        SelectItem::Column("_time".into()),
    ]));
    assert_eq!(
        names(&run(&engine, chosen).expect("it runs")),
        ["id", "name", "_commit", "_time"]
    );
    assert_eq!(names(&sql(&engine, "select * from users")), ["id", "name"]);
    let all = sql(&engine, "select _offset, id from users where _offset >= 0");
    assert_eq!(names(&all), ["_offset", "id"]);
}

#[test]
fn unknown_logs_come_with_suggestions() {
    let store = keyed_store();
    let engine = engine(&store);
    let wrong = run(&engine, log("usres"));
    match wrong {
        Err(QueryError::UnknownLog { nearest, .. }) => assert_eq!(nearest, ["users"]),
        other => panic!("{other:?}"),
    }
    let wrong = block_on(engine.sql("select * from usres", Vec::new()));
    assert!(
        matches!(wrong, Err(QueryError::UnknownLog { .. })),
        "{wrong:?}"
    );
}

#[test]
fn a_column_that_came_later_is_null_before() {
    let store = Store::memory();
    let schema = LogSchema::new([("id", Kind::Int)]);
    let options = LogOptions {
        schema: Some(schema),
        ..LogOptions::default()
    };
    store
        .create_log("events", options)
        .expect("the log is created");
    append(
        &store,
        "events",
        vec![Row(vec![(Arc::from("id"), Datum::Int(1))])],
    );
    store.seal("events").expect("the log is sealed");
    append(&store, "events", vec![user(2, "Bob")]);
    let engine = engine(&store);
    let rows = run(&engine, log("events").with(ascending("id"))).expect("it runs");
    assert_eq!(names(&rows), ["id", "name"]);
    assert_eq!(rows.column(1).null_count(), 1);
}
