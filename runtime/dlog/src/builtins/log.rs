//! Logs: making, filling, looking up.

use std::sync::OnceLock;

use batuta_runtime::actor;
use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, Signal, between, exactly, row};
use batuta_runtime::collections::{list, map, walk};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::Database;
use dlog_core::log::{
    AppendBatch, AppendError, Durability, LogDescription, LogOptions, Receipt, Rows,
};
use dlog_core::query::ingest::{FileFormat, IngestOptions};
use dlog_core::query::{CopyProgress, copy_into};

use crate::convert::{datum, schema};
use crate::database::{blocking, with_database};
use crate::fault::{append_fault, catalog_fault, copy_fault, read_fault};

static COPY_REPORTER: OnceLock<fn(&CopyProgress)> = OnceLock::new();

/// Who shows how far a `copy-into` has come; the first one named stays.
pub fn set_copy_reporter(reporter: fn(&CopyProgress)) {
    // A second one is ignored: the doc says so.
    let _ = COPY_REPORTER.set(reporter);
}

/// Moves an argument out; nil if it was not given.
fn take(args: &mut [Value], index: usize) -> Value {
    args.get_mut(index).map(std::mem::take).unwrap_or_default()
}

/// The name of a log: a keyword, string or symbol.
fn log_name(who: &str, value: &Value) -> Result<String, Fault> {
    let keyword = value.as_keyword().map(|keyword| keyword.text().to_owned());
    let text = keyword.or_else(|| value.as_str().map(str::to_owned));
    text.ok_or_else(|| Fault::wrong_type(who, "a log's keyword", value))
}

fn options_map(who: &str, value: &Value) -> Result<(), Fault> {
    if value.is_nil() || map::is_map(value) {
        return Ok(());
    }
    Err(Fault::wrong_type(who, "a map of options", value))
}

/// `(create-log :users {:key :id})`
fn create_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let name = take(args, 0);
    let log = log_name("create-log", &name)?;
    let options = log_options(&take(args, 1))?;
    blocking(cx, move |database| {
        database
            .store()
            .create_log(&log, options)
            .map_err(catalog_fault)?;
        Ok(name)
    })
}

const LOG_OPTIONS: [&str; 4] = ["key", "schema", "partitions", "durability"];

fn log_options(value: &Value) -> Result<LogOptions, Fault> {
    options_map("create-log", value)?;
    let mut options = LogOptions::default();
    if value.is_nil() {
        return Ok(options);
    }
    for (name, option) in map::iter(value) {
        match name.as_keyword().map(|keyword| keyword.text()) {
            Some("key") => options.key = Some(datum::column_name(option)?.to_string()),
            Some("schema") => options.schema = Some(schema::from_value(option)?),
            Some("partitions") => options.partitions = partitions(option)?,
            Some("durability") => options.durability = durability(option)?,
            _ => return Err(unknown_option("create-log", name, &LOG_OPTIONS)),
        }
    }
    Ok(options)
}

fn unknown_option(who: &str, name: &Value, known: &[&str]) -> Fault {
    let shown = batuta_runtime::value::print::short(name);
    let known: Vec<String> = known.iter().map(|name| format!(":{name}")).collect();
    Fault::new(FaultKind::Log, format!("`{who}` has no option {shown}"))
        .hint(format!("the options are {}", known.join(" ")))
}

fn partitions(value: &Value) -> Result<u32, Fault> {
    let count = number::as_i64(value).and_then(|count| u32::try_from(count).ok());
    count.ok_or_else(|| Fault::wrong_type("create-log", "a number of partitions", value))
}

fn durability(value: &Value) -> Result<Durability, Fault> {
    match value.as_keyword().map(|keyword| keyword.text()) {
        Some("memory") => Ok(Durability::Memory),
        Some("process") => Ok(Durability::Process),
        Some("power") => Ok(Durability::Power),
        _ => Err(Fault::wrong_type(
            "durability",
            ":memory, :process or :power",
            value,
        )),
    }
}

/// Appends as one commit; a log that is not there is made first, keyless.
fn commit(
    cx: &mut Cx,
    batches: Vec<AppendBatch>,
    ack: Option<Durability>,
    then: impl FnOnce(Receipt) -> Value + Send + 'static,
) -> Flow {
    with_database(cx, move |_, database| {
        let future = async move {
            let ticket = match database.store().append(batches.clone(), ack) {
                Err(AppendError::NoSuchLog { .. }) => {
                    create_missing(&database, &batches).await?;
                    database.store().append(batches, ack)
                }
                other => other,
            };
            let receipt = ticket.map_err(append_fault)?.await.map_err(append_fault)?;
            let value = then(receipt);
            value.publish();
            Ok(value)
        };
        Err(Box::new(Signal::Wait {
            future: Box::pin(future),
            then: None,
        }))
    })
}

