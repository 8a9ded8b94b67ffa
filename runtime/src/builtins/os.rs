//! `os`: the process and the machine it runs on.

use crate::builtin::{BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::text;
use crate::builtins::system::getenv;
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::VarBody;
use crate::namespace;
use crate::number;
use crate::output;
use crate::profile;
use crate::value::Value;

fn env(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let [name, default] = args else {
        return getenv(cx, args);
    };
    let found = getenv(cx, std::slice::from_mut(name))?;
    Ok(if found.is_nil() {
        std::mem::take(default)
    } else {
        found
    })
}

fn arguments(_: &mut Cx, _: &mut [Value]) -> Flow {
    let var = namespace::find(namespace::CORE, "*command-line-args*");
    let root = var.and_then(|var| var.as_object::<VarBody>()?.root());
    Ok(root
        .filter(|args| !args.is_nil())
        .unwrap_or_else(vector::empty))
}

/// Ends the program at once: what was printed is handed on, nothing else is waited for.
pub(super) fn exit(_: &mut Cx, args: &mut [Value]) -> Flow {
    let code = match args.first() {
        None => 0,
        Some(code) => number::as_i64(code)
            .filter(|code| (0..=255).contains(code))
            .ok_or_else(|| Fault::wrong_type("os/exit", "a number from 0 to 255", code))?,
    };
    output::flush()?;
    profile::process_ends();
    std::process::exit(code as i32)
}

fn working_directory(_: &mut Cx, _: &mut [Value]) -> Flow {
    match std::env::current_dir() {
        Ok(path) => Ok(Value::str(&path.to_string_lossy())),
        Err(error) => {
            let message = format!("`os/cwd`: the working directory cannot be read: {error}");
            Err(Fault::new(FaultKind::Io, message).into())
        }
    }
}

fn host_name(_: &mut Cx, _: &mut [Value]) -> Flow {
    let system = rustix::system::uname();
    Ok(Value::str(&system.nodename().to_string_lossy()))
}

fn platform(_: &mut Cx, _: &mut [Value]) -> Flow {
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    Ok(map::from_pairs([
        (Value::keyword("os"), Value::keyword(std::env::consts::OS)),
        (
            Value::keyword("arch"),
            Value::keyword(std::env::consts::ARCH),
        ),
        (Value::keyword("release"), Value::str(&release)),
    ]))
}

fn processor_count(_: &mut Cx, _: &mut [Value]) -> Flow {
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(number::from_usize(count))
}

/// Bytes of one line of a file of the system's, such as `MemTotal:  16 kB`.
fn kilobytes(text: &str, name: &str) -> Value {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let count = line.and_then(|line| line.trim_end_matches("kB").trim().parse::<i64>().ok());
    count
        .map(|count| number::int(count * 1024))
        .unwrap_or_default()
}

fn memory(_: &mut Cx, _: &mut [Value]) -> Flow {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (machine, process) = (read("/proc/meminfo"), read("/proc/self/status"));
    Ok(map::from_pairs([
        (Value::keyword("total"), kilobytes(&machine, "MemTotal:")),
        (
            Value::keyword("available"),
            kilobytes(&machine, "MemAvailable:"),
        ),
        (Value::keyword("used"), kilobytes(&process, "VmRSS:")),
        (Value::keyword("peak"), kilobytes(&process, "VmHWM:")),
    ]))
}

fn find_program(_: &mut Cx, args: &mut [Value]) -> Flow {
    use std::os::unix::fs::PermissionsExt;
    let name = text("os/which", &args[0])?;
    let is_program = |path: &std::path::PathBuf| {
        path.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(is_program);
    Ok(found
        .map(|path| Value::str(&path.to_string_lossy()))
        .unwrap_or_default())
}

/// `os/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "os",
    builtins: &[
        row(
            "args",
            "[]",
            exactly(0),
            arguments,
            "The arguments of the program, strings.",
        ),
        row(
            "cpu-count",
            "[]",
            exactly(0),
            processor_count,
            "How many processors the program may use.",
        ),
        row(
            "cwd",
            "[]",
            exactly(0),
            working_directory,
            "The working directory.",
        ),
        row(
            "env",
            "[] [name] [name default]",
            between(0, 2),
            env,
            "The value of an environment variable, else default or nil; a map of all without a \
             name.",
        ),
        row(
            "exit",
            "[] [code]",
            between(0, 1),
            exit,
            "Ends the program at once with an exit code, else 0.",
        ),
        row(
            "hostname",
            "[]",
            exactly(0),
            host_name,
            "The name of the machine.",
        ),
        row(
            "memory",
            "[]",
            exactly(0),
            memory,
            "Bytes of the machine (:total :available) and of the process (:used :peak).",
        ),
        row(
            "pid",
            "[]",
            exactly(0),
            |_, _| Ok(number::int(i64::from(std::process::id()))),
            "The number of the process.",
        ),
        row(
            "platform",
            "[]",
            exactly(0),
            platform,
            "The system: :os, :arch and :release.",
        ),
        row(
            "which",
            "[name]",
            exactly(1),
            find_program,
            "The path of the program that a command name runs, or nil.",
        ),
    ],
};
