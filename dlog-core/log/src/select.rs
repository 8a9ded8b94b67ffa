//! Records of a log by commit, by time and by key, without a query.
//!
//! Segments that cannot have any are not read: their commits and times are in the manifest, their
//! keys in Parquet's statistics and, for a single key, in their key files.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use parquet::file::statistics::Statistics;

use crate::columns::{conform_batch, datum_of_kind};
use crate::datum::Datum;
use crate::error::ReadError;
use crate::ids::{CommitNumber, Cut};
use crate::log_state::LogState;
use crate::scan::{self, LogScan, missing, numbers};
use crate::schema::{Kind, coerce};
use crate::segment::{SegmentReader, SegmentRef};
use crate::store::Store;

const BATCH_ROWS: usize = 8192;

/// Which records of a log; what is left out does not restrict.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Of commits behind this one.
    pub after: Option<CommitNumber>,
    /// Of commits up to this one; also what the log is shown as of.
    pub until: Option<Cut>,
    /// Appended at this time or later, in microseconds since 1970.
    pub from_us: Option<i64>,
    /// Appended before this time.
    pub before_us: Option<i64>,
    /// With this key or a greater one.
    pub first_key: Option<Datum>,
    /// With this key or a smaller one.
    pub last_key: Option<Datum>,
    /// Of a keyed log, only the newest record of each key, and no tombstones.
    pub newest_only: bool,
}

impl Selection {
    /// Records with one key.
    #[must_use]
    pub fn of_key(key: Datum) -> Self {
        Self {
            first_key: Some(key.clone()),
            last_key: Some(key),
            ..Self::default()
        }
    }
}

impl Store {
    /// The records that are selected, by partition and offset, with the system columns.
    ///
    /// # Errors
    /// There is no such log, it cannot be shown as of the cut any more, keys are asked for that it
    /// cannot have, or a file cannot be read.
    pub fn select(&self, log: &str, selection: &Selection) -> Result<SelectedRecords, ReadError> {
        let state = self.core().log_for_reading(log)?;
        let cut = selection.until.unwrap_or(Cut(CommitNumber(u64::MAX)));
        let scan = scan::scan(&state, cut.min(self.cut()))?;
        let keys = KeyRange::of(&state, selection)?;
        let mut segments = VecDeque::new();
        for segment in &scan.segments {
            if in_time(segment, selection) && may_have(segment, keys.as_ref())? {
                segments.push_back(segment.clone());
            }
        }
        Ok(SelectedRecords {
            tail: scan.tail.clone().into(),
            schema: scan.schema.clone(),
            segments,
            reader: None,
            selection: selection.clone(),
            keys,
            scan,
        })
    }
}

/// The keys of a selection, in the kind of the log's key column.
#[derive(Debug)]
struct KeyRange {
    column: String,
    kind: Kind,
    first: Option<Datum>,
    last: Option<Datum>,
    /// The bytes of the key, if it is one.
    single: Option<Vec<u8>>,
}

impl KeyRange {
    fn of(log: &Arc<LogState>, selection: &Selection) -> Result<Option<Self>, ReadError> {
        let (first, last) = (&selection.first_key, &selection.last_key);
        if first.is_none() && last.is_none() {
            return Ok(None);
        }
        let refused = |text: String| Err(ReadError::Refused { text });
        let Some(name) = &log.key else {
            return refused(format!("the log {} has no key; select by time", log.name));
        };
        let state = log.schema();
        let kind = state.schema.column(name).map(|column| column.kind.clone());
        let kind = kind.unwrap_or(Kind::Unknown);
        let brought = |key: &Option<Datum>| key.as_ref().map(|key| coerce(&kind, key));
        let (first, last) = (brought(first), brought(last));
        for key in [&first, &last].into_iter().flatten() {
            if kind != Kind::Unknown && compare(key, key).is_none() {
                let text = format!("{} cannot be a key of {}", key.kind_name(), log.name);
                return refused(text);
            }
        }
        let single = first.as_ref().filter(|first| Some(*first) == last.as_ref());
        Ok(Some(Self {
            single: single.and_then(|key| log.key_bytes(name, key)),
            column: name.clone(),
            kind,
            first,
            last,
        }))
    }

    fn has(&self, key: &Datum) -> bool {
        let is_behind =
            |first: &Datum| compare(first, key).is_some_and(|order| order != Ordering::Greater);
        let is_before =
            |last: &Datum| compare(key, last).is_some_and(|order| order != Ordering::Greater);
        self.first.as_ref().is_none_or(is_behind) && self.last.as_ref().is_none_or(is_before)
    }

    /// Whether keys between these may be in the range; the ends are as Parquet has them.
    fn meets(&self, least: &Datum, most: &Datum) -> bool {
        let is_over = |first: &Datum| compare(first, most) == Some(Ordering::Greater);
        let is_under = |last: &Datum| compare(least, last) == Some(Ordering::Greater);
        !self.first.as_ref().is_some_and(is_over) && !self.last.as_ref().is_some_and(is_under)
    }
}

