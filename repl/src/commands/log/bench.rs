//! `batuta log bench`: appends and reads measured on the disk that the store is on, in a store of
//! their own that is removed afterwards.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use dlog_core::log::{
    AppendBatch, AppendError, Datum, Durability, LogOptions, Row, Store, StoreOptions,
};
use serde::Serialize;

use super::output::{Output, listing, size};
use super::{Failure, Outcome, beside};
use crate::cli::log::{BenchArguments, DurabilityName};
use crate::driver::{CRASHED, DataPlace};

const LOG: &str = "bench";

#[derive(Serialize)]
struct Measured {
    directory: String,
    durability: &'static str,
    writers: u32,
    batch: u32,
    record_bytes: u32,
    seconds: f64,
    records: u64,
    appends: u64,
    records_per_second: f64,
    bytes_per_second: f64,
    append_micros: Quantiles,
    tail_records_per_second: f64,
    seal_seconds: f64,
    sealed_bytes: u64,
    sealed_records_per_second: f64,
}

#[derive(Serialize)]
struct Quantiles {
    p50: f64,
    p99: f64,
    max: f64,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure {
        code: CRASHED,
        text: format!("the bench could not go on: {error}"),
    }
}

/// Measures.
pub(super) fn run(arguments: &BenchArguments, place: &DataPlace, out: &mut Output) -> Outcome {
    let near = match place {
        DataPlace::Directory(dir) => beside(dir, ""),
        DataPlace::Memory => PathBuf::from("./x"),
    };
    let parent = near.parent().unwrap_or(Path::new("."));
    let dir = tempfile::Builder::new()
        .prefix("batuta-log-bench-")
        .tempdir_in(parent)
        .map_err(|error| failed(format!("{}: {error}", parent.display())))?;
    let store = Store::open(StoreOptions::new(dir.path().join("store"))).map_err(failed)?;
    let measured = measure(&store, arguments, parent);
    // What was measured is of no more use, however it closes.
    drop(store);
    let measured = measured?;
    out.show(&measured, text);
    Ok(ExitCode::SUCCESS)
}

fn measure(store: &Store, arguments: &BenchArguments, parent: &Path) -> Result<Measured, Failure> {
    let (durability, level) = match arguments.durability {
        DurabilityName::Process => ("process", Durability::Process),
        DurabilityName::Power => ("power", Durability::Power),
    };
    let options = LogOptions {
        durability: level,
        ..LogOptions::default()
    };
    store.create_log(LOG, options).map_err(failed)?;
    let started = Instant::now();
    let mut times = append(store, arguments).map_err(failed)?;
    let seconds = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let quantile = |part: f64| {
        let place = ((times.len() - 1) as f64 * part) as usize;
        times[place].as_secs_f64() * 1e6
    };
    let records = times.len() as u64 * u64::from(arguments.batch);
    let tail_seconds = scan(store)?;
    let started = Instant::now();
    store.seal(LOG).map_err(failed)?;
    let seal_seconds = started.elapsed().as_secs_f64();
    let sealed = store.describe(LOG).map_err(failed)?;
    let sealed_seconds = scan(store)?;
    let rate = records as f64 / seconds;
    Ok(Measured {
        directory: parent.display().to_string(),
        durability,
        writers: arguments.writers,
        batch: arguments.batch,
        record_bytes: arguments.bytes,
        seconds,
        records,
        appends: times.len() as u64,
        records_per_second: rate,
        bytes_per_second: rate * f64::from(arguments.bytes),
        append_micros: Quantiles {
            p50: quantile(0.5),
            p99: quantile(0.99),
            max: quantile(1.0),
        },
        tail_records_per_second: records as f64 / tail_seconds,
        seal_seconds,
        sealed_bytes: sealed.partitions.iter().map(|p| p.segment_bytes).sum(),
        sealed_records_per_second: records as f64 / sealed_seconds,
    })
}

/// Appends until the time is over; how long each append took.
fn append(store: &Store, arguments: &BenchArguments) -> Result<Vec<Duration>, AppendError> {
    let rows: Vec<Row> = (0..arguments.batch)
        .map(|row| record(row, arguments.bytes))
        .collect();
    let end = Instant::now() + Duration::from_secs(u64::from(arguments.seconds));
    let all = Mutex::new(Vec::new());
    let work = || -> Result<(), AppendError> {
        let mut times = Vec::new();
        while times.is_empty() || Instant::now() < end {
            let batch = AppendBatch::rows(LOG, rows.clone());
            let started = Instant::now();
            store.append(vec![batch], None)?.wait()?;
            times.push(started.elapsed());
        }
        all.lock()
            .unwrap_or_else(|e| e.into_inner())
            .append(&mut times);
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.writers).map(|_| scope.spawn(work)).collect();
        let mut ends = threads.into_iter().map(|thread| thread.join());
        ends.try_for_each(|end| end.expect("an appending thread does not panic"))
    })?;
    Ok(all.into_inner().unwrap_or_else(|e| e.into_inner()))
}

/// A record of about so many bytes, which do not compress much.
fn record(number: u32, bytes: u32) -> Row {
    let mut state = u64::from(number) + 1;
    let text: String = (0..bytes.saturating_sub(8))
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'a' + ((state >> 33) % 26) as u8)
        })
        .collect();
    Row(vec![
        ("n".into(), Datum::Int(i64::from(number))),
        ("text".into(), Datum::Str(text.into())),
    ])
}

/// Reads everything; how long it took.
fn scan(store: &Store) -> Result<f64, Failure> {
    let started = Instant::now();
    let scan = store.scan(LOG, store.cut())?;
    for segment in &scan.segments {
        for batch in segment.read(None, 8192)? {
            std::hint::black_box(batch?);
        }
    }
    std::hint::black_box(&scan.tail);
    Ok(started.elapsed().as_secs_f64())
}

fn text(measured: &Measured) -> String {
    let rate = |number: f64| format!("{number:.0} a second");
    listing(&[
        ("disk", measured.directory.clone()),
        (
            "appends",
            format!(
                "{} by {} writers, {} records of {} B each, :{}",
                measured.appends,
                measured.writers,
                measured.batch,
                measured.record_bytes,
                measured.durability
            ),
        ),
        (
            "records",
            format!(
                "{}, {} a second",
                rate(measured.records_per_second),
                size(measured.bytes_per_second as u64)
            ),
        ),
        (
            "one append",
            format!(
                "p50 {:.0} µs, p99 {:.0} µs, at most {:.0} µs",
                measured.append_micros.p50, measured.append_micros.p99, measured.append_micros.max
            ),
        ),
        ("read unsealed", rate(measured.tail_records_per_second)),
        (
            "seal",
            format!(
                "{:.2} s, {}",
                measured.seal_seconds,
                size(measured.sealed_bytes)
            ),
        ),
        ("read sealed", rate(measured.sealed_records_per_second)),
    ])
}
