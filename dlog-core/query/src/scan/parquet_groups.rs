//! Row groups of a Parquet file: which may hold rows a filter wants, and reading them.
//!
//! Only statistics decide here; every row of a group that is kept still meets the filter above.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, DataFusionError, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;

/// The part of a filter that statistics can refute, if there is one.
pub(crate) fn pruning_predicate(
    session: &dyn Session,
    schema: &SchemaRef,
    filters: &[Expr],
) -> Result<Option<PruningPredicate>, DataFusionError> {
    let Some(filter) = conjunction(filters.to_vec()) else {
        return Ok(None);
    };
    let named = DFSchema::try_from(Arc::clone(schema))?;
    let filter = session.create_physical_expr(filter, &named)?;
    let predicate = PruningPredicateBuilder::new()
        .with_file_schema(Arc::clone(schema))
        .try_build(filter)?;
    Ok((!predicate.always_true()).then_some(predicate))
}

/// The row groups that may hold matching rows.
pub(crate) fn select_row_groups(
    metadata: &ArrowReaderMetadata,
    predicate: Option<&PruningPredicate>,
) -> Result<Vec<usize>, DataFusionError> {
    let count = metadata.metadata().num_row_groups();
    let Some(predicate) = predicate else {
        return Ok((0..count).collect());
    };
    let statistics = GroupStatistics {
        schema: metadata.schema(),
        metadata: metadata.metadata(),
    };
    let kept = predicate.prune(&statistics)?;
    Ok((0..count)
        .filter(|index| kept.get(*index).copied().unwrap_or(true))
        .collect())
}

/// How many rows these row groups hold.
pub(crate) fn row_count(metadata: &ParquetMetaData, row_groups: &[usize]) -> usize {
    let rows = row_groups
        .iter()
        .map(|index| metadata.row_group(*index).num_rows());
    rows.map(|rows| usize::try_from(rows).unwrap_or(0)).sum()
}

/// Reads top-level columns of some row groups; the file may lack some of the names.
pub(crate) fn read_groups<F: ChunkReader + 'static>(
    file: F,
    metadata: ArrowReaderMetadata,
    row_groups: Vec<usize>,
    columns: &[&str],
    batch_rows: usize,
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let roots = columns
        .iter()
        .filter_map(|name| metadata.schema().index_of(name).ok());
    let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
    ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_row_groups(row_groups)
        .with_projection(mask)
        .with_batch_size(batch_rows)
        .build()
}

struct GroupStatistics<'a> {
    schema: &'a Schema,
    metadata: &'a ParquetMetaData,
}

impl<'a> GroupStatistics<'a> {
    fn column<T>(
        &self,
        column: &Column,
        read: impl FnOnce(
            StatisticsConverter<'a>,
            std::slice::Iter<'a, RowGroupMetaData>,
        ) -> Result<T, ParquetError>,
    ) -> Option<T> {
        let schema = self.metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(&column.name, self.schema, schema).ok()?;
        let converter = converter.with_missing_null_counts_as_zero(false);
        read(converter, self.metadata.row_groups().iter()).ok()
    }
}

impl PruningStatistics for GroupStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.column(column, |converter, groups| converter.row_group_mins(groups))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.column(column, |converter, groups| {
            converter.row_group_maxes(groups)
        })
    }

    fn num_containers(&self) -> usize {
        self.metadata.num_row_groups()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let counts = self.column(column, |converter, groups| {
            converter.row_group_null_counts(groups)
        })?;
        Some(Arc::new(counts))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let rows = self.metadata.row_groups().iter();
        let rows: UInt64Array = rows
            .map(|group| u64::try_from(group.num_rows()).ok())
            .collect();
        Some(Arc::new(rows))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
