//! `batuta log dump` and `tail`: the records themselves, one a line.

use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use dlog_core::log::{
    CaughtUp, CommitNumber, Offset, PartitionId, PartitionLayout, Store, StoredRecord,
};
use serde_json::json;

use super::output::{Closed, Output, time};
use super::text::{map_json, map_text};
use super::{Failure, Outcome, find, open};
use crate::cli::log::{DumpArguments, TailArguments};

/// Records read at a time.
const PAGE: usize = 4096;
/// How often a follower looks whether the writer has gone on: a few short reads.
const PAUSE: Duration = Duration::from_millis(2);

/// Prints the records of a range of offsets.
pub(super) fn dump(
    store: &Store,
    log: &str,
    arguments: &DumpArguments,
    out: &mut Output,
) -> Outcome {
    let mut printer = Printer::new(log, out);
    let end = arguments.to.unwrap_or(u64::MAX);
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    for partition in partitions(store, log, arguments.partition)? {
        let mut next = arguments.from.max(partition.low.0);
        while next < end && left > 0 {
            let most = left.min(PAGE as u64) as usize;
            let page = read(store, log, partition.partition, next, most)?;
            let Some(last) = page.last() else { break };
            next = last.offset.0 + 1;
            for record in page.iter().take_while(|record| record.offset.0 < end) {
                left -= 1;
                if printer.print(record).is_err() {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the last records, and those to come if asked to.
pub(super) fn tail(
    store: Store,
    dir: &Path,
    log: &str,
    arguments: &TailArguments,
    out: &mut Output,
) -> Outcome {
    let mut printer = Printer::new(log, out);
    let mut places: Vec<(PartitionId, u64)> = Vec::new();
    let mut last = Vec::new();
    for partition in partitions(&store, log, arguments.partition)? {
        let next = partition.next.0;
        places.push((partition.partition, next));
        last.extend(last_of(&store, log, &partition, arguments.lines)?);
    }
    last.sort_by_key(order);
    let surplus = last.len().saturating_sub(arguments.lines);
    if printer.print_all(last.split_off(surplus)).is_err() {
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.follow {
        follow(store, dir, log, places, &mut printer)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what is appended from these places on, until nobody reads it.
fn follow(
    mut store: Store,
    dir: &Path,
    log: &str,
    mut places: Vec<(PartitionId, u64)>,
    printer: &mut Printer<'_>,
) -> Result<(), Failure> {
    loop {
        match store.catch_up()? {
            CaughtUp::Nothing => {
                thread::sleep(PAUSE);
                continue;
            }
            CaughtUp::More => {}
            CaughtUp::Outdated => store = open(dir)?,
        }
        find(&store, log)?;
        let mut new = Vec::new();
        for (partition, next) in &mut places {
            while let page = read(&store, log, *partition, *next, PAGE)?
                && let Some(last) = page.last()
            {
                *next = last.offset.0 + 1;
                new.extend(page);
            }
        }
        if printer.print_all(new).is_err() {
            return Ok(());
        }
    }
}

/// The last records of a partition: compaction leaves holes, so one may have to look further back.
fn last_of(
    store: &Store,
    log: &str,
    partition: &PartitionLayout,
    count: usize,
) -> Result<Vec<StoredRecord>, Failure> {
    let (low, next) = (partition.low.0, partition.next.0);
    let mut span = count as u64;
    loop {
        let from = next.saturating_sub(span).max(low);
        let found = read(store, log, partition.partition, from, usize::MAX)?;
        if found.len() >= count || from == low {
            let surplus = found.len().saturating_sub(count);
            return Ok(found.into_iter().skip(surplus).collect());
        }
        span = span.saturating_mul(8);
    }
}

/// The partitions asked for.
fn partitions(
    store: &Store,
    log: &str,
    only: Option<u32>,
) -> Result<Vec<PartitionLayout>, Failure> {
    let layout = store.layout(log)?;
    let Some(only) = only else { return Ok(layout) };
    let last = layout.len() - 1;
    let own: Vec<PartitionLayout> = layout
        .into_iter()
        .filter(|partition| partition.partition.0 == only)
        .collect();
    if own.is_empty() {
        let text = format!("the log `{log}` has no partition {only}; use 0 to {last}");
        return Err(Failure::misuse(text));
    }
    Ok(own)
}

fn read(
    store: &Store,
    log: &str,
    partition: PartitionId,
    from: u64,
    limit: usize,
) -> Result<Vec<StoredRecord>, Failure> {
    let batches = store.read(log, partition, Offset(from), limit)?;
    Ok(batches.iter().flat_map(StoredRecord::all).collect())
}

/// Writes records as lines.
struct Printer<'o> {
    log: String,
    out: &'o mut Output,
    has_heading: bool,
}

impl<'o> Printer<'o> {
    fn new(log: &str, out: &'o mut Output) -> Printer<'o> {
        Printer {
            log: log.to_owned(),
            has_heading: out.is_json,
            out,
        }
    }

    fn print(&mut self, record: &StoredRecord) -> Result<(), Closed> {
        if !self.has_heading {
            self.has_heading = true;
            let heading = format!(
                "{:>4} {:>9} {:>8}  {:<27}  RECORD\n",
                "PART", "OFFSET", "COMMIT", "TIME"
            );
            self.out.write(&heading)?;
        }
        let line = if self.out.is_json {
            self.json(record)
        } else {
            text(record)
        };
        self.out.write(&(line + "\n"))
    }

    /// In the order of the journal.
    fn print_all(&mut self, mut records: Vec<StoredRecord>) -> Result<(), Closed> {
        records.sort_by_key(order);
        records.iter().try_for_each(|record| self.print(record))
    }

    fn json(&self, record: &StoredRecord) -> String {
        json!({
            "log": self.log,
            "partition": record.partition.0,
            "offset": record.offset.0,
            "commit": record.commit.0,
            "time": time(record.append_time_us),
            "deleted": record.is_tombstone,
            "row": map_json(&record.row.0),
            "headers": headers_json(record),
        })
        .to_string()
    }
}

/// The order of the journal.
fn order(record: &StoredRecord) -> (CommitNumber, PartitionId, Offset) {
    (record.commit, record.partition, record.offset)
}

fn text(record: &StoredRecord) -> String {
    let deleted = if record.is_tombstone { "deleted " } else { "" };
    format!(
        "{:>4} {:>9} {:>8}  {:<27}  {deleted}{}{}",
        record.partition.0,
        record.offset.0,
        record.commit.0,
        time(record.append_time_us),
        map_text(&record.row.0),
        headers_text(record)
    )
}

fn headers_text(record: &StoredRecord) -> String {
    if record.headers.is_empty() {
        return String::new();
    }
    let headers = record.headers.iter();
    let headers = headers.map(|(name, text)| format!("{name}={text:?}"));
    format!("  [{}]", headers.collect::<Vec<_>>().join(" "))
}

fn headers_json(record: &StoredRecord) -> serde_json::Value {
    let headers = record.headers.iter();
    headers
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect()
}
