//! Files as a table, without a log: `(from "trips/*.parquet")`.
//!
//! Several files make one table: columns by name, in the order first seen, integers widened to
//! floats where files differ. Files are read in name order and rows in file order.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::common::stats::Precision;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_optimizer::pruning::PruningPredicate;
use datafusion::physical_plan::ExecutionPlan;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::error::QueryError;
use crate::ingest::{
    FileFormat, IngestError, IngestOptions, detect_format, expand_paths, open_file, open_file_as,
};
use crate::scan::parquet_groups::{pruning_predicate, read_groups, row_count, select_row_groups};
use crate::scan::{BatchIterator, Scan, ScanExec, ScanUnit};
use crate::schema::stored_schema;

/// Files as one table.
#[derive(Debug)]
pub struct FileTable {
    pattern: String,
    files: Vec<PathBuf>,
    options: IngestOptions,
    schema: SchemaRef,
}

impl FileTable {
    /// The files that the path or pattern names.
    ///
    /// # Errors
    /// When there is none, one cannot be read, or they do not agree on a column's type.
    pub fn open(pattern: &str, options: &IngestOptions) -> Result<Self, IngestError> {
        let files = expand_paths(pattern)?;
        let mut fields: Vec<Field> = Vec::new();
        for file in &files {
            let schema = open_file(file, options)?.schema();
            for field in schema.fields() {
                match fields.iter_mut().find(|known| known.name() == field.name()) {
                    None => fields.push(field.as_ref().clone()),
                    Some(known) => {
                        *known = widen(known, field).ok_or_else(|| {
                            let (here, before) = (field.data_type(), known.data_type());
                            let reason = format!(
                                "column {} is {here} here and {before} in the files before",
                                field.name()
                            );
                            IngestError::Malformed {
                                file: file.clone(),
                                reason,
                            }
                        })?
                    }
                }
            }
        }
        Ok(Self {
            pattern: pattern.to_owned(),
            files,
            options: options.clone(),
            schema: Arc::new(Schema::new(fields)),
        })
    }

    fn is_parquet(&self, file: &std::path::Path) -> bool {
        let format = self.options.format.or_else(|| detect_format(file).ok());
        format == Some(FileFormat::Parquet)
    }
}

fn widen(known: &Field, other: &Field) -> Option<Field> {
    match (known.data_type(), other.data_type()) {
        (left, right) if left == right => Some(known.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => {
            Some(Field::new(known.name(), DataType::Float64, true))
        }
        _ => None,
    }
}

#[async_trait]
impl TableProvider for FileTable {
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

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let predicate = pruning_predicate(state, &self.schema, filters)?;
        let mut units: Vec<Arc<dyn ScanUnit>> = Vec::with_capacity(self.files.len());
        let mut rows = Precision::Exact(0);
        for file in &self.files {
            if self.is_parquet(file) {
                let unit = ParquetUnit::new(file.clone(), &self.schema, predicate.as_ref())?;
                rows = rows.add(&Precision::Inexact(unit.rows));
                units.push(Arc::new(unit));
            } else {
                rows = Precision::Absent;
                units.push(Arc::new(TextUnit {
                    file: file.clone(),
                    options: self.options.clone(),
                    schema: Arc::clone(&self.schema),
                }));
            }
        }
        let scan = Scan {
            label: format!("files={}, count={}", self.pattern, self.files.len()),
            schema: Arc::clone(&self.schema),
            units,
            partitions_max: 1,
            rows,
            ordered_by: None,
        };
        Ok(Arc::new(ScanExec::new(
            scan,
            projection.map(Vec::as_slice),
        )?))
    }
}

fn external(error: IngestError) -> DataFusionError {
    DataFusionError::External(Box::new(QueryError::Ingest(error)))
}

/// Columns by name under the table's types; those the file lacks are null.
fn conform(
    batch: &RecordBatch,
    schema: &SchemaRef,
    columns: &[usize],
) -> Result<RecordBatch, DataFusionError> {
    let fields = Arc::new(schema.project(columns)?);
    let arrays = fields
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(array) => cast(array, field.data_type()),
            None => Ok(arrow::array::new_null_array(
                field.data_type(),
                batch.num_rows(),
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(fields, arrays, &options)?)
}

/// A Parquet file, of which only the wanted columns and row groups are read.
#[derive(Debug)]
struct ParquetUnit {
    file: PathBuf,
    schema: SchemaRef,
    metadata: ArrowReaderMetadata,
    row_groups: Vec<usize>,
    rows: usize,
}

impl ParquetUnit {
    fn new(
        file: PathBuf,
        schema: &SchemaRef,
        predicate: Option<&PruningPredicate>,
    ) -> Result<Self, DataFusionError> {
        let reader = std::fs::File::open(&file)?;
        let metadata = ArrowReaderMetadata::load(&reader, ArrowReaderOptions::new())?;
        // The filter speaks of stored types; where the file has others its statistics mislead.
        let stored = *stored_schema(metadata.schema()).fields() == *metadata.schema().fields();
        let row_groups = select_row_groups(&metadata, predicate.filter(|_| stored))?;
        let rows = row_count(metadata.metadata(), &row_groups);
        Ok(Self {
            file,
            schema: Arc::clone(schema),
            metadata,
            row_groups,
            rows,
        })
    }
}

impl ScanUnit for ParquetUnit {
    fn open(&self, columns: &[usize]) -> Result<BatchIterator, DataFusionError> {
        let reader = std::fs::File::open(&self.file)?;
        let names: Vec<&str> = columns
            .iter()
            .map(|index| self.schema.field(*index).name().as_str())
            .collect();
        let groups = self.row_groups.clone();
        let reader = read_groups(reader, self.metadata.clone(), groups, &names, 8192)?;
        let schema = Arc::clone(&self.schema);
        let columns = columns.to_vec();
        Ok(Box::new(
            reader.map(move |batch| conform(&batch?, &schema, &columns)),
        ))
    }
}

/// A text file, read from start to end.
#[derive(Debug)]
struct TextUnit {
    file: PathBuf,
    options: IngestOptions,
    schema: SchemaRef,
}

impl ScanUnit for TextUnit {
    fn open(&self, columns: &[usize]) -> Result<BatchIterator, DataFusionError> {
        let reader =
            open_file_as(&self.file, &self.options, Some(&self.schema)).map_err(external)?;
        let schema = Arc::clone(&self.schema);
        let columns = columns.to_vec();
        Ok(Box::new(reader.map(move |batch| {
            conform(&batch.map_err(external)?, &schema, &columns)
        })))
    }
}
