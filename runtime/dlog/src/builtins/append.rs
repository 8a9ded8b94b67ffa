//! Appending and deleting, with what an append may ask for.

use batuta_runtime::actor;
use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row, wait};
use batuta_runtime::collections::{map, walk};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::Fault;
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::Database;
use dlog_core::log::{
    AppendBatch, AppendError, AppendOptions, LogOptions, Offset, PartitionId, Producer, Receipt,
    Rows,
};

use super::options::{count, durability, each_option, log_name, take, unsigned};
use crate::convert::datum;
use crate::database::{blocking, with_database};
use crate::fault::{append_fault, catalog_fault};

const OPTIONS: [&str; 5] = ["durability", "expect", "if-absent", "partition", "producer"];

/// What an append asks for, and the partition where it names one.
fn append_options(who: &str, value: &Value) -> Result<(AppendOptions, Option<PartitionId>), Fault> {
    let mut options = AppendOptions::default();
    let mut partition = None;
    each_option(who, value, &OPTIONS, |name, option| {
        if option.is_nil() {
            return Ok(());
        }
        match name {
            "durability" => options.ack = Some(durability(option)?),
            "expect" => {
                options.expect = Some(Offset(unsigned(who, "the expected offset", option)?));
            }
            "if-absent" => {
                let wanted = "true or false for :if-absent";
                let flag = option.as_bool();
                options.if_absent = flag.ok_or_else(|| Fault::wrong_type(who, wanted, option))?;
            }
            "partition" => partition = Some(partition_id(who, option)?),
            _ => options.producer = Some(producer(who, option)?),
        }
        Ok(())
    })?;
    Ok((options, partition))
}

/// The number of a partition.
pub(super) fn partition_id(who: &str, value: &Value) -> Result<PartitionId, Fault> {
    let number = u32::try_from(unsigned(who, "a partition's number", value)?);
    number
        .map(PartitionId)
        .map_err(|_| Fault::wrong_type(who, "a partition's number", value))
}

/// `{:id 7 :epoch 0 :sequence 3}`
fn producer(who: &str, value: &Value) -> Result<Producer, Fault> {
    let mut parts = [None, Some(0), None];
    let names = ["id", "epoch", "sequence"];
    each_option(who, value, &names, |name, option| {
        let place = names.iter().position(|known| *known == name).unwrap_or(0);
        parts[place] = Some(unsigned(who, "a number in :producer", option)?);
        Ok(())
    })?;
    let wanted = "{:id :epoch :sequence} as :producer";
    let whole = match parts {
        [Some(id), Some(epoch), Some(sequence)] => {
            u32::try_from(epoch).ok().map(|epoch| Producer {
                id,
                epoch,
                sequence,
            })
        }
        _ => None,
    };
    whole.ok_or_else(|| Fault::wrong_type(who, wanted, value))
}

/// Appends as one commit; a log that is not there is made first, keyless.
fn commit(
    cx: &mut Cx,
    batches: Vec<AppendBatch>,
    options: AppendOptions,
    then: impl FnOnce(Receipt) -> Value + Send + 'static,
) -> Flow {
    with_database(cx, move |_, database| {
        wait(async move {
            let store = database.store();
            let ticket = match store.append_with(batches.clone(), &options) {
                Err(AppendError::NoSuchLog { .. }) => {
                    let (database, missing) = (database.clone(), batches.clone());
                    let make = move || create_missing(&database, &missing).map(|()| Value::NIL);
                    actor::blocking(make).await?;
                    store.append_with(batches, &options)
                }
                other => other,
            };
            let receipt = ticket.map_err(append_fault)?.await.map_err(append_fault)?;
            let value = then(receipt);
            value.publish();
            Ok(value)
        })
    })
}

/// Makes the logs that are not there, keyless.
pub(super) fn create_missing(database: &Database, batches: &[AppendBatch]) -> Result<(), Fault> {
    let store = database.store();
    for batch in batches {
        if !store.logs().contains(&batch.log) {
            let made = store.create_log(&batch.log, LogOptions::default());
            made.map_err(catalog_fault)?;
        }
    }
    Ok(())
}

/// `(append :users {…})`
fn append(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("append", &args[0])?;
    let (options, partition) = append_options("append", &take(args, 2))?;
    walk::realise(cx, take(args, 1), move |cx, value| {
        let row = datum::row("append", &value)?;
        let batch = AppendBatch {
            partition,
            ..AppendBatch::rows(log, vec![row])
        };
        commit(cx, vec![batch], options, |receipt| receipt_value(&receipt))
    })
}

fn receipt_value(receipt: &Receipt) -> Value {
    let part = receipt.parts.first();
    map::from_pairs([
        (
            Value::keyword("partition"),
            part.map_or(Value::NIL, |p| number::int(i64::from(p.partition.0))),
        ),
        (
            Value::keyword("offset"),
            part.map_or(Value::NIL, |p| count(p.first_offset.0)),
        ),
        (Value::keyword("commit"), count(receipt.commit.0)),
    ])
}

/// `(append-all :users [{…} …])`, `(append-all {:a [{…}] :b [{…}]})`
fn append_all(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.len() == 1 || map::is_map(&args[0]) {
        let (options, _) = append_options("append-all", &take(args, 1))?;
        return walk::realise(cx, take(args, 0), move |cx, logs| {
            append_batches(cx, batches_of(&logs)?, options)
        });
    }
    let log = log_name("append-all", &args[0])?;
    let (options, partition) = append_options("append-all", &take(args, 2))?;
    walk::realise(cx, take(args, 1), move |cx, rows| {
        let batch = AppendBatch {
            partition,
            ..AppendBatch::rows(log, datum::rows("append-all", &rows)?)
        };
        append_batches(cx, vec![batch], options)
    })
}

/// The rows of several logs.
pub(super) fn batches_of(logs: &Value) -> Result<Vec<AppendBatch>, Fault> {
    if !map::is_map(logs) {
        return Err(Fault::wrong_type(
            "append-all",
            "a map of logs to rows",
            logs,
        ));
    }
    map::iter(logs)
        .map(|(log, rows)| {
            let rows = datum::rows("append-all", rows)?;
            Ok(AppendBatch::rows(log_name("append-all", log)?, rows))
        })
        .collect()
}

/// An append of nothing is no commit.
fn append_batches(cx: &mut Cx, batches: Vec<AppendBatch>, options: AppendOptions) -> Flow {
    let has_rows =
        |batch: &AppendBatch| !matches!(&batch.rows, Rows::Rows(rows) if rows.is_empty());
    let batches: Vec<AppendBatch> = batches.into_iter().filter(has_rows).collect();
    if batches.is_empty() {
        return Ok(number::int(0));
    }
    commit(cx, batches, options, |receipt| {
        count(receipt.parts.iter().map(|part| part.count).sum())
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
        "Appends a map to a log and returns once it is durable: `{:partition :offset :commit}`. A log that is not there is made, keyless. Options: `:durability`, where more is wanted than the log does; `:expect`, the offset the row must get; `:if-absent true`, only if its key has no row; `:partition`, for a log without a key; `:producer {:id :epoch :sequence}`, so that a retry is stored once.",
    ),
    row(
        "append-all",
        "[log rows] [log rows options] [rows-by-log] [rows-by-log options]",
        between(1, 3),
        append_all,
        "Appends maps to a log, or to several logs, as one commit, and gives their number. Options as for `append`.",
    ),
    row(
        "delete",
        "[log key]",
        exactly(2),
        delete,
        "Deletes the row of a key from a keyed log; says whether it was there.",
    ),
];
