//! Reading logs record by record, and following them: `stream/from-log` goes page by page, and sleeps
//! at the end until the next commit wakes it.

use std::task::Poll;

use batuta_runtime::actor;
use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row, wait};
use batuta_runtime::collections::{map, vector};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::log::{
    CommitNumber, Cut, Offset, PartitionId, PartitionLayout, Store, StoredRecord,
};

use super::append::partition_id;
use super::options::{count, each_option, log_name, take, unsigned};
use crate::convert::datum;
use crate::database::{blocking, with_database};
use crate::fault::read_fault;
use crate::instant;

/// Where reading begins.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// With what is kept.
    Oldest,
    /// Behind what is there.
    End,
    /// At an offset of one partition.
    At(u64),
    /// With what was appended from a time on, in microseconds.
    Since(i64),
}

fn start(who: &str, value: &Value) -> Result<Start, Fault> {
    if let Some(micros) = instant::micros_of(value) {
        return Ok(Start::Since(micros));
    }
    match value.as_keyword().map(|keyword| keyword.text()) {
        Some("start") => Ok(Start::Oldest),
        Some("end") => Ok(Start::End),
        _ => unsigned(who, ":start, :end, an offset or an instant", value).map(Start::At),
    }
}

/// The next offset to read of each partition that is read.
type Places = Vec<Option<u64>>;

fn places(
    store: &Store,
    log: &str,
    partition: Option<PartitionId>,
    start: Start,
) -> Result<Places, Fault> {
    let layout = store.layout(log).map_err(read_fault)?;
    if let Some(wanted) = partition
        && wanted.0 as usize >= layout.len()
    {
        let message = format!("the log :{log} has no partition {wanted}");
        let last = layout.len() - 1;
        return Err(Fault::new(FaultKind::Log, message).hint(format!("use 0 to {last}")));
    }
    if matches!(start, Start::At(_)) && partition.is_none() && layout.len() > 1 {
        let message = format!("an offset of :{log} is one of a partition, and none is named");
        return Err(
            Fault::new(FaultKind::Log, message).hint("add :partition, or begin at an instant")
        );
    }
    let place = |own: &PartitionLayout| {
        if partition.is_some_and(|wanted| wanted != own.partition) {
            return Ok(None);
        }
        match start {
            Start::Oldest => Ok(Some(own.low.0)),
            Start::End => Ok(Some(own.next.0)),
            Start::At(offset) => Ok(Some(offset)),
            Start::Since(time) => store
                .offset_at(log, own.partition, time)
                .map(|offset| Some(offset.0))
                .map_err(read_fault),
        }
    };
    layout.iter().map(place).collect()
}

/// Up to `limit` records from these places on that a cut shows, in the order of the journal; the
/// places behind them.
fn page(
    store: &Store,
    log: &str,
    places: &mut Places,
    limit: usize,
    cut: Cut,
) -> Result<Vec<StoredRecord>, Fault> {
    let mut records = Vec::new();
    for (number, place) in (0..).zip(places.iter()) {
        let Some(from) = *place else { continue };
        let read = store.read_until(log, PartitionId(number), Offset(from), limit, cut);
        let batches = read.map_err(read_fault)?;
        records.extend(batches.iter().flat_map(StoredRecord::all));
    }
    // By commit: a stream of one partition after the other would not end at a cut.
    records.sort_by_key(|record| (record.commit, record.partition, record.offset));
    records.truncate(limit);
    for record in &records {
        places[record.partition.0 as usize] = Some(record.offset.0 + 1);
    }
    Ok(records)
}

/// A record as a map, its place under `:_partition :_offset :_commit :_time`, its headers under
/// `:_headers` where it has any.
fn record_value(record: &StoredRecord) -> Value {
    let own = record.row.0.iter();
    let own = own.map(|(name, value)| (Value::keyword(name), datum::value(value)));
    let system = [
        (
            Value::keyword("_partition"),
            number::int(i64::from(record.partition.0)),
        ),
        (Value::keyword("_offset"), count(record.offset.0)),
        (Value::keyword("_commit"), count(record.commit.0)),
        (Value::keyword("_time"), instant::make(record.time_us)),
    ];
    let deleted = record
        .is_tombstone
        .then(|| (Value::keyword("_deleted"), Value::TRUE));
    let headers = (!record.headers.is_empty()).then(|| {
        let headers = record.headers.iter();
        let headers = headers.map(|(name, text)| (Value::keyword(name), Value::str(text)));
        (Value::keyword("_headers"), map::from_pairs(headers))
    });
    map::from_pairs(own.chain(system).chain(deleted).chain(headers))
}

