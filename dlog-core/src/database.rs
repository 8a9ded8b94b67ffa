//! A store with what belongs to it: query engine, counters, ids.
//!
//! The engine is started by the first query, a counter by its first use; each counter is open once,
//! whoever asks for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dlog_log::{Store, StoreOptions};
use dlog_query::{Engine, EngineOptions};
use dlog_sequencer::{Counter, CounterOptions, Snowflake, SnowflakeOptions};

use crate::error::DatabaseError;

/// How a database is opened.
#[derive(Debug, Clone, Default)]
pub struct DatabaseOptions {
    /// Bounds on queries.
    pub engine: EngineOptions,
    /// This process's number among all that make ids.
    pub node: u16,
}

/// Logs, queries, counters and ids in one place. Clones share it.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    options: DatabaseOptions,
    engine: Mutex<Option<Engine>>,
    counters: Mutex<HashMap<String, Arc<Counter>>>,
    snowflake: Mutex<Option<Arc<Snowflake>>>,
}

impl Database {
    /// Opens or creates the database in a folder.
    ///
    /// # Errors
    /// When another process has it, it is damaged, or the folder cannot be used.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, DatabaseError> {
        Self::open_with(StoreOptions::new(dir), DatabaseOptions::default())
    }

    /// Opens with options of one's own.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_with(store: StoreOptions, options: DatabaseOptions) -> Result<Self, DatabaseError> {
        Ok(Self::over(Store::open(store)?, options))
    }

    /// A database that lives as long as the process.
    pub fn memory() -> Self {
        Self::over(Store::memory(), DatabaseOptions::default())
    }

    /// A database over an open store.
    pub fn over(store: Store, options: DatabaseOptions) -> Self {
        let shared = Shared {
            store,
            options,
            engine: Mutex::default(),
            counters: Mutex::default(),
            snowflake: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The logs.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The folder, unless the database is in memory.
    pub fn dir(&self) -> Option<&Path> {
        self.shared.store.dir()
    }

    /// What runs queries; started by the first call.
    ///
    /// # Errors
    /// When its threads cannot be started.
    pub fn engine(&self) -> Result<Engine, DatabaseError> {
        let mut slot = lock(&self.shared.engine);
        if let Some(engine) = &*slot {
            return Ok(engine.clone());
        }
        let engine = Engine::new(
            self.shared.store.clone(),
            self.shared.options.engine.clone(),
        )?;
        *slot = Some(engine.clone());
        Ok(engine)
    }

    /// The counter of this name; created at zero where there is none.
    ///
    /// # Errors
    /// When its state cannot be read or written.
    pub fn counter(&self, name: &str) -> Result<Arc<Counter>, DatabaseError> {
        self.counter_with(name, CounterOptions::default())
    }

    /// The same with options; they count where the counter is not open yet.
    ///
    /// # Errors
    /// When its state cannot be read or written.
    pub fn counter_with(
        &self,
        name: &str,
        options: CounterOptions,
    ) -> Result<Arc<Counter>, DatabaseError> {
        let mut counters = lock(&self.shared.counters);
        if let Some(counter) = counters.get(name) {
            return Ok(Arc::clone(counter));
        }
        let path = format!("counters/{}", file_name(name)?);
        let device = self.shared.store.device();
        let counter = Arc::new(Counter::open(device, &path, options)?);
        counters.insert(name.to_owned(), Arc::clone(&counter));
        Ok(counter)
    }

    /// The maker of time-ordered ids.
    ///
    /// # Errors
    /// When its state cannot be read or written.
    pub fn snowflake(&self) -> Result<Arc<Snowflake>, DatabaseError> {
        let mut slot = lock(&self.shared.snowflake);
        if let Some(snowflake) = &*slot {
            return Ok(Arc::clone(snowflake));
        }
        let options = SnowflakeOptions {
            node: self.shared.options.node,
            ..SnowflakeOptions::default()
        };
        let device = self.shared.store.device();
        let snowflake = Arc::new(Snowflake::open(device, "counters/.snowflake", options)?);
        *slot = Some(Arc::clone(&snowflake));
        Ok(snowflake)
    }

    /// Closes counters and store; what comes after is refused.
    ///
    /// # Errors
    /// When something could not be brought to disk.
    pub fn close(&self) -> Result<(), DatabaseError> {
        for (_, counter) in lock(&self.shared.counters).drain() {
            counter.close()?;
        }
        *lock(&self.shared.engine) = None;
        *lock(&self.shared.snowflake) = None;
        self.shared.store.close()?;
        Ok(())
    }
}

/// The data behind each lock is whole between statements, so a panic elsewhere leaves it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Longest file name that is safe on every file system.
const FILE_NAME_BYTES_MAX: usize = 200;

/// A file name for a counter's name: bytes other than letters, digits, `-` and `_` in hexadecimal.
fn file_name(name: &str) -> Result<String, DatabaseError> {
    let mut file = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02X}")),
        }
    }
    if file.is_empty() || file.len() > FILE_NAME_BYTES_MAX {
        return Err(DatabaseError::CounterName {
            name: name.to_owned(),
        });
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_one_name_are_one() {
        let database = Database::memory();
        let first = database
            .counter("orders/2024")
            .expect("a memory store takes counters");
        let again = database
            .counter("orders/2024")
            .expect("a memory store takes counters");
        assert_eq!(first.increment().ok(), Some(1));
        assert_eq!(again.increment().ok(), Some(2));
        assert!(database.counter("").is_err());
    }

    #[test]
    fn counters_outlive_the_database() {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let before = {
            let database = Database::open(dir.path()).expect("a fresh folder opens");
            let counter = database.counter("ids").expect("a fresh counter opens");
            counter.increment().expect("a number is handed out")
        };
        let database = Database::open(dir.path()).expect("the folder opens again");
        let counter = database.counter("ids").expect("the counter opens again");
        assert!(counter.increment().expect("a number is handed out") > before);
    }

    #[test]
    fn ids_ascend() {
        let snowflake = Database::memory()
            .snowflake()
            .expect("a memory store makes ids");
        let first = snowflake.next_id().expect("an id is made");
        assert!(snowflake.next_id().expect("an id is made") > first);
    }
}
