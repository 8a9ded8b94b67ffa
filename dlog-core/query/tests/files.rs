//! Queries over real files: the flights of 2013 and small files made on the spot.

use std::io::Write;
use std::path::PathBuf;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use arrow::util::pretty::pretty_format_batches;
use datafusion::common::ScalarValue;
use dlog_log::Store;
use dlog_query::query::{
    Clause, Direction, Expr, JoinKind, JoinOn, NamedSource, OrderKey, Query, SelectItem, SetKind,
    Source,
};
use dlog_query::{Engine, EngineOptions, QueryError};
use futures::executor::block_on;

fn flights_file(name: &str) -> Source {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/flights");
    Source::File(format!("{folder}/{name}"))
}

fn engine() -> Engine {
    Engine::new(Store::memory(), EngineOptions::default()).expect("the engine starts")
}

fn run(query: Query) -> Result<RecordBatch, QueryError> {
    run_with(query, Vec::new())
}

fn run_with(query: Query, params: Vec<ScalarValue>) -> Result<RecordBatch, QueryError> {
    block_on(async {
        let stream = engine().run(query, params).await?;
        let schema = stream.schema();
        let batches = stream.collect().await?;
        Ok(concat_batches(&schema, &batches).expect("batches of one stream have one schema"))
    })
}

fn col(name: &str) -> Expr {
    Expr::column(name)
}

fn call<const N: usize>(name: &str, args: [Expr; N]) -> Expr {
    Expr::call(name, args)
}

fn int(value: i64) -> Expr {
    Expr::literal(value)
}

fn text(value: &str) -> Expr {
    Expr::literal(value)
}

fn aggregate(columns: &[(&str, Expr)]) -> Clause {
    let columns = columns
        .iter()
        .map(|(name, expr)| ((*name).to_owned(), expr.clone()));
    Clause::Aggregate(columns.collect())
}

fn group_by(names: &[&str]) -> Clause {
    Clause::GroupBy(
        names
            .iter()
            .map(|name| SelectItem::Column((*name).to_owned()))
            .collect(),
    )
}

fn join(kind: JoinKind, source: impl Into<NamedSource>, on: JoinOn) -> Clause {
    Clause::Join {
        kind,
        source: source.into(),
        on,
    }
}

fn same(names: &[&str]) -> JoinOn {
    JoinOn::SameColumns(names.iter().map(|name| (*name).to_owned()).collect())
}

fn order(name: &str, direction: Direction) -> Clause {
    Clause::OrderBy(vec![OrderKey {
        expr: col(name),
        direction,
        nulls: None,
    }])
}

fn limit(count: i64) -> Clause {
    Clause::Limit(int(count))
}

fn ints(batch: &RecordBatch, column: &str) -> Vec<i64> {
    let column = batch.column_by_name(column).expect("the column is there");
    column.as_primitive::<Int64Type>().values().to_vec()
}

fn rounded(batch: &RecordBatch, column: &str, digits: i32) -> Vec<f64> {
    let column = batch.column_by_name(column).expect("the column is there");
    let scale = 10_f64.powi(digits);
    let values = column.as_primitive::<Float64Type>().values();
    values
        .iter()
        .map(|value| (value * scale).round() / scale)
        .collect()
}

