//! `batuta log inspect`: what a store or a log is made of, file by file.

use std::process::ExitCode;

use dlog_core::log::{LogSchema, PartitionLayout, Retention, SegmentRef, Store};
use serde::Serialize;

use super::list::durability_name;
use super::output::{Output, Table, listing, size, time};
use super::{Failure, Outcome};
use crate::driver::CRASHED;

#[derive(Serialize)]
struct StoreShown {
    directory: Option<String>,
    store: String,
    epoch: u64,
    commit: u64,
    clean_end: bool,
    journal_commits: u64,
    logs: Vec<String>,
    groups: Vec<GroupShown>,
    journal: Vec<FileShown>,
}

#[derive(Serialize)]
struct GroupShown {
    group: String,
    generation: u64,
}

#[derive(Serialize)]
struct FileShown {
    file: String,
    bytes: u64,
}

/// Shows the store.
pub(super) fn store(store: &Store, out: &mut Output) -> Outcome {
    let journal = store.journal_files()?;
    let groups = store.groups().into_iter();
    let shown = StoreShown {
        directory: store.dir().map(|dir| dir.display().to_string()),
        store: store.store_id().to_string(),
        epoch: store.epoch().0,
        commit: store.cut().0.0,
        clean_end: store.recovery().was_clean,
        journal_commits: store.recovery().replayed_commits,
        logs: store.logs(),
        groups: groups
            .map(|(group, generation)| GroupShown { group, generation })
            .collect(),
        journal: journal
            .into_iter()
            .map(|file| FileShown {
                file: file.file,
                bytes: file.bytes,
            })
            .collect(),
    };
    out.show(&shown, store_text);
    Ok(ExitCode::SUCCESS)
}

fn store_text(shown: &StoreShown) -> String {
    let end = if shown.clean_end {
        "closed as it should be"
    } else {
        "open, or its process was killed"
    };
    let mut text = listing(&[
        ("directory", shown.directory.clone().unwrap_or_default()),
        ("store", shown.store.clone()),
        ("epoch", shown.epoch.to_string()),
        ("last commit", shown.commit.to_string()),
        ("end", end.to_owned()),
        (
            "in the journal",
            format!("{} commits", shown.journal_commits),
        ),
        ("logs", shown.logs.join(" ")),
    ]);
    if !shown.groups.is_empty() {
        let mut table = Table::new(&["GROUP", "GENERATION"]);
        for group in &shown.groups {
            table.row([group.group.clone(), group.generation.to_string()]);
        }
        text += &format!("\n{}", table.text());
    }
    let mut table = Table::new(&["FILE", "SIZE"]);
    for file in &shown.journal {
        table.row([file.file.clone(), size(file.bytes)]);
    }
    text + &format!("\n{}", table.text())
}

#[derive(Serialize)]
struct LogShown {
    log: String,
    id: u64,
    key: Option<String>,
    durability: String,
    max_age_ms: Option<i64>,
    max_bytes: Option<u64>,
    limit_bytes: Option<u64>,
    snapshot: bool,
    schema_version: u32,
    columns: Vec<ColumnShown>,
    partitions: Vec<PartitionShown>,
    segments: Vec<SegmentShown>,
}

#[derive(Serialize)]
struct ColumnShown {
    name: String,
    kind: String,
}

#[derive(Serialize)]
struct PartitionShown {
    partition: u32,
    first_offset: u64,
    sealed_offset: u64,
    next_offset: u64,
    first_commit: u64,
    records: u64,
}

#[derive(Serialize)]
struct SegmentShown {
    file: String,
    partition: u32,
    first_offset: u64,
    last_offset: u64,
    records: u64,
    bytes: u64,
    first_commit: u64,
    last_commit: u64,
    from: String,
    to: String,
}

