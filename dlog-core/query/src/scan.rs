//! The execution plan that reads: units of work, shared out over partitions, read on blocking threads.
//!
//! A unit is a sealed segment's row groups, a stretch of the tail, or a file. Each partition reads
//! its units in order, so a partition of an ordered table is ordered. Statistics tell the optimizer
//! how large the table is, which decides the build side of joins.

pub(crate) mod parquet_groups;

use std::fmt::{Debug, Formatter};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};

/// Batches of one unit, read where it is called.
pub(crate) type BatchIterator =
    Box<dyn Iterator<Item = Result<RecordBatch, DataFusionError>> + Send>;

/// A stretch of a table that is read in one go.
pub(crate) trait ScanUnit: Debug + Send + Sync {
    /// Starts reading the columns, given by their place in the table's schema.
    fn open(&self, columns: &[usize]) -> Result<BatchIterator, DataFusionError>;
}

/// A table about to be read.
pub(crate) struct Scan {
    /// What `explain` shows.
    pub(crate) label: String,
    /// The table's schema.
    pub(crate) schema: SchemaRef,
    /// The units, in table order.
    pub(crate) units: Vec<Arc<dyn ScanUnit>>,
    /// Over how many partitions they are shared out at most.
    pub(crate) partitions_max: usize,
    /// How many rows there are.
    pub(crate) rows: Precision<usize>,
    /// A column that ascends through the units.
    pub(crate) ordered_by: Option<&'static str>,
}

/// Reads the units of a table.
pub(crate) struct ScanExec {
    label: String,
    columns: Arc<[usize]>,
    schema: SchemaRef,
    partitions: Vec<Vec<Arc<dyn ScanUnit>>>,
    rows: Precision<usize>,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    /// The plan for these columns of the table.
    pub(crate) fn new(scan: Scan, projection: Option<&[usize]>) -> Result<Self, DataFusionError> {
        let columns: Arc<[usize]> = match projection {
            Some(columns) => columns.into(),
            None => (0..scan.schema.fields().len()).collect(),
        };
        let schema = Arc::new(scan.schema.project(&columns)?);
        let count = scan.units.len().min(scan.partitions_max).max(1);
        let mut partitions = vec![Vec::new(); count];
        for (index, unit) in scan.units.into_iter().enumerate() {
            partitions[index % count].push(unit);
        }
        let order = scan
            .ordered_by
            .and_then(|name| schema.index_of(name).ok())
            .map(|index| {
                let column = Column::new(schema.field(index).name(), index);
                let options = SortOptions {
                    descending: false,
                    nulls_first: true,
                };
                [PhysicalSortExpr::new(Arc::new(column), options)]
            });
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&schema), order),
            Partitioning::UnknownPartitioning(count),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            label: scan.label,
            columns,
            schema,
            partitions,
            rows: scan.rows,
            properties: Arc::new(properties),
        })
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion, DataFusionError>,
    ) -> Result<TreeNodeRecursion, DataFusionError> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        if children.is_empty() {
            Ok(self)
        } else {
            internal_err!("a scan has no children")
        }
    }

    fn execute(
        &self,
        partition: usize,
        _: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let units = self.partitions[partition].clone();
        let columns = Arc::clone(&self.columns);
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), 2);
        let sender = builder.tx();
        builder.spawn_blocking(move || {
            for unit in units {
                for batch in unit.open(&columns)? {
                    // The reader has gone: it has what it wanted.
                    if sender.blocking_send(batch).is_err() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        });
        Ok(builder.build())
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>, DataFusionError> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = match args.partition() {
            None => self.rows,
            Some(_) => self
                .rows
                .to_inexact()
                .map(|rows| rows / self.partitions.len()),
        };
        let width: usize = self
            .schema
            .fields()
            .iter()
            .map(|field| value_width(field.data_type()))
            .sum();
        statistics.total_byte_size = statistics.num_rows.to_inexact().map(|rows| rows * width);
        Ok(Arc::new(statistics))
    }
}

/// A rough number of bytes a value takes in memory.
fn value_width(data_type: &DataType) -> usize {
    data_type.primitive_width().unwrap_or(24)
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        write!(
            f,
            "ScanExec: {}, columns=[{}]",
            self.label,
            names.join(", ")
        )
    }
}

impl Debug for ScanExec {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScanExec")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
