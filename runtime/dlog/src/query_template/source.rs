//! Sources of a query: what a value in source position stands for.

use batuta_runtime::collections::is_sequential;
use batuta_runtime::failure::Fault;
use batuta_runtime::value::Value;
use dlog_core::query::Query;
use dlog_core::query::query::{NamedSource, Source};

use super::{Reader, column_of, malformed};
use crate::convert::datum::rows;
use crate::fault::append_fault;
use crate::query_value::QueryValue;

impl Reader<'_> {
    /// The query to which the clauses are added. A query without a new name is gone on with, so
    /// that its sources keep their names.
    pub(super) fn first_source(&self, form: &Value) -> Result<Query, Fault> {
        let named = self.source(form)?;
        match named {
            NamedSource {
                source: Source::Query(query),
                alias: None,
            } => Ok(*query),
            named => Ok(Query::from(named)),
        }
    }

    /// `(source (param i))` or `(source (param i) :name)`.
    pub(super) fn source(&self, form: &Value) -> Result<NamedSource, Fault> {
        let parts = self.parts(form)?;
        let (value, alias) = match (parts.head.as_str(), parts.args.as_slice()) {
            ("source", [value]) => (value, None),
            ("source", [value, alias]) => (value, Some(column_of(alias)?)),
            _ => return Err(malformed(form)),
        };
        Ok(NamedSource {
            source: source_of(&self.value(value)?)?,
            alias,
        })
    }
}

fn source_of(value: &Value) -> Result<Source, Fault> {
    if let Some(keyword) = value.as_keyword() {
        return Ok(Source::Log(keyword.text().to_owned()));
    }
    if let Some(path) = value.as_str() {
        return Ok(Source::File(path.to_owned()));
    }
    if let Some(query) = value.as_native::<QueryValue>() {
        return Ok(Source::Query(Box::new(query.query().clone())));
    }
    if value.is_nil() || is_sequential(value) {
        let batch = dlog_core::log::rows_to_batch(&rows("from", value)?).map_err(append_fault)?;
        return Ok(Source::Rows {
            schema: batch.schema(),
            batches: vec![batch],
        });
    }
    let wanted = "a log's keyword, a file name, a query or a collection of maps";
    Err(Fault::wrong_type("from", wanted, value))
}
