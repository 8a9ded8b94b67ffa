//! `batuta log ls`: the logs, one a line.

use std::process::ExitCode;

use dlog_core::log::Store;
use serde::Serialize;

use super::output::{Output, Table, size};
use super::{Failure, Outcome};
use crate::driver::CRASHED;

#[derive(Serialize)]
struct Listed {
    log: String,
    key: Option<String>,
    partitions: usize,
    records: u64,
    rows: u64,
    bytes: u64,
    durability: String,
}

/// Lists the logs.
pub(super) fn run(store: &Store, out: &mut Output) -> Outcome {
    let mut logs = Vec::new();
    for name in store.logs() {
        logs.push(describe(store, &name)?);
    }
    out.show(&logs, |logs| {
        let headings = [
            "LOG",
            "KEY",
            "PARTITIONS",
            "RECORDS",
            "ROWS",
            "SIZE",
            "DURABILITY",
        ];
        let mut table = Table::new(&headings);
        for log in logs {
            table.row([
                log.log.clone(),
                log.key.clone().unwrap_or_default(),
                log.partitions.to_string(),
                log.records.to_string(),
                log.rows.to_string(),
                size(log.bytes),
                log.durability.clone(),
            ]);
        }
        table.text()
    });
    Ok(ExitCode::SUCCESS)
}

fn describe(store: &Store, name: &str) -> Result<Listed, Failure> {
    let log = store.describe(name).map_err(|error| Failure {
        code: CRASHED,
        text: error.to_string(),
    })?;
    let bytes = log
        .partitions
        .iter()
        .map(|partition| partition.segment_bytes + partition.tail_bytes);
    Ok(Listed {
        bytes: bytes.sum(),
        partitions: log.partitions.len(),
        records: log.record_count,
        rows: log.live_count.unwrap_or(log.record_count),
        durability: durability_name(log.options.durability),
        key: log.options.key,
        log: log.name,
    })
}

/// A level without its colon.
pub(super) fn durability_name(level: dlog_core::log::Durability) -> String {
    level.to_string().trim_start_matches(':').to_owned()
}
