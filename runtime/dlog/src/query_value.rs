//! A query as a value: data until it is walked, then rows, batch by batch.
//!
//! Each walk runs the query anew, at one cut. The rows of a batch are made when the walk reaches
//! them; the rest of the sequence is a [`Remainder`] that remembers what it gave.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use batuta_runtime::builtin::{Flow, wait};
use batuta_runtime::collections::{list, map, set, vector};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::value::object::{Kind, Native, make_native};
use batuta_runtime::value::{Value, print};
use dlog_core::query::Query;
use dlog_core::{Database, QueryStream};
use futures::StreamExt;
use futures::lock::Mutex as AsyncMutex;

use crate::convert;
use crate::fault::{database_fault, query_fault};
use crate::table_text;

/// A query with the forms it was made of.
pub(crate) struct QueryValue {
    query: Query,
    database: Database,
    template: Value,
    params: Value,
    /// The rows as a table, between getting ready to be shown and being shown.
    shown: Arc<Mutex<Option<String>>>,
}

impl QueryValue {
    pub(crate) fn make(query: Query, database: Database, template: Value, params: Value) -> Value {
        let shown = Arc::default();
        make_native(Self {
            query,
            database,
            template,
            params,
            shown,
        })
    }

    pub(crate) fn query(&self) -> &Query {
        &self.query
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}

impl Native for QueryValue {
    fn class(&self) -> &'static str {
        "query"
    }

    fn print(&self) -> String {
        let mut text = String::from("(from");
        for (index, part) in vector::iter(&self.template).enumerate() {
            text.push(' ');
            let shown = fill_in(part, &self.params, 0);
            match index {
                0 => text.push_str(&source_text(&shown)),
                _ => text.push_str(&print::readable(&shown)),
            }
        }
        text.push(')');
        text
    }

    fn display(&self) -> String {
        let shown = self
            .shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        shown.unwrap_or_else(|| self.print())
    }

    fn prepare_display(&self) -> Option<Flow> {
        let (database, query) = (self.database.clone(), self.query.clone());
        let shown = Arc::clone(&self.shown);
        Some(wait(async move {
            let table = table_of(&database, query, None).await?;
            *shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(table);
            Ok(Value::NIL)
        }))
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.template);
        visitor(&mut self.params);
    }

    fn seq(&self) -> Option<Flow> {
        let (database, query) = (self.database.clone(), self.query.clone());
        Some(wait(async move {
            rest_of(start(&database, query).await?).await
        }))
    }
}

/// `(source x)` prints as x, `(source x :name)` as `(as x :name)`.
fn source_text(source: &Value) -> String {
    let parts = convert::datum::items("from", source).unwrap_or_default();
    match parts.as_slice() {
        [_, value] => print::short(value),
        [_, value, name] => format!("(as {} {})", print::short(value), print::short(name)),
        _ => print::short(source),
    }
}

/// How deep a template is filled in for printing.
const FILLED_DEPTH_MAX: usize = 32;

/// The part with its parameters put in.
fn fill_in(part: &Value, params: &Value, depth: usize) -> Value {
    if depth > FILLED_DEPTH_MAX {
        return part.clone();
    }
    let fill = |item: &Value| fill_in(item, params, depth + 1);
    match part.kind() {
        Some(Kind::Vector) => vector::from_iter(vector::iter(part).map(fill)),
        Some(Kind::Set) => set::from_iter(set::iter(part).map(fill)),
        Some(Kind::Map) => {
            map::from_pairs(map::iter(part).map(|(key, item)| (key.clone(), fill(item))))
        }
        Some(Kind::List | Kind::Slice) => {
            let items = convert::datum::items("from", part).unwrap_or_default();
            match items.as_slice() {
                [head, index] if head.is_symbol("param") => {
                    let index = batuta_runtime::number::as_usize(index);
                    index
                        .and_then(|index| vector::nth(params, index))
                        .cloned()
                        .unwrap_or_default()
                }
                [head, datum] if head.is_symbol("lit") => datum.clone(),
                items => list::from_vec(items.iter().map(fill).collect()),
            }
        }
        _ => part.clone(),
    }
}

/// Runs a query.
pub(crate) async fn start(database: &Database, query: Query) -> Result<QueryStream, Fault> {
    let engine = database.engine().map_err(database_fault)?;
    engine.run(query, Vec::new()).await.map_err(query_fault)
}

/// Rows that a table on the screen shows before it says how many more there are.
const ROWS_SHOWN: usize = 60;

/// The first rows of a query as a table of text.
pub(crate) async fn table_of(
    database: &Database,
    query: Query,
    width: Option<usize>,
) -> Result<String, Fault> {
    let mut stream = start(database, query).await?;
    let mut batches = Vec::new();
    let mut total = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(query_fault)?;
        if total < ROWS_SHOWN {
            batches.push(batch.slice(0, batch.num_rows().min(ROWS_SHOWN - total)));
        }
        total += batch.num_rows();
    }
    Ok(table_text::render(&stream.schema(), &batches, total, width))
}

/// The rows that are left, as nil or a sequence that ends in a [`Remainder`].
pub(crate) async fn rest_of(mut stream: QueryStream) -> Result<Value, Fault> {
    while let Some(batch) = stream.next().await {
        let rows = convert::rows::rows(&batch.map_err(query_fault)?);
        if rows.is_empty() {
            continue;
        }
        let shared = Shared {
            stream: AsyncMutex::new(Some(stream)),
            done: OnceLock::new(),
        };
        let rest = make_native(Remainder {
            shared: Arc::new(shared),
        });
        let sequence = rows
            .into_iter()
            .rev()
            .fold(rest, |rest, row| list::cons(row, rest));
        sequence.publish();
        return Ok(sequence);
    }
    Ok(Value::NIL)
}

/// The rows behind a batch, not made yet.
struct Remainder {
    shared: Arc<Shared>,
}

struct Shared {
    /// Absent while and after the next batch is read.
    stream: AsyncMutex<Option<QueryStream>>,
    /// The sequence that was read, published.
    done: OnceLock<Value>,
}

impl Shared {
    async fn read(&self) -> Result<Value, Fault> {
        let mut slot = self.stream.lock().await;
        if let Some(done) = self.done.get() {
            return Ok(done.clone());
        }
        let Some(stream) = slot.take() else {
            let message = "the rows behind this place were lost when the query failed";
            return Err(Fault::new(FaultKind::Log, message).hint("run the query again"));
        };
        let rest = rest_of(stream).await?;
        Ok(self.done.get_or_init(|| rest).clone())
    }
}

impl Native for Remainder {
    fn class(&self) -> &'static str {
        "list"
    }

    fn print(&self) -> String {
        "…".to_owned()
    }

    fn seq(&self) -> Option<Flow> {
        if let Some(done) = self.shared.done.get() {
            return Some(Ok(done.clone()));
        }
        let shared = Arc::clone(&self.shared);
        Some(wait(async move { shared.read().await }))
    }
}
