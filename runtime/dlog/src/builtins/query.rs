//! Queries: building, running, explaining, showing.

use batuta_runtime::builtin::{
    Builtin, BuiltinTable, Flow, and_then, at_least, between, exactly, row, tail_call, wait,
};
use batuta_runtime::collections::{list, vector, walk};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::function::VarBody;
use batuta_runtime::value::Value;
use batuta_runtime::{namespace, number, quiescence};
use datafusion::common::ScalarValue;
use dlog_core::query::Query;
use dlog_core::query::query::{Clause, Expr};
use dlog_core::{Database, QueryStream};
use futures::StreamExt;

use crate::convert::rows::{cell, rows};
use crate::convert::scalar::scalar;
use crate::convert::schema;
use crate::database::with_database;
use crate::fault::{database_fault, query_fault};
use crate::query_template::{self, Ending, FunctionStep, Reading};
use crate::query_value::{QueryValue, rest_of, start, table_of};

/// What a `from` compiles to.
fn build(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let template = std::mem::take(&mut args[0]);
    walk::realise(cx, std::mem::take(&mut args[1]), move |cx, params| {
        build_realised(cx, template, params)
    })
}

fn build_realised(cx: &mut Cx, template: Value, params: Value) -> Flow {
    with_database(cx, move |cx, database| {
        let Reading {
            query,
            ending,
            step,
        } = query_template::read(&template, &params)?;
        if let Some(step) = step {
            let rows = QueryValue::make(query, database, template, params.clone());
            return apply_step(cx, step, rows, params);
        }
        match ending {
            Ending::Rows => Ok(QueryValue::make(query, database, template, params)),
            Ending::First => wait(first(database, query)),
            Ending::Count => wait(count(database, query)),
            Ending::Collect => wait(collect(database, query)),
        }
    })
}

/// Gives the rows to the program's function; clauses after it are a query over what it gives.
fn apply_step(cx: &mut Cx, step: FunctionStep, rows: Value, params: Value) -> Flow {
    let FunctionStep {
        applied_by,
        function,
        following,
    } = step;
    let flow = match applied_by {
        Some(name) => tail_call(core_function(name)?, vec![function, rows]),
        None => tail_call(function, vec![rows]),
    };
    if following.is_empty() {
        return flow;
    }
    and_then(
        cx,
        flow,
        move |cx, rows| match query_template::only_ending(&following) {
            Some(Ending::First) => tail_call(core_function("first")?, vec![rows]),
            Some(Ending::Count) => tail_call(core_function("count")?, vec![rows]),
            Some(Ending::Collect) => tail_call(core_function("vec")?, vec![rows]),
            Some(Ending::Rows) | None => walk::realise(cx, rows, move |cx, rows| {
                let index = vector::len(&params).unwrap_or_default();
                let param = list::from_vec(vec![Value::symbol("param"), number::from_usize(index)]);
                let source = list::from_vec(vec![Value::symbol("source"), param]);
                let template = vector::from_iter(std::iter::once(source).chain(following));
                build_realised(cx, template, vector::push(params, rows))
            }),
        },
    )
}

/// Functions of the core that queries look for by name, behind the builtin that does.
pub static CALLED_BY_NAME: &[(&str, &[&str])] = &[(
    "dlog/query*",
    &["count", "filter", "first", "map", "mapcat", "remove", "vec"],
)];

fn core_function(name: &str) -> Result<Value, Fault> {
    let _pin = quiescence::pin();
    let var = namespace::find(namespace::CORE, name);
    let root = var
        .as_ref()
        .and_then(|var| var.as_object::<VarBody>())
        .and_then(VarBody::root);
    root.ok_or_else(|| Fault::new(FaultKind::Undefined, format!("`{name}` is not there")))
}

async fn first(database: Database, query: Query) -> Result<Value, Fault> {
    let query = query.with(Clause::Limit(Expr::literal(1_i64)));
    let mut stream = start(&database, query).await?;
    while let Some(batch) = stream.next().await {
        if let Some(row) = rows(&batch.map_err(query_fault)?).into_iter().next() {
            row.publish();
            return Ok(row);
        }
    }
    Ok(Value::NIL)
}

