//! A log at a cut as a table: sealed segments and the live tail in one.
//!
//! Keyed logs give the newest version per key, without tombstones; with `history` every version and
//! the tombstones, from which `plan/history.rs` finds how long each version held.
//! Segments whose statistics refute the filter are not read. The scan pins its segments, so the table
//! reads the same rows as long as it lives.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DataFusionError, Statistics};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use dlog_log::{Cut, LogScan, ReadError, SegmentRef, Store, conform_batch};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::error::QueryError;
use crate::nearest::find_nearest;
use crate::scan::parquet_groups::{pruning_predicate, read_groups, row_count, select_row_groups};
use crate::scan::{BatchIterator, Scan, ScanExec, ScanUnit};

/// System columns that a query may name; `*` leaves them out.
pub const EXPOSED_SYSTEM_COLUMNS: [&str; 3] = ["_offset", "_commit", "_time"];

/// What tells versions of a row apart and when each held.
pub(crate) const HISTORY_COLUMNS: [&str; 3] = ["_append_time", "_key", "_op"];

/// What decides whether a row of a keyed log is the newest of its key.
const LIVENESS_COLUMNS: [&str; 4] = ["_partition", "_offset", "_commit", "_op"];

/// Rows per batch.
const BATCH_ROWS: usize = 8192;

/// A log at a cut.
pub struct LogTable {
    shared: Arc<Shared>,
    schema: SchemaRef,
    partition_count: u32,
}

/// What the units of a scan have in common.
struct Shared {
    scan: LogScan,
    history: bool,
}

impl LogTable {
    /// The log as it is at the cut.
    ///
    /// # Errors
    /// [`QueryError::UnknownLog`] with the nearest names, or a failure to read.
    pub fn open(store: &Store, name: &str, cut: Cut, history: bool) -> Result<Self, QueryError> {
        let logs = store.logs();
        if !logs.iter().any(|log| log == name) {
            let nearest = find_nearest(name, logs.iter().map(String::as_str));
            return Err(QueryError::UnknownLog {
                name: name.to_owned(),
                nearest,
            });
        }
        let scan = store.scan(name, cut)?;
        let partition_count = store.describe(name).map_or(1, |log| log.options.partitions);
        let history = history && scan.is_keyed();
        let schema = exposed_schema(&scan.schema, history);
        Ok(Self {
            shared: Arc::new(Shared { scan, history }),
            schema,
            partition_count,
        })
    }

    /// Whether every version is there, tombstones too, with [`HISTORY_COLUMNS`].
    pub(crate) fn shows_history(&self) -> bool {
        self.shared.history
    }

    /// The column by which the log is ordered, where the whole of it is.
    pub fn order_column(&self) -> Option<&'static str> {
        (self.partition_count == 1).then_some("_offset")
    }

    fn units(&self, session: &dyn Session, filters: &[Expr]) -> Result<Units, DataFusionError> {
        let predicate = pruning_predicate(session, &self.schema, filters)?;
        let mut found = Units::default();
        for segment in &self.shared.scan.segments {
            let metadata = segment.metadata().map_err(external)?;
            let metadata = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?;
            let total = metadata.metadata().num_row_groups();
            let kept = select_row_groups(&metadata, predicate.as_ref())?;
            found.groups_total += total;
            found.groups_kept += kept.len();
            found.rows += row_count(metadata.metadata(), &kept);
            for row_group in kept {
                found.units.push(Arc::new(SegmentUnit {
                    shared: Arc::clone(&self.shared),
                    schema: Arc::clone(&self.schema),
                    segment: segment.clone(),
                    metadata: metadata.clone(),
                    row_group,
                }));
            }
        }
        for (index, batch) in self.shared.scan.tail.iter().enumerate() {
            found.rows += batch.num_rows();
            found.units.push(Arc::new(TailUnit {
                shared: Arc::clone(&self.shared),
                schema: Arc::clone(&self.schema),
                index,
            }));
        }
        Ok(found)
    }

    fn row_count(&self) -> Precision<usize> {
        let scan = &self.shared.scan;
        let exact = scan.exact_row_count().filter(|_| !scan.is_keyed());
        match exact.and_then(|rows| usize::try_from(rows).ok()) {
            Some(rows) => Precision::Exact(rows),
            None => {
                Precision::Inexact(usize::try_from(scan.row_count_upper()).unwrap_or(usize::MAX))
            }
        }
    }
}

#[derive(Default)]
struct Units {
    units: Vec<Arc<dyn ScanUnit>>,
    groups_total: usize,
    groups_kept: usize,
    rows: usize,
}

