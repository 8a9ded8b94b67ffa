//! Sources: logs at a cut, files, rows in memory, other queries.

use std::path::Path;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::LogicalPlanBuilder;

use super::relation::Relation;
use super::{Planner, View, history};
use crate::engine::failure;
use crate::error::QueryError;
use crate::file_table::FileTable;
use crate::query::{NamedSource, Source};
use crate::table_provider::{EXPOSED_SYSTEM_COLUMNS, LogTable};

impl Planner<'_> {
    pub(super) fn source(&self, named: &NamedSource, view: View) -> Result<Relation, QueryError> {
        let alias = |default: &str| named.alias.clone().unwrap_or_else(|| default.to_owned());
        match &named.source {
            Source::Log(name) => self.log(name, alias(name), view),
            Source::File(pattern) => {
                let table = FileTable::open(pattern, self.ingest)?;
                let stem = Path::new(pattern)
                    .file_stem()
                    .and_then(|stem| stem.to_str());
                scan(alias(stem.unwrap_or("file")), Arc::new(table), Vec::new())
            }
            Source::Rows { schema, batches } => {
                let table = MemTable::try_new(Arc::clone(schema), vec![batches.clone()])
                    .map_err(|error| failure::explain("from", error))?;
                scan(alias(&self.next_unnamed()), Arc::new(table), Vec::new())
            }
            Source::Query(query) => {
                let inner = self.relation(query, view)?;
                let default = inner.sources().first().cloned().unwrap_or_default();
                self.subquery(inner, alias(&default))
            }
        }
    }

    /// `rows`, `rows2`, `rows3` …
    fn next_unnamed(&self) -> String {
        let number = self.unnamed.get() + 1;
        self.unnamed.set(number);
        if number == 1 {
            "rows".to_owned()
        } else {
            format!("rows{number}")
        }
    }

    fn log(&self, name: &str, alias: String, view: View) -> Result<Relation, QueryError> {
        let table = LogTable::open(self.store, name, view.cut, view.history.is_some())?;
        if table.shows_history() {
            return history::versions(alias, table, view.history.flatten());
        }
        let qualified = |column: &str| Column::new(Some(TableReference::bare(&*alias)), column);
        let hidden = EXPOSED_SYSTEM_COLUMNS
            .iter()
            .map(|column| qualified(column))
            .collect();
        let order = table.order_column().map(qualified);
        let relation = scan(alias.clone(), Arc::new(table), hidden)?;
        Ok(match order {
            Some(column) => relation.ordered_by(column),
            None => relation,
        })
    }

    fn subquery(&self, inner: Relation, alias: String) -> Result<Relation, QueryError> {
        let plan = LogicalPlanBuilder::new(inner.into_output()?)
            .alias(TableReference::bare(&*alias))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| failure::explain("from", error))?;
        Ok(Relation::new(plan, alias, Vec::new()))
    }
}

fn scan(
    alias: String,
    table: Arc<dyn TableProvider>,
    hidden: Vec<Column>,
) -> Result<Relation, QueryError> {
    let reference = TableReference::bare(&*alias);
    let plan = LogicalPlanBuilder::scan(reference, provider_as_source(table), None)
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| failure::explain("from", error))?;
    Ok(Relation::new(plan, alias, hidden))
}
