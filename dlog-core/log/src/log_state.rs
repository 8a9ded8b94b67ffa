//! A log while the store is open: its options, its schema and its partitions.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arrow::datatypes::SchemaRef;
use parking_lot::{Mutex, RwLock};

use crate::catalogue::{Change, LogOptions, Settings};
use crate::datum::{self, Datum, Row};
use crate::error::AppendError;
use crate::headers::check_headers;
use crate::ids::LogId;
use crate::partition::Partition;
use crate::schema::{
    LogSchema, Misfit, RESERVED_FIELDS, absorb_row, absorb_schema, coerce, fits_row, fits_schema,
    full_schema,
};
use crate::store::StoreOptions;

/// The column of a row that sets its record time instead of being stored as a column.
pub(crate) const TIME_FIELD: &str = "_time";

/// A log under a name. Renaming makes another one of the same log.
#[derive(Debug)]
pub(crate) struct LogState {
    pub(crate) name: String,
    shared: Arc<LogShared>,
}

impl Deref for LogState {
    type Target = LogShared;

    fn deref(&self) -> &LogShared {
        &self.shared
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct LogShared {
    pub(crate) id: LogId,
    /// The column that names a record.
    pub(crate) key: Option<String>,
    /// The columns it was made with.
    declared: Option<LogSchema>,
    settings: RwLock<Settings>,
    schema: RwLock<Arc<SchemaState>>,
    /// The version of `schema`, which it is raised behind.
    version: AtomicU32,
    /// The newest schema version in the journal; changes only with the journal's writer held.
    pub(crate) journalled_version: AtomicU32,
    pub(crate) partitions: Vec<Partition>,
    /// Where the next batch of a keyless log goes.
    rotation: AtomicU32,
    pub(crate) dropped: AtomicBool,
    /// A snapshot takes no appends.
    pub(crate) is_frozen: bool,
    /// One seal at a time.
    pub(crate) sealing: Mutex<()>,
}

/// One version of a log's schema.
#[derive(Debug)]
pub(crate) struct SchemaState {
    pub(crate) schema: LogSchema,
    pub(crate) version: u32,
    /// With the system columns.
    pub(crate) full: SchemaRef,
}

impl SchemaState {
    pub(crate) fn new(schema: LogSchema, version: u32) -> Self {
        let full = full_schema(&schema);
        Self {
            schema,
            version,
            full,
        }
    }
}

/// A schema that a batch needs, not yet in force.
#[derive(Debug)]
pub(crate) struct Widening {
    base_version: u32,
    schema: LogSchema,
}

impl LogState {
    pub(crate) fn new(
        id: LogId,
        name: String,
        options: LogOptions,
        schema: SchemaState,
        partitions: Vec<Partition>,
    ) -> Self {
        let settings = Settings {
            durability: options.durability,
            retention: options.retention,
            limit: options.limit,
        };
        let shared = LogShared {
            id,
            key: options.key,
            declared: options.schema,
            settings: RwLock::new(settings),
            version: AtomicU32::new(schema.version),
            journalled_version: AtomicU32::new(schema.version),
            schema: RwLock::new(Arc::new(schema)),
            partitions,
            rotation: AtomicU32::new(0),
            dropped: AtomicBool::new(false),
            is_frozen: false,
            sealing: Mutex::new(()),
        };
        Self {
            name,
            shared: Arc::new(shared),
        }
    }

    /// A log that was just made, as one that takes no appends.
    pub(crate) fn frozen(self) -> Self {
        let Self { name, shared } = self;
        // Nobody shares it yet.
        let shared = Arc::into_inner(shared).map(|shared| LogShared {
            is_frozen: true,
            ..shared
        });
        Self {
            name,
            shared: Arc::new(shared.expect("a log that was just made has one owner")),
        }
    }

    /// The same log under another name.
    pub(crate) fn renamed(&self, name: String) -> Self {
        Self {
            name,
            shared: self.shared.clone(),
        }
    }

    /// The bytes by which records with this key are found, in the type that the key's column has
    /// by now; none for what can be no key.
    pub(crate) fn key_bytes(&self, column: &str, key: &Datum) -> Option<Vec<u8>> {
        let state = self.schema();
        match state.schema.column(column) {
            Some(column) => datum::key_bytes(&coerce(&column.kind, key)),
            None => datum::key_bytes(key),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        *self.settings.read()
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.write() = settings;
    }

    /// The options as they are now.
    pub(crate) fn options(&self) -> LogOptions {
        let settings = self.settings();
        LogOptions {
            key: self.key.clone(),
            schema: self.declared.clone(),
            partitions: self.partition_count(),
            durability: settings.durability,
            retention: settings.retention,
            limit: settings.limit,
        }
    }

    /// A partition's tail is sealed at so many bytes: often enough that a bounded log can let go of
    /// a part of it.
    pub(crate) fn seal_bytes(&self, options: &StoreOptions) -> u64 {
        match self.settings().limit {
            Some(limit) => options.seal_bytes.min(limit.part()),
            None => options.seal_bytes,
        }
    }

    pub(crate) fn partition_count(&self) -> u32 {
        // At most `PARTITIONS_MAX`.
        self.partitions.len() as u32
    }

    pub(crate) fn schema(&self) -> Arc<SchemaState> {
        self.schema.read().clone()
    }

    /// Puts a journalled version in force.
    pub(crate) fn replay_schema(&self, schema: LogSchema, version: u32) {
        let mut current = self.schema.write();
        if version > current.version {
            *current = Arc::new(SchemaState::new(schema, version));
            self.version.store(version, Ordering::Release);
            self.journalled_version.store(version, Ordering::Release);
        }
    }

    pub(crate) fn next_rotation(&self) -> u32 {
        self.rotation.fetch_add(1, Ordering::Relaxed) % self.partition_count()
    }

    /// What the schema must become for these rows; `None` when it serves as it is.
    pub(crate) fn widening_for_rows(&self, rows: &[Row]) -> Result<Option<Widening>, Misfit> {
        // Of columns that are there, which most rows have, no other may be one of the reserved fields.
        let current = self.schema.read();
        if rows.iter().all(|row| fits_row(&current.schema, row, &[])) {
            return Ok(None);
        }
        let state = current.clone();
        drop(current);
        check_times(rows)?;
        check_headers(rows)?;
        if rows
            .iter()
            .all(|row| fits_row(&state.schema, row, &RESERVED_FIELDS))
        {
            return Ok(None);
        }
        let mut schema = state.schema.clone();
        for (index, row) in rows.iter().enumerate() {
            absorb_row(&mut schema, &state.schema, row, index, &RESERVED_FIELDS)?;
        }
        // A column that ended as one of floats may have begun with integers that are not exact.
        for (index, row) in rows.iter().enumerate() {
            if !fits_row(&schema, row, &RESERVED_FIELDS) {
                absorb_row(&mut schema.clone(), &schema, row, index, &RESERVED_FIELDS)?;
            }
        }
        Ok(Some(Widening {
            base_version: state.version,
            schema,
        }))
    }

    /// As [`widening_for_rows`](Self::widening_for_rows), for columns.
    pub(crate) fn widening_for_schema(
        &self,
        incoming: &LogSchema,
    ) -> Result<Option<Widening>, Misfit> {
        let state = self.schema();
        if fits_schema(&state.schema, incoming) {
            return Ok(None);
        }
        let mut schema = state.schema.clone();
        absorb_schema(&mut schema, incoming)?;
        Ok(Some(Widening {
            base_version: state.version,
            schema,
        }))
    }

    /// Puts a widening in force; false when another came first and it must be found anew.
    pub(crate) fn install(&self, widening: &Widening) -> bool {
        let mut current = self.schema.write();
        if current.version != widening.base_version {
            return false;
        }
        *current = Arc::new(SchemaState::new(
            widening.schema.clone(),
            widening.base_version + 1,
        ));
        self.version
            .store(widening.base_version + 1, Ordering::Release);
        true
    }

    /// The change that must be journalled with the next commit, from now on taken for journalled.
    pub(crate) fn schema_to_journal(&self) -> Option<Change> {
        // Raised before a commit that needs it is queued.
        let version = self.version.load(Ordering::Acquire);
        if version <= self.journalled_version.load(Ordering::Acquire) {
            return None;
        }
        let state = self.schema();
        self.journalled_version
            .store(state.version, Ordering::Release);
        Some(Change::Schema {
            id: self.id,
            version: state.version,
            schema: state.schema.clone(),
        })
    }

    pub(crate) fn misfit(&self, misfit: Misfit) -> AppendError {
        let Misfit { path, text, help } = misfit;
        AppendError::DoesNotFit {
            log: self.name.clone(),
            path,
            text,
            help,
        }
    }
}

fn check_times(rows: &[Row]) -> Result<(), Misfit> {
    for (index, row) in rows.iter().enumerate() {
        match row.reserved(TIME_FIELD) {
            None | Some(Datum::Null | Datum::Instant(_)) => {}
            Some(other) => {
                return Err(Misfit {
                    path: format!("row {index}, :{TIME_FIELD}"),
                    text: format!("{} as the record time", other.kind_name()),
                    help: "give an instant, or leave it out for the append time".to_owned(),
                });
            }
        }
    }
    Ok(())
}
