//! Runs queries: one cut, one memory pool, threads of their own.
//!
//! DataFusion works on a tokio runtime that nothing else uses, so its computing starves no timer or
//! socket. A run takes one cut for all its logs; its batches come through a bounded channel, and
//! dropping the stream stops the work.

pub(crate) mod failure;
mod sql;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, ParamValues, ScalarValue};
use datafusion::execution::context::{SQLOptions, SessionConfig};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use dlog_log::Store;
use futures::{Stream, StreamExt};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc;

use crate::error::QueryError;
use crate::ingest::IngestOptions;
use crate::plan::Planner;
use crate::query::Query;
use sql::SqlTables;

/// Batches that may wait for a slow reader.
const BATCHES_AHEAD: usize = 4;

/// How many memory consumers an out-of-memory message names.
const CONSUMERS_NAMED: NonZeroUsize = NonZeroUsize::new(3).expect("three is not zero");

/// Bounds on what queries may use.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Memory that all running queries share; sorts and aggregates beyond it spill.
    pub memory_bytes: usize,
    /// How many streams a plan is split into.
    pub partitions: usize,
    /// Threads that compute.
    pub threads: usize,
    /// Where spilled data goes; the system's temporary folder when absent.
    pub spill_dir: Option<PathBuf>,
    /// How files named in queries are read.
    pub ingest: IngestOptions,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            partitions: 2,
            threads: 2,
            spill_dir: None,
            ingest: IngestOptions::default(),
        }
    }
}

/// What runs queries over one store.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    session: SessionState,
    options: EngineOptions,
    handle: Handle,
    /// Present until the engine is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The last clone may go on a thread that must not block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a run starts from.
enum Request {
    Plan(Query),
    Sql(String),
}

impl Request {
    fn operation(&self) -> &'static str {
        match self {
            Self::Plan(_) => "query",
            Self::Sql(_) => "sql",
        }
    }
}

impl Engine {
    /// An engine over the store.
    ///
    /// # Errors
    /// When its threads or its spill folder cannot be made.
    pub fn new(store: Store, options: EngineOptions) -> Result<Self, QueryError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads)
            .thread_name("dlog-query")
            .enable_time()
            .build()
            .map_err(|error| QueryError::Execution {
                operation: "starting the query threads",
                message: error.to_string(),
            })?;
        let session = build_session(&options).map_err(|error| failure::explain("set-up", error))?;
        let handle = runtime.handle().clone();
        let inner = Inner {
            store,
            session,
            options,
            handle,
            runtime: Some(runtime),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The store that is queried.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Starts a query; its rows come through the stream.
    ///
    /// The future may be polled by any executor.
    ///
    /// # Errors
    /// When the query cannot be planned.
    pub async fn run(
        &self,
        query: Query,
        params: Vec<ScalarValue>,
    ) -> Result<QueryStream, QueryError> {
        self.start(Request::Plan(query), ParamValues::from(params))
            .await
    }

    /// Starts an SQL query; `$1` is the first parameter.
    ///
    /// # Errors
    /// When the text cannot be read or planned.
    pub async fn sql(
        &self,
        text: impl Into<String>,
        params: Vec<ScalarValue>,
    ) -> Result<QueryStream, QueryError> {
        self.start(Request::Sql(text.into()), ParamValues::from(params))
            .await
    }

    /// The logical and the physical plan as text.
    ///
    /// # Errors
    /// When the query cannot be planned.
    pub async fn explain(
        &self,
        query: Query,
        params: Vec<ScalarValue>,
    ) -> Result<String, QueryError> {
        let inner = Arc::clone(&self.inner);
        self.spawned(async move {
            let (logical, physical) = inner
                .plan(Request::Plan(query), ParamValues::from(params))
                .await?;
            let optimized = inner
                .session
                .optimize(&logical)
                .map_err(|error| failure::explain("query", error))?;
            let physical = displayable(physical.as_ref()).indent(false).to_string();
            Ok(format!("{}\n\n{physical}", optimized.display_indent()))
        })
        .await
    }

    /// The columns of a query's result.
    ///
    /// # Errors
    /// When the query cannot be planned.
    pub async fn describe(
        &self,
        query: Query,
        params: Vec<ScalarValue>,
    ) -> Result<SchemaRef, QueryError> {
        let inner = Arc::clone(&self.inner);
        self.spawned(async move {
            let (logical, _) = inner
                .plan(Request::Plan(query), ParamValues::from(params))
                .await?;
            Ok(Arc::clone(logical.schema().inner()))
        })
        .await
    }

    async fn start(
        &self,
        request: Request,
        params: ParamValues,
    ) -> Result<QueryStream, QueryError> {
        let inner = Arc::clone(&self.inner);
        self.spawned(async move {
            let operation = request.operation();
            let (logical, physical) = inner.plan(request, params).await?;
            let stream = execute_stream(physical, inner.session.task_ctx())
                .map_err(|error| inner.explain(operation, error))?;
            let schema = Arc::clone(logical.schema().inner());
            let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
            let forwarding = Arc::clone(&inner);
            inner
                .handle
                .spawn(async move { forwarding.forward(operation, stream, sender).await });
            Ok(QueryStream { schema, receiver })
        })
        .await
    }

    /// Runs on the engine's threads; the caller may be polled anywhere.
    async fn spawned<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, QueryError>> + Send + 'static,
    ) -> Result<T, QueryError> {
        match self.inner.handle.spawn(task).await {
            Ok(result) => result,
            Err(failed) if failed.is_panic() => Err(QueryError::Execution {
                operation: "planning",
                message: "a fault inside the query engine".to_owned(),
            }),
            Err(_) => Err(QueryError::Cancelled),
        }
    }
}