/// Shows one log.
pub(super) fn log(store: &Store, name: &str, out: &mut Output) -> Outcome {
    let log = store.describe(name).map_err(|error| Failure {
        code: CRASHED,
        text: error.to_string(),
    })?;
    let layout = store.layout(name)?;
    let records = |layout: &PartitionLayout| {
        let own = log.partitions.iter();
        let own = own.filter(|partition| partition.partition == layout.partition);
        own.map(|partition| partition.record_count).sum()
    };
    let Retention {
        max_age_us,
        max_bytes,
    } = log.options.retention;
    let shown = LogShown {
        id: log.id.0,
        durability: durability_name(log.options.durability),
        max_age_ms: max_age_us.map(|age| age / 1000),
        max_bytes,
        limit_bytes: log.options.limit.map(|limit| limit.bytes),
        snapshot: log.is_snapshot,
        schema_version: log.schema_version,
        columns: columns(&log.schema),
        partitions: layout
            .iter()
            .map(|partition| PartitionShown {
                partition: partition.partition.0,
                first_offset: partition.low.0,
                sealed_offset: partition.sealed.0,
                next_offset: partition.next.0,
                first_commit: partition.floor.0,
                records: records(partition),
            })
            .collect(),
        segments: layout
            .iter()
            .flat_map(|partition| partition.segments.iter().map(segment))
            .collect(),
        key: log.options.key.clone(),
        log: log.name.clone(),
    };
    out.show(&shown, log_text);
    Ok(ExitCode::SUCCESS)
}

fn columns(schema: &LogSchema) -> Vec<ColumnShown> {
    let columns = schema.columns.iter().map(|column| ColumnShown {
        name: column.name.to_string(),
        kind: column.kind.to_string(),
    });
    columns.collect()
}

fn segment(segment: &SegmentRef) -> SegmentShown {
    SegmentShown {
        file: segment.path().to_owned(),
        partition: segment.partition().0,
        first_offset: segment.first_offset().0,
        last_offset: segment.last_offset().0,
        records: segment.row_count(),
        bytes: segment.len(),
        first_commit: segment.first_commit().0,
        last_commit: segment.last_commit().0,
        from: time(segment.min_append_time_us()),
        to: time(segment.max_append_time_us()),
    }
}

fn log_text(shown: &LogShown) -> String {
    let head = listing(&[
        ("log", shown.log.clone()),
        ("number", shown.id.to_string()),
        ("key", shown.key.clone().unwrap_or("none".to_owned())),
        ("durability", shown.durability.clone()),
        ("kept", kept_text(shown)),
        ("limit", shown.limit_bytes.map_or("none".to_owned(), size)),
        (
            "snapshot",
            if shown.snapshot { "yes" } else { "no" }.to_owned(),
        ),
        ("schema", format!("version {}", shown.schema_version)),
    ]);
    let mut columns = Table::new(&["COLUMN", "KIND"]);
    for column in &shown.columns {
        columns.row([column.name.clone(), column.kind.clone()]);
    }
    let mut partitions = Table::new(&["PARTITION", "FIRST", "SEALED", "NEXT", "RECORDS"]);
    for partition in &shown.partitions {
        let numbers = [
            u64::from(partition.partition),
            partition.first_offset,
            partition.sealed_offset,
            partition.next_offset,
            partition.records,
        ];
        partitions.row(numbers.map(|number| number.to_string()));
    }
    let text = format!("{head}\n{}\n{}", columns.text(), partitions.text());
    if shown.segments.is_empty() {
        return text;
    }
    format!("{text}\n{}", segments_text(&shown.segments))
}

/// What retention keeps.
fn kept_text(shown: &LogShown) -> String {
    let age = shown.max_age_ms.map(|age| format!("{} s", age / 1000));
    let bytes = shown
        .max_bytes
        .map(|bytes| format!("{} a partition", size(bytes)));
    let kept: Vec<String> = age.into_iter().chain(bytes).collect();
    if kept.is_empty() {
        return "for ever".to_owned();
    }
    kept.join(", ")
}

fn segments_text(segments: &[SegmentShown]) -> String {
    let headings = [
        "SEGMENT",
        "PARTITION",
        "FIRST",
        "LAST",
        "RECORDS",
        "SIZE",
        "TO",
    ];
    let mut table = Table::new(&headings);
    for segment in segments {
        table.row([
            segment.file.clone(),
            segment.partition.to_string(),
            segment.first_offset.to_string(),
            segment.last_offset.to_string(),
            segment.records.to_string(),
            size(segment.bytes),
            segment.to.clone(),
        ]);
    }
    table.text()
}
