//! Logs: making, changing, filling from files, looking up.

use std::sync::OnceLock;

use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use batuta_runtime::collections::{list, map, vector, walk};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::Fault;
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::log::{
    Alteration, CatalogError, CommitNumber, Cut, LogDescription, LogOptions, Store,
};
use dlog_core::query::ingest::{FileFormat, IngestOptions};
use dlog_core::query::{CopyProgress, copy_into};

use super::options::{
    count, durability, durability_value, each_option, limit, limit_value, log_name, retention,
    retention_value, take, unsigned,
};
use crate::convert::{datum, schema};
use crate::database::{blocking, with_database};
use crate::fault::{catalog_fault, copy_fault, read_fault, seal_fault};
use crate::instant;

static COPY_REPORTER: OnceLock<fn(&CopyProgress)> = OnceLock::new();

/// Who shows how far a `copy-into` has come; the first one named stays.
pub fn set_copy_reporter(reporter: fn(&CopyProgress)) {
    // A second one is ignored: the doc says so.
    let _ = COPY_REPORTER.set(reporter);
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

fn log_options(value: &Value) -> Result<LogOptions, Fault> {
    let mut options = LogOptions::default();
    let known = [
        "key",
        "schema",
        "partitions",
        "durability",
        "retention",
        "limit",
    ];
    each_option("create-log", value, &known, |name, option| {
        match name {
            "key" => options.key = Some(datum::column_name(option)?.to_string()),
            "schema" => options.schema = Some(schema::from_value(option)?),
            "partitions" => options.partitions = partitions(option)?,
            "durability" => options.durability = durability(option)?,
            "limit" => options.limit = limit("create-log", option)?,
            _ => options.retention = retention("create-log", option)?,
        }
        Ok(())
    })?;
    Ok(options)
}

fn partitions(value: &Value) -> Result<u32, Fault> {
    let count = number::as_i64(value).and_then(|count| u32::try_from(count).ok());
    count.ok_or_else(|| Fault::wrong_type("create-log", "a number of partitions", value))
}

/// `(alter-log :users {:retention {:age (days 7)}})`
fn alter_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let name = take(args, 0);
    let log = log_name("alter-log", &name)?;
    let mut alteration = Alteration::default();
    let known = ["durability", "limit", "retention"];
    each_option("alter-log", &args[1], &known, |option, value| {
        match option {
            "durability" => alteration.durability = Some(durability(value)?),
            "limit" => alteration.limit = Some(limit("alter-log", value)?),
            _ => alteration.retention = Some(retention("alter-log", value)?),
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let altered = database.store().alter_log(&log, alteration);
        altered.map(|()| name).map_err(catalog_fault)
    })
}

/// `(drop-log :users)`
fn drop_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("drop-log", &args[0])?;
    blocking(cx, move |database| {
        let dropped = database.store().drop_log(&log);
        dropped.map(Value::bool).map_err(catalog_fault)
    })
}

/// `(rename-log :users :people)`
fn rename_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("rename-log", &args[0])?;
    let new = take(args, 1);
    let new_name = log_name("rename-log", &new)?;
    blocking(cx, move |database| {
        let renamed = database.store().rename_log(&log, &new_name);
        renamed.map(|()| new).map_err(catalog_fault)
    })
}

/// `(clone-log :users :trial)`, `(clone-log :users :trial {:as-of 7})`
fn clone_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    copied("clone-log", Store::clone_log, cx, args)
}

/// `(snapshot :users :monday)`
fn snapshot(cx: &mut Cx, args: &mut [Value]) -> Flow {
    copied("snapshot", Store::snapshot_log, cx, args)
}

/// Makes a log of another one.
type Copy = fn(&Store, &str, &str, Option<Cut>) -> Result<Cut, CatalogError>;