async fn create_missing(database: &Database, batches: &[AppendBatch]) -> Result<(), Fault> {
    let known = database.store().logs();
    let mut missing: Vec<String> = batches
        .iter()
        .map(|batch| batch.log.clone())
        .filter(|log| !known.contains(log))
        .collect();
    missing.dedup();
    let database = database.clone();
    actor::blocking(move || {
        for log in missing {
            database
                .store()
                .create_log(&log, LogOptions::default())
                .map_err(catalog_fault)?;
        }
        Ok(Value::NIL)
    })
    .await
    .map(|_| ())
}

fn ack_of(options: &Value) -> Result<Option<Durability>, Fault> {
    options_map("append", options)?;
    map::get_keyword(options, "durability")
        .map(durability)
        .transpose()
}

/// `(append :users {…})`
fn append(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("append", &args[0])?;
    let ack = ack_of(&take(args, 2))?;
    walk::realise(cx, take(args, 1), move |cx, value| {
        let row = datum::row("append", &value)?;
        commit(
            cx,
            vec![AppendBatch::rows(log, vec![row])],
            ack,
            |receipt| receipt_value(&receipt),
        )
    })
}

fn receipt_value(receipt: &Receipt) -> Value {
    let unsigned = |number: u64| number::from_i128(i128::from(number));
    let part = receipt.parts.first();
    map::from_pairs([
        (
            Value::keyword("partition"),
            part.map_or(Value::NIL, |p| number::int(i64::from(p.partition.0))),
        ),
        (
            Value::keyword("offset"),
            part.map_or(Value::NIL, |p| unsigned(p.first_offset.0)),
        ),
        (Value::keyword("commit"), unsigned(receipt.commit.0)),
    ])
}

/// `(append-all :users [{…} …])`, `(append-all {:a [{…}] :b [{…}]})`
fn append_all(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.len() == 1 {
        return walk::realise(cx, take(args, 0), |cx, logs| {
            if !map::is_map(&logs) {
                return Err(Fault::wrong_type("append-all", "a map of logs to rows", &logs).into());
            }
            let batches = map::iter(&logs).map(|(log, rows)| {
                let rows = datum::rows("append-all", rows)?;
                Ok(AppendBatch::rows(log_name("append-all", log)?, rows))
            });
            let batches = batches.collect::<Result<Vec<_>, Fault>>()?;
            append_batches(cx, batches, None)
        });
    }
    let log = log_name("append-all", &args[0])?;
    let ack = ack_of(&take(args, 2))?;
    walk::realise(cx, take(args, 1), move |cx, rows| {
        let rows = datum::rows("append-all", &rows)?;
        append_batches(cx, vec![AppendBatch::rows(log, rows)], ack)
    })
}

/// An append of nothing is no commit.
fn append_batches(cx: &mut Cx, batches: Vec<AppendBatch>, ack: Option<Durability>) -> Flow {
    let has_rows =
        |batch: &AppendBatch| !matches!(&batch.rows, Rows::Rows(rows) if rows.is_empty());
    let batches: Vec<AppendBatch> = batches.into_iter().filter(has_rows).collect();
    if batches.is_empty() {
        return Ok(number::int(0));
    }
    commit(cx, batches, ack, |receipt| {
        let rows: u64 = receipt.parts.iter().map(|part| part.count).sum();
        number::from_i128(i128::from(rows))
    })
}

/// `(delete :users key)`
fn delete(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("delete", &args[0])?;
    walk::realise(cx, take(args, 1), move |cx, key| {
        let key = datum::datum(&key)?;
        blocking(cx, move |database| {
            let ticket = database
                .store()
                .delete(&log, &key, None)
                .map_err(append_fault)?;
            match ticket {
                None => Ok(Value::FALSE),
                Some(ticket) => ticket.wait().map(|_| Value::TRUE).map_err(append_fault),
            }
        })
    })
}

/// `(find-row :users key)`
fn find_row(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("find-row", &args[0])?;
    walk::realise(cx, take(args, 1), move |cx, key| {
        let key = datum::datum(&key)?;
        blocking(cx, move |database| {
            let found = database.store().find_row(&log, &key).map_err(read_fault)?;
            Ok(found.map_or(Value::NIL, |found| datum::row_value(&found.row)))
        })
    })
}

/// `(copy-into :log "file.parquet")`
fn copy(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("copy-into", &args[0])?;
    let Some(pattern) = args[1].as_str().map(str::to_owned) else {
        return Err(Fault::wrong_type("copy-into", "a file name or pattern", &args[1]).into());
    };
    let options = copy_options(&take(args, 2))?;
    blocking(cx, move |database| {
        let mut report = |progress: CopyProgress| {
            if let Some(reporter) = COPY_REPORTER.get() {
                reporter(&progress);
            }
        };
        let done = copy_into(database.store(), &log, &pattern, &options, &mut report);
        let done = done.map_err(copy_fault)?;
        Ok(number::from_i128(i128::from(done.rows)))
    })
}

