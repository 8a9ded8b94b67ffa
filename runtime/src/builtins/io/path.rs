//! Paths are texts; what is asked of them needs no file.

use std::path::{Component, Path, PathBuf};

use crate::builtin::Flow;
use crate::builtins::support::text;
use crate::context::Cx;
use crate::value::Value;

fn shown(path: &Path) -> Value {
    Value::str(&path.to_string_lossy())
}

/// `(io/join a b …)`; a later absolute part begins anew.
pub(super) fn join(_: &mut Cx, args: &mut [Value]) -> Flow {
    let mut path = PathBuf::new();
    for part in args.iter() {
        path.push(text("io/join", part)?);
    }
    Ok(shown(&path))
}

/// A part of a path, or nil if it has none.
fn part(who: &str, args: &[Value], part: impl FnOnce(&Path) -> Option<Value>) -> Flow {
    let path = Path::new(text(who, &args[0])?);
    Ok(part(path).unwrap_or_default())
}

pub(super) fn parent(_: &mut Cx, args: &mut [Value]) -> Flow {
    part("io/parent", args, |path| {
        let parent = path.parent()?;
        (!parent.as_os_str().is_empty()).then(|| shown(parent))
    })
}

pub(super) fn name(_: &mut Cx, args: &mut [Value]) -> Flow {
    part("io/name", args, |path| {
        Some(Value::str(&path.file_name()?.to_string_lossy()))
    })
}

pub(super) fn stem(_: &mut Cx, args: &mut [Value]) -> Flow {
    part("io/stem", args, |path| {
        Some(Value::str(&path.file_stem()?.to_string_lossy()))
    })
}

pub(super) fn extension(_: &mut Cx, args: &mut [Value]) -> Flow {
    part("io/ext", args, |path| {
        Some(Value::str(&path.extension()?.to_string_lossy()))
    })
}

pub(super) fn is_absolute(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(
        Path::new(text("io/absolute?", &args[0])?).is_absolute(),
    ))
}

/// Absolute and without `.` and `..`; links are not followed and nothing need be there.
pub(super) fn absolute(_: &mut Cx, args: &mut [Value]) -> Flow {
    let path = text("io/absolute", &args[0])?;
    let full = std::path::absolute(path).map_err(|error| super::failed("find", path, &error))?;
    let mut clean = PathBuf::new();
    for component in full.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            component => clean.push(component),
        }
    }
    Ok(shown(&clean))
}
