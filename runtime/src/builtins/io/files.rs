//! Files and folders, each operation on a thread of its own kind.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use uuid::Uuid;

use super::failed;
use crate::actor::blocking;
use crate::builtin::{Flow, wait};
use crate::builtins::support::text;
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

/// Does something with one path.
fn with_path(
    who: &str,
    args: &[Value],
    run: impl FnOnce(&str) -> Result<Value, Fault> + Send + 'static,
) -> Flow {
    let path = text(who, &args[0])?.to_owned();
    wait(blocking(move || run(&path)))
}

fn done(what: &str, path: &str, result: io::Result<()>) -> Result<Value, Fault> {
    result
        .map(|()| Value::NIL)
        .map_err(|error| failed(what, path, &error))
}

fn has(who: &str, args: &[Value], test: impl FnOnce(&Metadata) -> bool + Send + 'static) -> Flow {
    with_path(who, args, move |path| {
        Ok(Value::bool(
            fs::metadata(path).is_ok_and(|meta| test(&meta)),
        ))
    })
}

pub(super) fn exists(_: &mut Cx, args: &mut [Value]) -> Flow {
    has("io/exists?", args, |_| true)
}

pub(super) fn is_file(_: &mut Cx, args: &mut [Value]) -> Flow {
    has("io/file?", args, Metadata::is_file)
}

pub(super) fn is_folder(_: &mut Cx, args: &mut [Value]) -> Flow {
    has("io/dir?", args, Metadata::is_dir)
}

fn instant(time: io::Result<SystemTime>) -> Value {
    let instant = time
        .ok()
        .and_then(|time| jiff::Timestamp::try_from(time).ok());
    instant.map(Value::instant).unwrap_or_default()
}

/// `(io/info path)`: a map, or nil if nothing is there.
pub(super) fn info(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/info", args, |path| {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Value::NIL),
            Err(error) => return Err(failed("look at", path, &error)),
        };
        let kind = match meta.file_type() {
            kind if kind.is_dir() => "dir",
            kind if kind.is_symlink() => "link",
            kind if kind.is_file() => "file",
            _ => "other",
        };
        Ok(map::from_pairs([
            (Value::keyword("kind"), Value::keyword(kind)),
            (Value::keyword("size"), number::from_i128(meta.len().into())),
            (Value::keyword("modified"), instant(meta.modified())),
        ]))
    })
}

/// `(io/list path)`: the paths in a folder, sorted.
pub(super) fn list(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/list", args, |path| {
        let read = || -> io::Result<Vec<String>> {
            fs::read_dir(path)?
                .map(|entry| Ok(entry?.path().to_string_lossy().into_owned()))
                .collect()
        };
        let mut paths = read().map_err(|error| failed("list", path, &error))?;
        paths.sort_unstable();
        Ok(vector::from_iter(paths.into_iter().map(Value::string)))
    })
}

/// `(io/delete-file path silently?)`: a file or an empty folder.
pub(super) fn delete(_: &mut Cx, args: &mut [Value]) -> Flow {
    let is_silent = args.get(1).is_some_and(Value::is_truthy);
    with_path("io/delete-file", args, move |path| {
        let removed = match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => Ok(Value::TRUE),
            Err(_) if is_silent => Ok(Value::FALSE),
            Err(error) => Err(failed("delete", path, &error)),
        }
    })
}

/// `(io/delete-tree path)`: a file, or a folder with all that is in it; links are not followed.
pub(super) fn delete_tree(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/delete-tree", args, |path| {
        let removed = match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        done("delete", path, removed)
    })
}

pub(super) fn make_folders(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/make-dirs", args, |path| {
        done("make the folder", path, fs::create_dir_all(path))
    })
}

/// `(io/make-parents part …)`: whether folders were made.
pub(super) fn make_parents(_: &mut Cx, args: &mut [Value]) -> Flow {
    let mut path = std::path::PathBuf::new();
    for part in args.iter() {
        path.push(text("io/make-parents", part)?);
    }
    wait(blocking(move || {
        let parent = path.parent().unwrap_or(Path::new(""));
        if parent.as_os_str().is_empty() || parent.is_dir() {
            return Ok(Value::FALSE);
        }
        let made = fs::create_dir_all(parent);
        done("make the folder", &parent.to_string_lossy(), made)?;
        Ok(Value::TRUE)
    }))
}

/// Does something with two paths.
fn with_two(
    who: &str,
    args: &[Value],
    run: impl FnOnce(&str, &str) -> Result<Value, Fault> + Send + 'static,
) -> Flow {
    let from = text(who, &args[0])?.to_owned();
    let to = text(who, &args[1])?.to_owned();
    wait(blocking(move || run(&from, &to)))
}

pub(super) fn copy(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_two("io/copy", args, |from, to| {
        let what = format!("copy {from} to");
        done(&what, to, fs::copy(from, to).map(|_| ()))
    })
}

pub(super) fn rename(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_two("io/move", args, |from, to| {
        let what = format!("move {from} to");
        done(&what, to, fs::rename(from, to))
    })
}

pub(super) fn canonical(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/canonical", args, |path| {
        let found = fs::canonicalize(path).map_err(|error| failed("find", path, &error))?;
        Ok(Value::str(&found.to_string_lossy()))
    })
}

/// A path that nothing has: where temporary things belong, with a name that was never given.
fn temporary(who: &str, args: &[Value]) -> Result<String, Fault> {
    let part = |at: usize, default: &'static str| match args.get(at) {
        Some(value) => text(who, value).map(str::to_owned),
        None => Ok(default.to_owned()),
    };
    let (prefix, suffix) = (part(0, "batuta-")?, part(1, "")?);
    let name = format!("{prefix}{}{suffix}", Uuid::new_v4().simple());
    let path = std::env::temp_dir().join(name);
    Ok(path.to_string_lossy().into_owned())
}

pub(super) fn temporary_file(_: &mut Cx, args: &mut [Value]) -> Flow {
    let path = temporary("io/temp-file", args)?;
    wait(blocking(move || {
        done("make", &path, fs::File::create_new(&path).map(|_| ()))?;
        Ok(Value::string(path))
    }))
}

pub(super) fn temporary_folder(_: &mut Cx, args: &mut [Value]) -> Flow {
    let path = temporary("io/temp-dir", args)?;
    wait(blocking(move || {
        done("make", &path, fs::create_dir(&path))?;
        Ok(Value::string(path))
    }))
}

pub(super) fn read_bytes(_: &mut Cx, args: &mut [Value]) -> Flow {
    with_path("io/read-bytes", args, |path| {
        let bytes = fs::read(path).map_err(|error| failed("read", path, &error))?;
        Ok(Value::bytes(bytes))
    })
}