fn texts(batch: &RecordBatch, column: &str) -> Vec<String> {
    let column = batch.column_by_name(column).expect("the column is there");
    let column = column.as_string::<i32>();
    (0..column.len())
        .map(|row| column.value(row).to_owned())
        .collect()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn show(batch: &RecordBatch) -> String {
    pretty_format_batches(std::slice::from_ref(batch))
        .expect("batches print")
        .to_string()
}

fn temporary(name: &str, content: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let path = dir.path().join(name);
    let mut file = std::fs::File::create(&path).expect("a file can be made");
    file.write_all(content.as_bytes())
        .expect("a file can be written");
    (dir, path)
}

fn from_file(path: &std::path::Path) -> Query {
    Query::from(Source::File(path.display().to_string()))
}

#[test]
fn flights_are_counted() {
    let query = Query::from(flights_file("flights.parquet")).with(aggregate(&[
        ("n", call("count", [Expr::Star])),
        ("delayed", call("count", [col("dep_delay")])),
        (
            "carriers",
            call("count", [call("distinct", [col("carrier")])]),
        ),
    ]));
    let rows = run(query).expect("the query runs");
    assert_eq!(ints(&rows, "n"), [336_776]);
    assert_eq!(ints(&rows, "delayed"), [328_521]);
    assert_eq!(ints(&rows, "carriers"), [16]);
}

#[test]
fn busiest_destinations_have_airport_names() {
    let query = Query::from(flights_file("flights.parquet"))
        .with(group_by(&["dest"]))
        .with(aggregate(&[("n", call("count", [Expr::Star]))]))
        .with(order("n", Direction::Descending))
        .with(limit(5))
        .with(join(
            JoinKind::Inner,
            flights_file("airports.csv"),
            JoinOn::Predicate(call("=", [col("dest"), col("airports.faa")])),
        ))
        .with(Clause::Select(vec![
            SelectItem::Column("dest".into()),
            SelectItem::Column("name".into()),
            SelectItem::Column("n".into()),
        ]))
        .with(order("n", Direction::Descending));
    let rows = run(query).expect("the query runs");
    assert_eq!(texts(&rows, "dest"), ["ORD", "ATL", "LAX", "BOS", "MCO"]);
    assert_eq!(ints(&rows, "n"), [17_283, 17_215, 16_174, 15_508, 14_082]);
    assert_eq!(texts(&rows, "name")[0], "Chicago Ohare Intl");
    assert_eq!(names(&rows), ["dest", "name", "n"]);
}

#[test]
fn mean_delay_by_airline_worst_first() {
    let query = Query::from(flights_file("flights.parquet"))
        .with(join(
            JoinKind::Inner,
            flights_file("airlines.csv"),
            same(&["carrier"]),
        ))
        .with(group_by(&["name"]))
        .with(aggregate(&[("delay", call("mean", [col("dep_delay")]))]))
        .with(order("delay", Direction::Descending))
        .with(limit(3));
    let rows = run(query).expect("the query runs");
    assert_eq!(rounded(&rows, "delay", 2), [20.22, 19.96, 19.0]);
    assert!(texts(&rows, "name")[0].starts_with("Frontier"));
    assert!(texts(&rows, "name")[1].starts_with("ExpressJet"));
    assert!(texts(&rows, "name")[2].starts_with("Mesa"));
}

#[test]
fn flights_of_unknown_planes() {
    let query = Query::from(flights_file("flights.parquet"))
        .with(join(
            JoinKind::Anti,
            flights_file("planes.csv"),
            same(&["tailnum"]),
        ))
        .with(aggregate(&[("n", call("count", [Expr::Star]))]));
    assert_eq!(ints(&run(query).expect("the query runs"), "n"), [52_606]);
}

#[test]
fn rain_and_delay_correlate() {
    let query = Query::from(flights_file("flights.parquet"))
        .with(join(
            JoinKind::Inner,
            flights_file("weather.csv"),
            same(&["origin", "time_hour"]),
        ))
        .with(group_by(&["origin"]))
        .with(aggregate(&[(
            "corr",
            call("corr", [col("precip"), col("dep_delay")]),
        )]))
        .with(order("origin", Direction::Ascending));
    let rows = run(query).expect("the query runs");
    assert_eq!(texts(&rows, "origin"), ["EWR", "JFK", "LGA"]);
    assert_eq!(
        rounded(&rows, "corr", 4),
        [0.0822, 0.0904, 0.1032],
        "{}",
        show(&rows)
    );
}

#[test]
fn text_files_get_types_and_nulls() {
    let (_dir, path) = temporary(
        "t.csv",
        "id,ratio,when,flag,code,empty\n1,2.5,2013-01-01T06:00:00Z,true,007,NA\n2,NA,,false,x,\n",
    );
    let rows = run(from_file(&path)).expect("the file is read");
    let types: Vec<String> = rows
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().to_string())
        .collect();
    assert_eq!(
        types,
        [
            "Int64",
            "Float64",
            "Timestamp(µs, \"UTC\")",
            "Boolean",
            "Utf8",
            "Utf8"
        ]
    );
    let nulls: Vec<usize> = rows
        .columns()
        .iter()
        .map(|column| column.null_count())
        .collect();
    assert_eq!(nulls, [0, 1, 1, 0, 0, 2]);
}

