//! The store as a whole: copies of it, what it may grow to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::value::Value;
use dlog_core::log;
use dlog_core::sequencer::device::{Device, FileDevice};

use super::options::{count, unsigned};
use crate::database::{blocking, with_database};
use crate::fault::{restore_fault, seal_fault};

fn directory(who: &str, value: &Value) -> Result<PathBuf, Fault> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(PathBuf::from)
        .ok_or_else(|| Fault::wrong_type(who, "a directory", value))
}

fn device(dir: &Path) -> Arc<dyn Device> {
    Arc::new(FileDevice::new(dir))
}

/// A copy is made in a directory that is not there, or holds nothing.
fn check_free(dir: &Path) -> Result<(), Fault> {
    let is_free = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        // What cannot be made there is told by whoever makes it.
        Err(_) => std::fs::symlink_metadata(dir).is_err(),
    };
    if is_free {
        return Ok(());
    }
    let message = format!("{} is there already", dir.display());
    Err(Fault::new(FaultKind::Io, message).hint("name a directory that is not"))
}

/// `(backup "directory")`
fn backup(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let dir = directory("backup", &args[0])?;
    blocking(cx, move |database| {
        check_free(&dir)?;
        let cut = database.store().backup(&device(&dir)).map_err(|error| {
            seal_fault(error).hint(format!("it was to be made in {}", dir.display()))
        })?;
        Ok(count(cut.0.0))
    })
}

/// `(restore "backup" "directory")`
fn restore(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let from = directory("restore", &args[0])?;
    let to = directory("restore", &args[1])?;
    blocking(cx, move |_| {
        check_free(&to)?;
        let restored = log::restore(&device(&from), &from, &device(&to)).map_err(restore_fault)?;
        Ok(count(restored.mended.commit.0))
    })
}

/// `(dlog/limit-size 1000000000)`
fn limit_size(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let max = match args[0].is_nil() {
        true => None,
        false => Some(unsigned("dlog/limit-size", "a number of bytes", &args[0])?),
    };
    with_database(cx, move |_, database| {
        database.store().limit_bytes(max);
        Ok(Value::keyword("ok"))
    })
}

/// Functions of core.
pub(super) static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: CORE_ROWS,
};

/// Functions of `dlog`.
pub(super) static DLOG_TABLE: BuiltinTable = BuiltinTable {
    namespace: "dlog",
    builtins: DLOG_ROWS,
};

const CORE_ROWS: &[Builtin] = &[
    row(
        "backup",
        "[directory]",
        exactly(1),
        backup,
        "Copies the whole database to a new directory while it is in use; the commit that the copy is of. The copy is a database like any other.",
    ),
    row(
        "restore",
        "[backup directory]",
        exactly(2),
        restore,
        "Copies a backup, with every byte checked, to a new directory, to be named by `--data`; its last commit. It has an identity of its own.",
    ),
];

const DLOG_ROWS: &[Builtin] = &[row(
    "limit-size",
    "[bytes]",
    exactly(1),
    limit_size,
    "Says to how many bytes the database may grow, nil for any number; appends beyond are refused. Holds until the program ends.",
)];
