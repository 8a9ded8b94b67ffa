//! SQL over the same tables: the catalogue of one execution.
//!
//! A table name is a log, or a path in double quotes (`from "trips/*.parquet"`). System columns are
//! part of a log's table only where the text names one, so that `select *` does not show them.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    SchemaProvider, TableProvider,
};
use datafusion::common::DataFusionError;
use datafusion::datasource::ViewTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlanBuilder, col};
use dlog_log::{Cut, Store};

use crate::error::QueryError;
use crate::file_table::FileTable;
use crate::ingest::IngestOptions;
use crate::table_provider::{EXPOSED_SYSTEM_COLUMNS, LogTable};

/// The catalogue and schema that hold every table.
const CATALOGUE: &str = "datafusion";
const SCHEMA: &str = "public";

/// The tables one SQL text may name, at one cut.
#[derive(Clone)]
pub(super) struct SqlTables {
    pub(super) store: Store,
    pub(super) cut: Cut,
    pub(super) ingest: IngestOptions,
    pub(super) shows_system_columns: bool,
}

impl SqlTables {
    /// Whether the text names a system column.
    pub(super) fn names_system_column(text: &str) -> bool {
        EXPOSED_SYSTEM_COLUMNS
            .iter()
            .any(|column| text.contains(column))
    }

    /// The tables as DataFusion looks them up.
    pub(super) fn into_catalogue(self) -> Result<Arc<dyn CatalogProviderList>, DataFusionError> {
        let catalogue = MemoryCatalogProvider::new();
        catalogue.register_schema(SCHEMA, Arc::new(self))?;
        let list = MemoryCatalogProviderList::new();
        list.register_catalog(CATALOGUE.to_owned(), Arc::new(catalogue));
        Ok(Arc::new(list))
    }

    fn log(&self, name: &str) -> Result<Arc<dyn TableProvider>, QueryError> {
        let table: Arc<dyn TableProvider> =
            Arc::new(LogTable::open(&self.store, name, self.cut, false)?);
        if self.shows_system_columns {
            return Ok(table);
        }
        let fields = table.schema();
        let user = fields.fields().iter().map(|field| field.name().as_str());
        let user: Vec<_> = user
            .filter(|name| !EXPOSED_SYSTEM_COLUMNS.contains(name))
            .map(|name| col(datafusion::common::Column::new_unqualified(name)))
            .collect();
        let plan = LogicalPlanBuilder::scan(
            datafusion::common::TableReference::bare(name),
            provider_as_source(table),
            None,
        )
        .and_then(|plan| plan.project(user))
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| super::failure::explain("sql", error))?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

impl std::fmt::Debug for SqlTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlTables")
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '.', '*'])
}

#[async_trait]
impl SchemaProvider for SqlTables {
    fn table_names(&self) -> Vec<String> {
        self.store.logs()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let table = if is_path(name) && !self.table_exist(name) {
            FileTable::open(name, &self.ingest)
                .map(|table| Arc::new(table) as Arc<dyn TableProvider>)
                .map_err(QueryError::Ingest)
        } else {
            self.log(name)
        };
        table
            .map(Some)
            .map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.store.logs().iter().any(|log| log == name)
    }
}