const COPY_OPTIONS: [&str; 2] = ["format", "null-values"];

fn copy_options(value: &Value) -> Result<IngestOptions, Fault> {
    options_map("copy-into", value)?;
    let mut options = IngestOptions::default();
    if value.is_nil() {
        return Ok(options);
    }
    for (name, option) in map::iter(value) {
        match name.as_keyword().map(|keyword| keyword.text()) {
            Some("format") => options.format = Some(file_format(option)?),
            Some("null-values") => {
                let texts = datum::items("copy-into", option)?;
                options.null_values = texts
                    .iter()
                    .map(|text| {
                        let text = text.as_str().map(str::to_owned);
                        text.ok_or_else(|| Fault::wrong_type("copy-into", "strings", option))
                    })
                    .collect::<Result<_, _>>()?;
            }
            _ => return Err(unknown_option("copy-into", name, &COPY_OPTIONS)),
        }
    }
    Ok(options)
}

fn file_format(value: &Value) -> Result<FileFormat, Fault> {
    match value.as_keyword().map(|keyword| keyword.text()) {
        Some("parquet") => Ok(FileFormat::Parquet),
        Some("csv") => Ok(FileFormat::Csv),
        Some("json" | "ndjson") => Ok(FileFormat::Json),
        _ => Err(Fault::wrong_type(
            "copy-into",
            ":parquet, :csv or :json",
            value,
        )),
    }
}

/// `(logs)`
fn logs(cx: &mut Cx, _: &mut [Value]) -> Flow {
    with_database(cx, |_, database| {
        let names = database.store().logs();
        Ok(list::from_vec(
            names.iter().map(|name| Value::keyword(name)).collect(),
        ))
    })
}

/// `(schema :log)`
fn log_schema(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("schema", &args[0])?;
    with_database(cx, move |_, database| {
        let found = database.store().schema(&log).map_err(read_fault)?;
        Ok(schema::to_value(&found))
    })
}

/// `(log-info :log)`
fn log_info(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("log-info", &args[0])?;
    with_database(cx, move |_, database| {
        let found = database.store().describe(&log).map_err(catalog_fault)?;
        Ok(description_value(&found))
    })
}

fn description_value(log: &LogDescription) -> Value {
    let count = |number: u64| number::from_i128(i128::from(number));
    let key = log
        .options
        .key
        .as_deref()
        .map_or(Value::NIL, Value::keyword);
    let durability = match log.options.durability {
        Durability::Memory => "memory",
        Durability::Process => "process",
        Durability::Power => "power",
    };
    map::from_pairs([
        (Value::keyword("name"), Value::keyword(&log.name)),
        (Value::keyword("key"), key),
        (Value::keyword("records"), count(log.record_count)),
        (
            Value::keyword("rows"),
            count(log.live_count.unwrap_or(log.record_count)),
        ),
        (
            Value::keyword("partitions"),
            number::from_usize(log.partitions.len()),
        ),
        (Value::keyword("durability"), Value::keyword(durability)),
        (Value::keyword("schema"), schema::to_value(&log.schema)),
    ])
}

/// The table.
pub(super) static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "append",
        "[log row] [log row options]",
        between(2, 3),
        append,
        "Appends a map to a log and returns once it is durable: `{:partition :offset :commit}`. A log that is not there is made, keyless. Option `:durability` may ask for more than the log does.",
    ),
    row(
        "append-all",
        "[log rows] [log rows options] [rows-by-log]",
        between(1, 3),
        append_all,
        "Appends maps to a log, or to several logs, as one commit, and gives their number.",
    ),
    row(
        "copy-into",
        "[log file] [log file options]",
        between(2, 3),
        copy,
        "Loads a Parquet, CSV or NDJSON file, or all that a pattern names, into a log and gives the number of rows. Options: `:format`, `:null-values`.",
    ),
    row(
        "create-log",
        "[name] [name options]",
        between(1, 2),
        create_log,
        "Makes a log and gives its name; nothing if it is there with the same options. Options: `:key`, `:schema`, `:partitions`, `:durability`.",
    ),
    row(
        "delete",
        "[log key]",
        exactly(2),
        delete,
        "Deletes the row of a key from a keyed log; says whether it was there.",
    ),
    row(
        "find-row",
        "[log key]",
        exactly(2),
        find_row,
        "The newest row of a key in a keyed log, or nil.",
    ),
    row(
        "log-info",
        "[log]",
        exactly(1),
        log_info,
        "What there is to know about a log: key, number of records, schema.",
    ),
    row(
        "logs",
        "[]",
        exactly(0),
        logs,
        "The names of all logs, sorted.",
    ),
    row(
        "schema",
        "[log]",
        exactly(1),
        log_schema,
        "The columns of a log and their types.",
    ),
];