/// `(read-log :events {:from 10 :limit 5})`
fn read_log(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("read-log", &args[0])?;
    let (mut partition, mut begin, mut limit) = (None, Start::Oldest, usize::MAX);
    let known = ["from", "limit", "partition"];
    each_option("read-log", &take(args, 1), &known, |name, option| {
        match name {
            "from" => begin = start("read-log", option)?,
            "partition" => partition = Some(partition_id("read-log", option)?),
            _ => {
                let number = unsigned("read-log", "a number of rows", option)?;
                limit = usize::try_from(number).unwrap_or(usize::MAX);
            }
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let store = database.store();
        let mut places = places(store, &log, partition, begin)?;
        let records = page(store, &log, &mut places, limit, store.cut())?;
        Ok(vector::from_iter(records.iter().map(record_value)))
    })
}

/// `(log-places* :events {:from :end})`: where a stream begins.
fn log_places(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let log = log_name("stream/from-log", &args[0])?;
    let who = "stream/from-log";
    let (mut partition, mut begin) = (None, Start::Oldest);
    let known = ["follow", "from", "partition"];
    each_option(who, &take(args, 1), &known, |name, option| {
        match name {
            "from" => begin = start(who, option)?,
            "partition" => partition = Some(partition_id(who, option)?),
            _ => {}
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let places = places(database.store(), &log, partition, begin)?;
        Ok(places_value(&places))
    })
}

fn places_value(places: &Places) -> Value {
    vector::from_iter(places.iter().map(|place| place.map_or(Value::NIL, count)))
}

/// `(log-page* :events places limit)`: `[records places commit]`, the commit being the last that was
/// looked at.
fn log_page(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "stream/from-log";
    let log = log_name(who, &args[0])?;
    let items = datum::items(who, &args[1])?;
    let places = items.iter().map(|place| match place.is_nil() {
        true => Ok(None),
        false => unsigned(who, "an offset", place).map(Some),
    });
    let mut places = places.collect::<Result<Places, Fault>>()?;
    let limit = unsigned(who, "a number of rows", &args[2])?;
    blocking(cx, move |database| {
        let store = database.store();
        let seen = store.cut();
        let limit = usize::try_from(limit).unwrap_or(1);
        let records = page(store, &log, &mut places, limit, seen)?;
        let records = vector::from_iter(records.iter().map(record_value));
        let result = [records, places_value(&places), count(seen.0.0)];
        Ok(vector::from_iter(result))
    })
}

/// `(log-wait* commit)`: parks until there is a later one; false if the database was closed.
fn log_wait(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let seen = Cut(CommitNumber(unsigned(
        "stream/from-log",
        "a commit",
        &args[0],
    )?));
    with_database(cx, move |_, database| {
        wait(std::future::poll_fn(move |context| {
            match database.store().poll_beyond(seen, context) {
                Poll::Ready(cut) => Poll::Ready(Ok(Value::bool(cut > seen))),
                Poll::Pending => {
                    // Nobody else writes to the store: only an actor can append.
                    actor::waits_for_actors();
                    Poll::Pending
                }
            }
        }))
    })
}

/// The table.
pub(super) static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "log-page*",
        "[log places limit]",
        exactly(3),
        log_page,
        "Records from these places on, the places behind them, and the commit that was the last.",
    ),
    row(
        "log-places*",
        "[log options]",
        exactly(2),
        log_places,
        "Where a stream of a log begins.",
    ),
    row(
        "log-wait*",
        "[commit]",
        exactly(1),
        log_wait,
        "Waits for a later commit; false if the database was closed.",
    ),
    row(
        "read-log",
        "[log] [log options]",
        between(1, 2),
        read_log,
        "The records of a log as they were appended, replaced ones too, in the order of commits: maps with `:_partition :_offset :_commit :_time`, deletions with `:_deleted`, headers under `:_headers`. Options: `:from`, an offset, an instant, `:start` or `:end`; `:partition`; `:limit`.",
    ),
];
