//! `batuta log stats`: sizes and times, of all logs or of one by partition.

use std::process::ExitCode;

use dlog_core::log::{Store, StoredRecord};
use serde::Serialize;

use super::output::{Output, Table, listing, size, time};
use super::{Failure, Outcome};
use crate::driver::CRASHED;

#[derive(Serialize)]
struct StoreStats {
    logs: Vec<LogStats>,
    records: u64,
    sealed_bytes: u64,
    tail_bytes: u64,
    journal_bytes: u64,
    free_bytes: Option<u64>,
}

#[derive(Serialize)]
struct LogStats {
    log: String,
    records: u64,
    rows: u64,
    segments: usize,
    sealed_bytes: u64,
    tail_bytes: u64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct PartitionStats {
    partition: u32,
    records: u64,
    segments: usize,
    sealed_bytes: u64,
    tail_records: u64,
    tail_bytes: u64,
    first: Option<String>,
    last: Option<String>,
    groups: Vec<GroupStats>,
}

#[derive(Serialize)]
struct GroupStats {
    group: String,
    position: u64,
    behind: u64,
}

/// Shows all logs and the store.
pub(super) fn store(store: &Store, out: &mut Output) -> Outcome {
    let mut logs = Vec::new();
    for name in store.logs() {
        logs.push(log_stats(store, &name)?);
    }
    let journal = store.journal_files()?;
    let stats = StoreStats {
        records: logs.iter().map(|log| log.records).sum(),
        sealed_bytes: logs.iter().map(|log| log.sealed_bytes).sum(),
        tail_bytes: logs.iter().map(|log| log.tail_bytes).sum(),
        journal_bytes: journal.iter().map(|file| file.bytes).sum(),
        free_bytes: store.device().free_bytes().ok().flatten(),
        logs,
    };
    out.show(&stats, store_text);
    Ok(ExitCode::SUCCESS)
}

fn store_text(stats: &StoreStats) -> String {
    let headings = [
        "LOG", "RECORDS", "ROWS", "SEGMENTS", "SEALED", "UNSEALED", "FIRST", "LAST",
    ];
    let mut table = Table::new(&headings);
    for log in &stats.logs {
        table.row([
            log.log.clone(),
            log.records.to_string(),
            log.rows.to_string(),
            log.segments.to_string(),
            size(log.sealed_bytes),
            size(log.tail_bytes),
            log.first.clone().unwrap_or_default(),
            log.last.clone().unwrap_or_default(),
        ]);
    }
    let free = stats.free_bytes.map_or("unknown".to_owned(), size);
    let end = listing(&[
        ("records", stats.records.to_string()),
        ("sealed", size(stats.sealed_bytes)),
        ("unsealed", size(stats.tail_bytes)),
        ("journal files", size(stats.journal_bytes)),
        ("free on the disk", free),
    ]);
    format!("{}\n{end}", table.text())
}

fn log_stats(store: &Store, name: &str) -> Result<LogStats, Failure> {
    let log = describe(store, name)?;
    let mut times: Vec<(i64, i64)> = Vec::new();
    for partition in store.layout(name)? {
        times.extend(bounds(store, name, &partition)?);
    }
    Ok(LogStats {
        records: log.record_count,
        rows: log.live_count.unwrap_or(log.record_count),
        segments: log.partitions.iter().map(|p| p.segments).sum(),
        sealed_bytes: log.partitions.iter().map(|p| p.segment_bytes).sum(),
        tail_bytes: log.partitions.iter().map(|p| p.tail_bytes).sum(),
        first: times.iter().map(|(first, _)| *first).min().map(time),
        last: times.iter().map(|(_, last)| *last).max().map(time),
        log: log.name,
    })
}

fn describe(store: &Store, name: &str) -> Result<dlog_core::log::LogDescription, Failure> {
    store.describe(name).map_err(|error| Failure {
        code: CRASHED,
        text: error.to_string(),
    })
}

/// When the first and the last record of a partition were appended.
fn bounds(
    store: &Store,
    log: &str,
    partition: &dlog_core::log::PartitionLayout,
) -> Result<Option<(i64, i64)>, Failure> {
    let at = |from: dlog_core::log::Offset| -> Result<Option<i64>, Failure> {
        let batches = store.read(log, partition.partition, from, 1)?;
        let record = batches.iter().flat_map(StoredRecord::all).next();
        Ok(record.map(|record| record.append_time_us))
    };
    let sealed = partition.segments.first().zip(partition.segments.last());
    let first = match sealed {
        Some((first, _)) => Some(first.min_append_time_us()),
        None => at(partition.low)?,
    };
    let last = if partition.next > partition.sealed {
        at(dlog_core::log::Offset(partition.next.0 - 1))?
    } else {
        sealed.map(|(_, last)| last.max_append_time_us())
    };
    Ok(first.zip(last))
}

/// Shows one log by partition.
pub(super) fn log(store: &Store, name: &str, out: &mut Output) -> Outcome {
    let log = describe(store, name)?;
    let mut partitions = Vec::new();
    for (layout, partition) in store.layout(name)?.iter().zip(&log.partitions) {
        let times = bounds(store, name, layout)?;
        partitions.push(PartitionStats {
            partition: partition.partition.0,
            records: partition.record_count,
            segments: partition.segments,
            sealed_bytes: partition.segment_bytes,
            tail_records: partition.tail_records,
            tail_bytes: partition.tail_bytes,
            first: times.map(|(first, _)| time(first)),
            last: times.map(|(_, last)| time(last)),
            groups: groups(store, name, partition.partition.0)?,
        });
    }
    out.show(&partitions, |partitions| log_text(partitions));
    Ok(ExitCode::SUCCESS)
}

/// The groups that have read of a partition.
fn groups(store: &Store, log: &str, partition: u32) -> Result<Vec<GroupStats>, Failure> {
    let mut found = Vec::new();
    for (group, _) in store.groups() {
        let lag = store.group_lag(&group, log)?;
        let own = lag.iter().filter(|lag| lag.partition.0 == partition);
        found.extend(own.filter(|lag| lag.position.0 > 0).map(|lag| GroupStats {
            group: group.clone(),
            position: lag.position.0,
            behind: lag.end.0.saturating_sub(lag.position.0),
        }));
    }
    Ok(found)
}

fn log_text(partitions: &[PartitionStats]) -> String {
    let headings = [
        "PARTITION",
        "RECORDS",
        "SEGMENTS",
        "SEALED",
        "UNSEALED",
        "FIRST",
        "LAST",
    ];
    let mut table = Table::new(&headings);
    let mut groups = Table::new(&["GROUP", "PARTITION", "POSITION", "BEHIND"]);
    for partition in partitions {
        table.row([
            partition.partition.to_string(),
            partition.records.to_string(),
            partition.segments.to_string(),
            size(partition.sealed_bytes),
            size(partition.tail_bytes),
            partition.first.clone().unwrap_or_default(),
            partition.last.clone().unwrap_or_default(),
        ]);
        for group in &partition.groups {
            groups.row([
                group.group.clone(),
                partition.partition.to_string(),
                group.position.to_string(),
                group.behind.to_string(),
            ]);
        }
    }
    let has_groups = partitions.iter().any(|p| !p.groups.is_empty());
    match has_groups {
        true => format!("{}\n{}", table.text(), groups.text()),
        false => table.text(),
    }
}