fn copied(who: &'static str, copy: Copy, cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name(who, &args[0])?;
    let new = take(args, 1);
    let name = log_name(who, &new)?;
    let (mut commit, mut time) = (None, None);
    each_option(who, &take(args, 2), &["as-of"], |_, option| {
        time = instant::micros_of(option);
        if time.is_none() {
            commit = Some(unsigned(who, "a commit or an instant", option)?);
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let store = database.store();
        let cut = match time {
            Some(time) => Some(store.cut_as_of(time).map_err(read_fault)?),
            None => commit.map(|commit| Cut(CommitNumber(commit))),
        };
        copy(store, &log, &name, cut).map_err(catalog_fault)?;
        Ok(new)
    })
}

/// `(purge :users key)`
fn purge(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("purge", &args[0])?;
    walk::realise(cx, take(args, 1), move |cx, key| {
        let key = datum::datum(&key)?;
        blocking(cx, move |database| {
            let purged = database.store().purge(&log, &key).map_err(seal_fault)?;
            let elsewhere = purged.elsewhere.iter().map(|log| Value::keyword(log));
            Ok(map::from_pairs([
                (Value::keyword("rows"), count(purged.records)),
                (Value::keyword("elsewhere"), vector::from_iter(elsewhere)),
            ]))
        })
    })
}

/// How long a deletion is shown to those who read after it, unless told: a day.
const TOMBSTONE_AGE_MS: u64 = 86_400_000;

/// `(compact :users)`
fn compact(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("compact", &args[0])?;
    let (mut commit, mut age) = (u64::MAX, TOMBSTONE_AGE_MS);
    let known = ["before", "deletions-older-than"];
    each_option("compact", &take(args, 1), &known, |name, option| {
        match name {
            "before" => commit = unsigned("compact", "a commit", option)?,
            _ => age = unsigned("compact", "milliseconds", option)?,
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let store = database.store();
        // Only what is sealed can be taken away.
        store.seal(&log).map_err(seal_fault)?;
        let age = i64::try_from(age).unwrap_or(i64::MAX).saturating_mul(1000);
        let cut = Cut(CommitNumber(commit)).min(store.cut());
        store.compact(&log, cut, age).map(count).map_err(seal_fault)
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

fn copy_options(value: &Value) -> Result<IngestOptions, Fault> {
    let mut options = IngestOptions::default();
    let known = ["format", "null-values"];
    each_option("copy-into", value, &known, |name, option| {
        match name {
            "format" => options.format = Some(file_format(option)?),
            _ => {
                let texts = datum::items("copy-into", option)?;
                options.null_values = texts
                    .iter()
                    .map(|text| {
                        let text = text.as_str().map(str::to_owned);
                        text.ok_or_else(|| Fault::wrong_type("copy-into", "strings", option))
                    })
                    .collect::<Result<_, _>>()?;
            }
        }
        Ok(())
    })?;
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
    let key = log
        .options
        .key
        .as_deref()
        .map_or(Value::NIL, Value::keyword);
    let bytes = log.partitions.iter();
    let bytes = bytes.map(|partition| partition.segment_bytes + partition.tail_bytes);
    let segments = log.partitions.iter().map(|partition| partition.segments);
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
        (
            Value::keyword("durability"),
            durability_value(log.options.durability),
        ),
        (
            Value::keyword("retention"),
            retention_value(log.options.retention),
        ),
        (Value::keyword("limit"), limit_value(log.options.limit)),
        (Value::keyword("bytes"), count(bytes.sum())),
        (
            Value::keyword("segments"),
            number::from_usize(segments.sum()),
        ),
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
        "alter-log",
        "[log options]",
        exactly(2),
        alter_log,
        "Changes a log's `:durability`, `:retention` or `:limit` from now on, and gives its name.",
    ),
    row(
        "clone-log",
        "[log name] [log name options]",
        between(2, 3),
        clone_log,
        "Makes a log that has what another one has, without copying it, and goes on by itself; gives its name. Option `:as-of`, a commit or an instant: as it was then.",
    ),
    row(
        "compact",
        "[log] [log options]",
        between(1, 2),
        compact,
        "Takes away the rows of a keyed log that were replaced or deleted, and gives their number. Options: `:before`, only what was replaced at or before this commit; `:deletions-older-than`, how long deletions stay for those who follow the log, in milliseconds (a day). The log can no longer be shown as it was before.",
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
        "Makes a log and gives its name; nothing if it is there with the same options. Options: `:key`, `:schema`, `:partitions`, `:durability`, `:retention {:age milliseconds :bytes n}`, `:limit {:bytes n :when-full :reject}` or `:drop-oldest`.",
    ),
    row(
        "drop-log",
        "[log]",
        exactly(1),
        drop_log,
        "Drops a log with all its rows; says whether it was there. Queries that run go on.",
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
        "What there is to know about a log: its options, schema, records, and bytes on the disk.",
    ),
    row(
        "logs",
        "[]",
        exactly(0),
        logs,
        "The names of all logs, sorted.",
    ),
    row(
        "purge",
        "[log key]",
        exactly(2),
        purge,
        "Takes every row that a key ever had out of a log and its files: how many as `:rows`, and \
         as `:elsewhere` the other logs with that key column, copies of this one among them, that \
         still have rows of it.",
    ),
    row(
        "rename-log",
        "[log new-name]",
        exactly(2),
        rename_log,
        "Gives a log another name, and gives that.",
    ),
    row(
        "schema",
        "[log]",
        exactly(1),
        log_schema,
        "The columns of a log and their types.",
    ),
    row(
        "snapshot",
        "[log name] [log name options]",
        between(2, 3),
        snapshot,
        "Makes a log that has what another one has, without copying it, and stays as it is; gives its name. Option `:as-of`, as for `clone-log`.",
    ),
];