/// The order of two keys of one kind.
fn compare(one: &Datum, other: &Datum) -> Option<Ordering> {
    Some(match (one, other) {
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Int(a), Datum::Int(b)) | (Datum::Instant(a), Datum::Instant(b)) => a.cmp(b),
        (Datum::Str(a), Datum::Str(b))
        | (Datum::Keyword(a), Datum::Keyword(b))
        | (Datum::Symbol(a), Datum::Symbol(b)) => a.cmp(b),
        (Datum::Bytes(a), Datum::Bytes(b)) => a.cmp(b),
        (Datum::Date(a), Datum::Date(b)) => a.cmp(b),
        (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
        (Datum::BigInt(a), Datum::BigInt(b)) => a.cmp(b),
        _ => return None,
    })
}

fn in_time(segment: &SegmentRef, selection: &Selection) -> bool {
    let is_new = |after: CommitNumber| segment.last_commit() > after;
    let is_late = |from: i64| segment.max_append_time_us() >= from;
    let is_early = |before: i64| segment.min_append_time_us() < before;
    selection.after.is_none_or(is_new)
        && selection.from_us.is_none_or(is_late)
        && selection.before_us.is_none_or(is_early)
}

fn may_have(segment: &SegmentRef, keys: Option<&KeyRange>) -> Result<bool, ReadError> {
    let Some(keys) = keys else {
        return Ok(true);
    };
    if let Some(single) = &keys.single {
        return segment.may_have_key(single);
    }
    let metadata = segment.metadata()?;
    let schema = metadata.file_metadata().schema_descr();
    let place = (0..schema.num_columns())
        .find(|place| schema.column(*place).path().string() == keys.column);
    let Some(place) = place else {
        return Ok(true);
    };
    Ok(metadata.row_groups().iter().any(|group| {
        let ends = group
            .column(place)
            .statistics()
            .and_then(|s| ends(s, &keys.kind));
        ends.is_none_or(|(least, most)| keys.meets(&least, &most))
    }))
}

/// Bounds of the keys of a row group, where Parquet has them in the order of keys.
fn ends(statistics: &Statistics, kind: &Kind) -> Option<(Datum, Datum)> {
    match (statistics, kind) {
        (Statistics::Int64(own), Kind::Int) => {
            Some((Datum::Int(*own.min_opt()?), Datum::Int(*own.max_opt()?)))
        }
        (Statistics::Int64(own), Kind::Instant) => Some((
            Datum::Instant(*own.min_opt()?),
            Datum::Instant(*own.max_opt()?),
        )),
        (Statistics::ByteArray(own), Kind::Str) => {
            let text = |bytes: &[u8]| Some(Datum::Str(std::str::from_utf8(bytes).ok()?.into()));
            Some((text(own.min_opt()?.data())?, text(own.max_opt()?.data())?))
        }
        _ => None,
    }
}

/// The batches of a selection; nothing is read before it is asked for.
#[derive(Debug)]
pub struct SelectedRecords {
    scan: LogScan,
    schema: SchemaRef,
    selection: Selection,
    keys: Option<KeyRange>,
    segments: VecDeque<SegmentRef>,
    reader: Option<SegmentReader>,
    tail: VecDeque<RecordBatch>,
}

impl SelectedRecords {
    /// The schema of its batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn next_batch(&mut self) -> Option<Result<RecordBatch, ReadError>> {
        loop {
            if let Some(reader) = &mut self.reader {
                if let Some(batch) = reader.next() {
                    return Some(batch);
                }
                self.reader = None;
            }
            let Some(segment) = self.segments.pop_front() else {
                return self.tail.pop_front().map(Ok);
            };
            match segment.read(None, BATCH_ROWS) {
                Ok(reader) => self.reader = Some(reader),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// What of a batch is selected.
    fn choose(&self, batch: &RecordBatch) -> Result<RecordBatch, ReadError> {
        let batch = conform_batch(batch, &self.schema)?;
        let batch = if self.selection.newest_only {
            self.scan.live(batch)?
        } else {
            self.scan.bound(batch)?
        };
        let mask = self.mask(&batch)?;
        filter_record_batch(&batch, &mask).map_err(|source| ReadError::Arrow {
            context: "select records".to_owned(),
            source,
        })
    }

    fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray, ReadError> {
        let commits = numbers(batch, "_commit")?;
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
        let times = column("_append_time")?
            .as_primitive::<TimestampMicrosecondType>()
            .values();
        let keys = self.keys.as_ref();
        let keys = keys.map(|keys| Ok::<_, ReadError>((keys, column(&keys.column)?)));
        let keys = keys.transpose()?;
        let Selection {
            after,
            from_us,
            before_us,
            ..
        } = &self.selection;
        let is_chosen = |row: usize| {
            after.is_none_or(|after| commits[row] as u64 > after.0)
                && from_us.is_none_or(|from| times[row] >= from)
                && before_us.is_none_or(|before| times[row] < before)
                && keys.is_none_or(|(keys, column)| {
                    column.is_valid(row) && keys.has(&datum_of_kind(column, &keys.kind, row))
                })
        };
        Ok((0..batch.num_rows())
            .map(|row| Some(is_chosen(row)))
            .collect())
    }
}

impl Iterator for SelectedRecords {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.next_batch()? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            match self.choose(&batch) {
                Ok(chosen) if chosen.num_rows() == 0 => {}
                chosen => return Some(chosen),
            }
        }
    }
}