#[test]
fn lines_of_json_keep_the_order_of_their_fields() {
    let (_dir, path) = temporary(
        "t.ndjson",
        "{\"z\":1,\"a\":{\"b\":\"x\"}}\n{\"z\":2.5,\"q\":[1,2]}\n",
    );
    let query = from_file(&path).with(Clause::Select(vec![
        SelectItem::All,
        SelectItem::Named("deep".into(), col("a.b")),
    ]));
    let rows = run(query).expect("the file is read");
    assert_eq!(names(&rows), ["z", "a", "q", "deep"]);
    assert_eq!(rounded(&rows, "z", 1), [1.0, 2.5]);
}

#[test]
fn bad_files_name_file_line_and_cause() {
    let (_dir, path) = temporary("bad.csv", "a,b\n1,2\n3\n");
    let error = run(from_file(&path))
        .expect_err("a line is too short")
        .to_string();
    assert!(
        error.contains("bad.csv:3: the header has 2 columns, this line has 1"),
        "{error}"
    );
    let (_dir, path) = temporary("bad.json", "{\"a\":1}\n{\"a\":\n");
    let error = run(from_file(&path))
        .expect_err("a line is cut off")
        .to_string();
    assert!(error.contains("bad.json:2"), "{error}");
    let (_dir, path) = temporary("empty.csv", "");
    assert!(run(from_file(&path)).is_err());
    let (_dir, path) = temporary("no.parquet", "nothing of the kind");
    assert!(run(from_file(&path)).is_err());
    assert!(run(Query::from(Source::File("/nowhere/*.csv".into()))).is_err());
}