impl Inner {
    async fn plan(
        &self,
        request: Request,
        params: ParamValues,
    ) -> Result<(LogicalPlan, Arc<dyn ExecutionPlan>), QueryError> {
        let operation = request.operation();
        let mut session = self.session.clone();
        session.mark_start_execution();
        let cut = self.store.cut();
        let logical = match request {
            Request::Plan(query) => tokio::task::block_in_place(|| {
                let params = scalar_values(params);
                Planner::new(&self.store, &session, &self.options.ingest, &params).plan(&query, cut)
            })?,
            Request::Sql(text) => {
                let tables = SqlTables {
                    store: self.store.clone(),
                    cut,
                    ingest: self.options.ingest.clone(),
                    shows_system_columns: SqlTables::names_system_column(&text),
                };
                let planned = async {
                    session.register_catalog_list(tables.into_catalogue()?);
                    let plan = session.create_logical_plan(&text).await?;
                    let reading = SQLOptions::new()
                        .with_allow_ddl(false)
                        .with_allow_dml(false);
                    reading.with_allow_statements(false).verify_plan(&plan)?;
                    plan.with_param_values(params)
                };
                planned
                    .await
                    .map_err(|error| self.explain(operation, error))?
            }
        };
        let physical = session
            .create_physical_plan(&logical)
            .await
            .map_err(|error| self.explain(operation, error))?;
        Ok((logical, physical))
    }

    async fn forward(
        &self,
        operation: &'static str,
        mut stream: SendableRecordBatchStream,
        sender: mpsc::Sender<Result<RecordBatch, QueryError>>,
    ) {
        while let Some(batch) = stream.next().await {
            let failed = batch.is_err();
            let batch = batch.map_err(|error| self.explain(operation, error));
            if sender.send(batch).await.is_err() || failed {
                return;
            }
        }
    }

    fn explain(&self, operation: &'static str, error: DataFusionError) -> QueryError {
        match failure::explain(operation, error) {
            QueryError::Memory { message, .. } => QueryError::Memory {
                limit_bytes: self.options.memory_bytes,
                message,
            },
            other => other,
        }
    }
}

fn scalar_values(params: ParamValues) -> Vec<ScalarValue> {
    match params {
        ParamValues::List(values) => values
            .into_iter()
            .map(|parameter| parameter.value)
            .collect(),
        ParamValues::Map(_) => Vec::new(),
    }
}

fn build_session(options: &EngineOptions) -> Result<SessionState, DataFusionError> {
    let mut config = SessionConfig::new().with_target_partitions(options.partitions);
    let settings = config.options_mut();
    // Row-wise queries keep the order of their source; scans bring their own parallelism.
    settings.optimizer.enable_round_robin_repartition = false;
    settings.optimizer.prefer_existing_sort = true;
    settings.execution.collect_statistics = true;
    let pool = TrackConsumersPool::new(FairSpillPool::new(options.memory_bytes), CONSUMERS_NAMED);
    let mut runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool));
    if let Some(dir) = &options.spill_dir {
        let mode = DiskManagerMode::Directories(vec![dir.clone()]);
        runtime = runtime.with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
    }
    Ok(SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.build_arc()?)
        .with_default_features()
        .build())
}

/// The rows of a running query, batch by batch.
#[derive(Debug)]
pub struct QueryStream {
    schema: SchemaRef,
    receiver: mpsc::Receiver<Result<RecordBatch, QueryError>>,
}

impl QueryStream {
    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// All batches that are left.
    ///
    /// # Errors
    /// When the query stops with a fault.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>, QueryError> {
        let mut batches = Vec::new();
        while let Some(batch) = self.receiver.recv().await {
            batches.push(batch?);
        }
        Ok(batches)
    }
}

impl Stream for QueryStream {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(context)
    }
}
