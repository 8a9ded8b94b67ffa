//! The one database of the process: where it is, and opening it at the first use.
//!
//! Opening reads the journal and may take long, so it happens on a blocking thread while the actor
//! that needed it is parked.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use batuta_runtime::actor;
use batuta_runtime::builtin::{Flow, Signal};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::Fault;
use batuta_runtime::value::Value;
use dlog_core::Database;

use crate::fault::database_fault;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In memory, gone with the process.
    Memory,
    /// In a folder, created where there is none.
    Folder(PathBuf),
}

struct State {
    location: Location,
    open: Option<Database>,
}

static STATE: Mutex<State> = Mutex::new(State {
    location: Location::Memory,
    open: None,
});

/// Nothing is left half done while the lock is held, so a panic elsewhere does not spoil it.
fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says where the database is; before the first use.
pub fn configure(location: Location) {
    let mut state = state();
    state.location = location;
    state.open = None;
}

/// Where the database is.
pub fn location() -> Location {
    state().location.clone()
}

/// Brings everything to disk and closes, for the end of the program; nothing if it was not used.
///
/// # Errors
/// When something could not be brought to disk.
pub fn close() -> Result<(), String> {
    let open = state().open.take();
    open.map_or(Ok(()), |database| {
        database.close().map_err(|error| error.to_string())
    })
}

fn open() -> Result<Database, Fault> {
    let mut state = state();
    if let Some(database) = &state.open {
        return Ok(database.clone());
    }
    let database = match &state.location {
        Location::Memory => Database::memory(),
        Location::Folder(folder) => Database::open(folder).map_err(database_fault)?,
    };
    state.open = Some(database.clone());
    Ok(database)
}

/// Goes on with the open database.
pub(crate) fn with_database(
    cx: &mut Cx,
    then: impl FnOnce(&mut Cx, Database) -> Flow + Send + 'static,
) -> Flow {
    // A lock that is taken means that somebody is opening; that is worth waiting for elsewhere.
    let ready = STATE.try_lock().ok().and_then(|state| state.open.clone());
    if let Some(database) = ready {
        return then(cx, database);
    }
    Err(Box::new(Signal::Wait {
        future: actor::blocking(|| open().map(|_| Value::NIL)),
        then: Some(Box::new(move |cx: &mut Cx, _: Value| {
            let database = open()?;
            then(cx, database)
        })),
    }))
}

/// Runs something that blocks with the open database; the actor is parked meanwhile.
pub(crate) fn blocking(
    cx: &mut Cx,
    run: impl FnOnce(&Database) -> Result<Value, Fault> + Send + 'static,
) -> Flow {
    with_database(cx, move |_, database| {
        let future = actor::blocking(move || run(&database));
        Err(Box::new(Signal::Wait { future, then: None }))
    })
}