#[test]
fn unknown_names_come_with_suggestions() {
    let (_dir, path) = temporary("t.csv", "carrier,delay\nUA,1\n");
    let wrong_column = from_file(&path).with(Clause::Where(call("=", [col("carier"), text("UA")])));
    match run(wrong_column) {
        Err(QueryError::UnknownColumn {
            name,
            nearest,
            available,
        }) => {
            assert_eq!(
                (name.as_str(), nearest.as_slice()),
                ("carier", &["carrier".to_owned()][..])
            );
            assert_eq!(available, ["carrier", "delay"]);
        }
        other => panic!("{other:?}"),
    }
    let wrong_function = from_file(&path).with(Clause::Select(vec![SelectItem::Named(
        "x".into(),
        call("uper-case", [col("carrier")]),
    )]));
    match run(wrong_function) {
        Err(QueryError::UnknownFunction { nearest, .. }) => assert_eq!(nearest[0], "upper-case"),
        other => panic!("{other:?}"),
    }
    match run(Query::from(Source::Log("flights".into()))) {
        Err(QueryError::UnknownLog { name, .. }) => assert_eq!(name, "flights"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn types_that_do_not_go_together_are_refused() {
    let (_dir, path) = temporary("t.csv", "carrier,delay\nUA,1\n");
    let refused = [
        call("=", [col("delay"), text("late")]),
        call("+", [col("carrier"), int(1)]),
        call("and", [col("delay"), col("delay")]),
        col("delay"),
        call("not", [col("carrier")]),
    ];
    for test in refused {
        let shown = test.to_string();
        let result = run(from_file(&path).with(Clause::Where(test)));
        let fits = matches!(
            result,
            Err(QueryError::Type { .. } | QueryError::Clause { .. })
        );
        assert!(fits, "{shown}: {result:?}");
    }
}

#[test]
fn nil_is_tested_and_never_equal() {
    let (_dir, path) = temporary("t.csv", "a,b\n1,x\nNA,y\n3,NA\n");
    let count = |test: Expr| {
        let query = from_file(&path)
            .with(Clause::Where(test))
            .with(aggregate(&[("n", call("count", [Expr::Star]))]));
        ints(&run(query).expect("the query runs"), "n")[0]
    };
    let nil = || Expr::Literal(ScalarValue::Null);
    assert_eq!(count(call("=", [col("a"), nil()])), 1);
    assert_eq!(count(call("not=", [col("a"), nil()])), 2);
    assert_eq!(count(call("nil?", [col("b")])), 1);
    assert_eq!(count(call("not=", [col("a"), int(1)])), 1);
    assert_eq!(count(Expr::In(Box::new(col("a")), vec![int(1), nil()])), 2);
    assert_eq!(
        count(call(
            ">",
            [col("a"), Expr::Literal(ScalarValue::Int64(None))]
        )),
        0
    );
}

#[test]
fn arithmetic_is_exact_or_an_error() {
    let (_dir, path) = temporary("t.csv", "a,b\n7,2\n-7,2\n");
    let select = |expr: Expr| {
        run(from_file(&path).with(Clause::Select(vec![SelectItem::Named("x".into(), expr)])))
    };
    let halves = select(call("/", [col("a"), col("b")])).expect("the query runs");
    assert_eq!(rounded(&halves, "x", 3), [3.5, -3.5]);
    let whole = select(call("quot", [col("a"), col("b")])).expect("the query runs");
    assert_eq!(ints(&whole, "x"), [3, -3]);
    let modulo = select(call("mod", [col("a"), col("b")])).expect("the query runs");
    assert_eq!(ints(&modulo, "x"), [1, 1]);
    let sum = select(call("+", [col("a"), col("b"), int(1)])).expect("the query runs");
    assert_eq!(ints(&sum, "x"), [10, -4]);
    let overflow = select(call("*", [col("a"), int(i64::MAX)]));
    assert!(
        matches!(overflow, Err(QueryError::Arithmetic { .. })),
        "{overflow:?}"
    );
    let by_zero = select(call("quot", [col("a"), call("-", [col("b"), int(2)])]));
    assert!(
        matches!(by_zero, Err(QueryError::Arithmetic { .. })),
        "{by_zero:?}"
    );

    let (_dir, path) = temporary("big.csv", &format!("a\n{0}\n{0}\n", i64::MAX));
    let sum = run(from_file(&path).with(aggregate(&[("s", call("sum", [col("a")]))])));
    assert!(matches!(sum, Err(QueryError::Arithmetic { .. })), "{sum:?}");
    let mean = from_file(&path).with(aggregate(&[(
        "m",
        call("/", [call("max", [col("a")]), call("count", [Expr::Star])]),
    )]));
    assert_eq!(run(mean).expect("the query runs").num_rows(), 1);
}

#[test]
fn clauses_apply_in_the_order_written() {
    let (_dir, path) = temporary("t.csv", "a,b\n1,x\n2,y\n3,x\n4,y\n");
    let odd = || Clause::Where(call("odd?", [col("a")]));
    let first = run(from_file(&path).with(limit(2)).with(odd())).expect("the query runs");
    assert_eq!(ints(&first, "a"), [1]);
    let then = run(from_file(&path).with(odd()).with(limit(2))).expect("the query runs");
    assert_eq!(ints(&then, "a"), [1, 3]);
    let paged = run(from_file(&path).with(Clause::Offset(int(1))).with(limit(2)));
    assert_eq!(ints(&paged.expect("the query runs"), "a"), [2, 3]);
    let reordered = from_file(&path)
        .with(order("a", Direction::Descending))
        .with(Clause::Select(vec![SelectItem::Column("b".into())]))
        .with(limit(3));
    assert_eq!(
        texts(&run(reordered).expect("the query runs"), "b"),
        ["y", "x", "y"]
    );
    let together = from_file(&path).with(Clause::GroupBy(vec![
        SelectItem::Column("b".into()),
        SelectItem::Named("n".into(), call("count", [Expr::Star])),
        SelectItem::Named("top".into(), call("max", [col("a")])),
    ]));
    let together = run(together.with(order("b", Direction::Ascending))).expect("it runs");
    assert_eq!(
        (ints(&together, "n"), ints(&together, "top")),
        (vec![2, 2], vec![3, 4])
    );
    let having = from_file(&path)
        .with(group_by(&["b"]))
        .with(aggregate(&[("total", call("sum", [col("a")]))]))
        .with(Clause::Where(call(">", [col("total"), int(4)])));
    assert_eq!(texts(&run(having).expect("the query runs"), "b"), ["y"]);
}

#[test]
fn joined_columns_keep_their_source_only_where_they_clash() {
    let (_dir, users) = temporary("users.csv", "id,name\n1,Ann\n2,Bob\n");
    let (_dir2, orders) = temporary("orders.csv", "user,name,total\n1,tea,3\n1,pie,4\n3,egg,5\n");
    let users = || Source::File(users.display().to_string());
    let orders = NamedSource::named(Source::File(orders.display().to_string()), "o");
    let on = || JoinOn::Predicate(call("=", [col("id"), col("o.user")]));
    let joined = run(Query::from(users()).with(join(JoinKind::Left, orders.clone(), on())));
    let joined = joined.expect("the query runs");
    assert_eq!(
        names(&joined),
        ["id", "users.name", "user", "o.name", "total"]
    );
    assert_eq!(joined.num_rows(), 3);
    let ambiguous = Query::from(users())
        .with(join(JoinKind::Inner, orders.clone(), on()))
        .with(Clause::Where(call("=", [col("name"), text("tea")])));
    match run(ambiguous) {
        Err(QueryError::AmbiguousColumn { candidates, .. }) => {
            assert_eq!(candidates, ["users.name", "o.name"]);
        }
        other => panic!("{other:?}"),
    }
    let twice = run(Query::from(users()).with(join(JoinKind::Cross, users(), JoinOn::Always)));
    assert!(
        matches!(twice, Err(QueryError::DuplicateSource { .. })),
        "{twice:?}"
    );
    let full = Query::from(users())
        .with(Clause::Select(vec![SelectItem::Named(
            "user".into(),
            col("id"),
        )]))
        .with(join(JoinKind::Full, orders, same(&["user"])))
        .with(order("user", Direction::Ascending));
    assert_eq!(
        ints(&run(full).expect("the query runs"), "user"),
        [1, 1, 2, 3]
    );
}

#[test]
fn sets_windows_and_lists() {
    let (_dir, path) = temporary("t.csv", "a,b\n1,x\n2,y\n2,y\n");
    let count = |kind: SetKind| {
        let other = Query::from(Source::File(path.display().to_string()))
            .with(Clause::Where(call("=", [col("a"), int(2)])));
        let source = Source::Query(Box::new(other)).into();
        run(from_file(&path).with(Clause::Combine { kind, source }))
            .expect("it runs")
            .num_rows()
    };
    assert_eq!(count(SetKind::UnionAll), 5);
    assert_eq!(count(SetKind::Union), 2);
    assert_eq!(count(SetKind::Except), 1);
    assert_eq!(count(SetKind::Intersect), 1);
    assert_eq!(
        run(from_file(&path).with(Clause::Distinct))
            .expect("it runs")
            .num_rows(),
        2
    );
    assert_eq!(
        run(from_file(&path).with(Clause::Sample(int(2))))
            .expect("it runs")
            .num_rows(),
        2
    );
    let running = from_file(&path).with(Clause::Window {
        columns: vec![("running".into(), call("sum", [col("a")]))],
        partition_by: Vec::new(),
        order_by: vec![OrderKey {
            expr: col("a"),
            direction: Direction::Ascending,
            nulls: None,
        }],
        rows: Some((None, Some(0))),
    });
    let rows = run(running.with(order("running", Direction::Ascending))).expect("it runs");
    assert_eq!(ints(&rows, "running"), [1, 3, 5]);
    let (_dir, path) = temporary("t.json", "{\"k\":1,\"xs\":[1,2]}\n{\"k\":2,\"xs\":[3]}\n");
    let rows = run(from_file(&path).with(Clause::Unnest("xs".into()))).expect("it runs");
    assert_eq!(ints(&rows, "xs"), [1, 2, 3]);
}

#[test]
fn parameters_sql_and_explain() {
    let (_dir, path) = temporary("t.csv", "a,b\n1,x\n2,y\n");
    let query = || from_file(&path).with(Clause::Where(call(">", [col("a"), Expr::Param(0)])));
    let rows = run_with(query(), vec![ScalarValue::Int64(Some(1))]).expect("the query runs");
    assert_eq!(texts(&rows, "b"), ["y"]);
    assert!(matches!(
        run(query()),
        Err(QueryError::MissingParameter { index: 0, given: 0 })
    ));
    let engine = engine();
    let sql = format!("select b from \"{}\" where a > $1", path.display());
    let found = block_on(async {
        engine
            .sql(sql, vec![ScalarValue::Int64(Some(1))])
            .await?
            .collect()
            .await
    });
    assert_eq!(texts(&found.expect("the text runs")[0], "b"), ["y"]);
    let wrong = block_on(engine.sql("selec 1", Vec::new())).expect_err("it is no SQL");
    assert!(matches!(wrong, QueryError::Sql { .. }), "{wrong:?}");
    let refused = block_on(engine.sql("create table x (a int)", Vec::new()));
    assert!(refused.is_err());
    let plan = block_on(engine.explain(query(), vec![ScalarValue::Int64(Some(1))]));
    assert!(plan.expect("the query can be planned").contains("ScanExec"));
}