impl std::fmt::Debug for LogTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogTable")
            .field("log", &self.shared.scan.log)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = self.row_count();
        Some(statistics)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let found = self.units(state, filters)?;
        let all_rows = self.row_count();
        let scan = &self.shared.scan;
        let label = format!(
            "log={}, segments={}, row_groups={}/{}, tail_batches={}",
            scan.log,
            scan.segments.len(),
            found.groups_kept,
            found.groups_total,
            scan.tail.len()
        );
        let rows = match all_rows {
            Precision::Exact(rows) if rows == found.rows => all_rows,
            _ => Precision::Inexact(found.rows),
        };
        let plan = Scan {
            label,
            schema: Arc::clone(&self.schema),
            units: found.units,
            // A limit without a filter is met by the first units; more readers would only waste.
            partitions_max: if limit.is_some() {
                1
            } else {
                state.config().target_partitions()
            },
            rows,
            ordered_by: self.order_column(),
        };
        Ok(Arc::new(ScanExec::new(
            plan,
            projection.map(Vec::as_slice),
        )?))
    }
}

/// The user's columns, then the system columns a query may name.
fn exposed_schema(schema: &Schema, history: bool) -> SchemaRef {
    let (system, user): (Vec<&FieldRef>, Vec<&FieldRef>) = schema
        .fields()
        .iter()
        .partition(|field| dlog_log::SYSTEM_COLUMNS.contains(&field.name().as_str()));
    let exposed = system.into_iter().filter(|field| {
        let name = field.name().as_str();
        EXPOSED_SYSTEM_COLUMNS.contains(&name) || history && HISTORY_COLUMNS.contains(&name)
    });
    Arc::new(Schema::new(
        user.into_iter().chain(exposed).cloned().collect::<Vec<_>>(),
    ))
}

fn external(error: ReadError) -> DataFusionError {
    DataFusionError::External(Box::new(QueryError::Read(error)))
}

impl Shared {
    /// The names to read so that `columns` can be given and rows be judged.
    fn names_to_read(&self, schema: &Schema, columns: &[usize], bounded: bool) -> Vec<String> {
        let mut names: Vec<String> = columns
            .iter()
            .map(|index| schema.field(*index).name().clone())
            .collect();
        let needed: &[&str] = match (self.shows_newest(), bounded) {
            (true, _) => &LIVENESS_COLUMNS,
            (false, false) => &["_commit"],
            // Without a single column the number of rows would be lost.
            (false, true) if names.is_empty() => &["_offset"],
            (false, true) => &[],
        };
        for name in needed {
            if !names.iter().any(|known| known == name) {
                names.push((*name).to_owned());
            }
        }
        names
    }

    /// The fields with these names, in this order.
    fn fields(&self, names: &[String]) -> Result<SchemaRef, DataFusionError> {
        let fields = names
            .iter()
            .map(|name| self.scan.schema.field_with_name(name).cloned())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Schema::new(fields)))
    }

    /// Whether rows of a keyed log give way to newer ones.
    fn shows_newest(&self) -> bool {
        self.scan.is_keyed() && !self.history
    }

    /// Drops the rows that are not in view.
    fn in_view(&self, batch: RecordBatch) -> Result<RecordBatch, DataFusionError> {
        let seen = if self.shows_newest() {
            self.scan.live(batch)
        } else {
            self.scan.bound(batch)
        };
        seen.map_err(external)
    }
}

/// One row group of a sealed segment.
struct SegmentUnit {
    shared: Arc<Shared>,
    schema: SchemaRef,
    segment: SegmentRef,
    metadata: ArrowReaderMetadata,
    row_group: usize,
}

impl std::fmt::Debug for SegmentUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.segment.path(), self.row_group)
    }
}

impl ScanUnit for SegmentUnit {
    fn open(&self, columns: &[usize]) -> Result<BatchIterator, DataFusionError> {
        let bounded = !self.segment.needs_cut(self.shared.scan.cut);
        let names = self.shared.names_to_read(&self.schema, columns, bounded);
        let fields = self.shared.fields(&names)?;
        let wanted: Vec<usize> = (0..columns.len()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let reader = read_groups(
            self.segment.clone(),
            self.metadata.clone(),
            vec![self.row_group],
            &names,
            BATCH_ROWS,
        )?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(reader.map(move |batch| {
            let mut batch = conform_batch(&batch?, &fields).map_err(external)?;
            if shared.shows_newest() || !bounded {
                batch = shared.in_view(batch)?;
            }
            Ok(batch.project(&wanted)?)
        })))
    }
}

/// One batch of the tail.
struct TailUnit {
    shared: Arc<Shared>,
    schema: SchemaRef,
    index: usize,
}

impl std::fmt::Debug for TailUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tail[{}]", self.index)
    }
}

impl ScanUnit for TailUnit {
    fn open(&self, columns: &[usize]) -> Result<BatchIterator, DataFusionError> {
        let names = self.shared.names_to_read(&self.schema, columns, true);
        let all = &self.shared.scan.schema;
        let places = names
            .iter()
            .map(|name| all.index_of(name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut batch = self.shared.scan.tail[self.index].project(&places)?;
        if self.shared.shows_newest() {
            batch = self.shared.in_view(batch)?;
        }
        let wanted: Vec<usize> = (0..columns.len()).collect();
        let batch = batch.project(&wanted)?;
        let rows = batch.num_rows();
        let pieces = (0..rows).step_by(BATCH_ROWS);
        Ok(Box::new(pieces.map(move |start| {
            Ok(batch.slice(start, BATCH_ROWS.min(rows - start)))
        })))
    }
}