async fn count(database: Database, query: Query) -> Result<Value, Fault> {
    let columns = vec![("n".to_owned(), Expr::call("count", [Expr::Star]))];
    let mut stream = start(&database, query.with(Clause::Aggregate(columns))).await?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(query_fault)?;
        if batch.num_rows() > 0 {
            return Ok(cell(&batch, 0, 0));
        }
    }
    Ok(number::int(0))
}

async fn collect(database: Database, query: Query) -> Result<Value, Fault> {
    collect_stream(start(&database, query).await?).await
}

async fn collect_stream(mut stream: QueryStream) -> Result<Value, Fault> {
    let mut all = Vec::new();
    while let Some(batch) = stream.next().await {
        all.extend(rows(&batch.map_err(query_fault)?));
    }
    let all = vector::from_vec(all);
    all.publish();
    Ok(all)
}

fn query_of<'a>(who: &str, value: &'a Value) -> Result<&'a QueryValue, Fault> {
    value
        .as_native::<QueryValue>()
        .ok_or_else(|| Fault::wrong_type(who, "a query", value))
}

/// `(collect q)`
fn collect_query(_: &mut Cx, args: &mut [Value]) -> Flow {
    let query = query_of("collect", &args[0])?;
    wait(collect(query.database().clone(), query.query().clone()))
}

/// `(explain q)`
fn explain(_: &mut Cx, args: &mut [Value]) -> Flow {
    let query = query_of("explain", &args[0])?;
    let (database, query) = (query.database().clone(), query.query().clone());
    wait(async move {
        let engine = database.engine().map_err(database_fault)?;
        let plan = engine
            .explain(query, Vec::new())
            .await
            .map_err(query_fault)?;
        Ok(Value::string(plan))
    })
}

/// `(describe q)`
fn describe(_: &mut Cx, args: &mut [Value]) -> Flow {
    let query = query_of("describe", &args[0])?;
    let (database, query) = (query.database().clone(), query.query().clone());
    wait(async move {
        let engine = database.engine().map_err(database_fault)?;
        let columns = engine
            .describe(query, Vec::new())
            .await
            .map_err(query_fault)?;
        Ok(schema::of_columns(&columns))
    })
}

/// `(sql "select …" 18)`
fn sql(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let Some(text) = args[0].as_str().map(str::to_owned) else {
        return Err(Fault::wrong_type("sql", "a string", &args[0]).into());
    };
    let params = args[1..]
        .iter()
        .map(sql_param)
        .collect::<Result<Vec<_>, _>>()?;
    with_database(cx, move |_, database| {
        wait(async move {
            let engine = database.engine().map_err(database_fault)?;
            rest_of(engine.sql(text, params).await.map_err(query_fault)?).await
        })
    })
}

fn sql_param(value: &Value) -> Result<ScalarValue, Fault> {
    scalar(value)?.ok_or_else(|| Fault::wrong_type("sql", "simple values as parameters", value))
}

/// `(dlog/table q width)`
fn table(_: &mut Cx, args: &mut [Value]) -> Flow {
    let query = query_of("dlog/table", &args[0])?;
    let width = args.get(1).and_then(number::as_usize);
    let (database, query) = (query.database().clone(), query.query().clone());
    wait(async move { table_of(&database, query, width).await.map(Value::string) })
}

/// Queries in `batuta.core`.
pub(super) static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: CORE_ROWS,
};

const CORE_ROWS: &[Builtin] = &[
    row(
        "collect",
        "[query]",
        exactly(1),
        collect_query,
        "All rows of a query in a vector.",
    ),
    row(
        "describe",
        "[query]",
        exactly(1),
        describe,
        "The columns of a query's rows and their types.",
    ),
    row(
        "explain",
        "[query]",
        exactly(1),
        explain,
        "How a query will be run, as text.",
    ),
    row(
        "sql",
        "[text & params]",
        at_least(1),
        sql,
        "The rows of an SQL query over the same logs; `$1` is the first parameter.",
    ),
];

/// Queries in `dlog`.
pub(super) static DLOG_TABLE: BuiltinTable = BuiltinTable {
    namespace: "dlog",
    builtins: DLOG_ROWS,
};

const DLOG_ROWS: &[Builtin] = &[
    row(
        "query*",
        "[template params]",
        exactly(2),
        build,
        "What a `from` compiles to.",
    ),
    row(
        "table",
        "[query] [query width]",
        between(1, 2),
        table,
        "The rows of a query as a table of text.",
    ),
];
