//! Makes an executable of an object file: finds the runtime's static library and calls the
//! system's linker through `cc`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs};

use crate::cli::Compilation;

/// Name of the static library, before a hash and `.a`.
const LIBRARY: &str = "libbatuta_native";

/// The libraries of the system that the runtime wants.
const SYSTEM: [&str; 7] = [
    "-lgcc_s",
    "-lutil",
    "-lrt",
    "-lpthread",
    "-lm",
    "-ldl",
    "-lc",
];

/// Why there is no executable.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The library is not where it should be.
    #[error(
        "there is no runtime library in {places}\nbuild it with `cargo build`, or name its directory with `--runtime DIR`"
    )]
    NoLibrary {
        /// Where it was looked for.
        places: String,
    },
    /// No compiler driver.
    #[error(
        "cannot start the linker `{linker}`: {error}\ninstall gcc or clang, or name another in CC"
    )]
    NoLinker {
        /// What was called.
        linker: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write in {path}: {error}")]
    Write {
        /// Where.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The linker refuses.
    #[error("the linker failed:\n{0}")]
    Refused(String),
}

/// Links an object file with the runtime.
///
/// # Errors
/// No library, no linker, or one that fails.
pub fn link(object: &[u8], compilation: &Compilation) -> Result<(), LinkError> {
    let library = library(compilation.runtime.as_deref())?;
    let unwritable = |error| LinkError::Write {
        path: env::temp_dir().display().to_string(),
        error,
    };
    let mut file = tempfile::Builder::new()
        .prefix("batuta-")
        .suffix(".o")
        .tempfile()
        .map_err(unwritable)?;
    file.write_all(object).map_err(unwritable)?;
    call_linker(file.path(), &library, compilation)
}

fn call_linker(object: &Path, library: &Path, compilation: &Compilation) -> Result<(), LinkError> {
    let linker = env::var("CC").ok().filter(|linker| !linker.is_empty());
    let linker = linker.unwrap_or_else(|| "cc".to_owned());
    let mut command = Command::new(&linker);
    // Batuta's code names addresses as they are.
    command.args(["-no-pie", "-Wl,--gc-sections", "-o"]);
    command.arg(&compilation.output).arg(object).arg(library);
    command.args(SYSTEM);
    if compilation.strip {
        command.arg("-s");
    }
    let ended = command
        .output()
        .map_err(|error| LinkError::NoLinker { linker, error })?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(LinkError::Refused(
            String::from_utf8_lossy(&ended.stderr).trim_end().to_owned(),
        )),
    }
}

/// The static library: in the directory named, or beside this command, or where `cargo` leaves
/// what others depend on.
fn library(directory: Option<&Path>) -> Result<PathBuf, LinkError> {
    let places = match directory {
        Some(directory) => vec![directory.to_owned()],
        None => {
            let here = env::current_exe().unwrap_or_default();
            let here = here.parent().unwrap_or(Path::new("")).to_owned();
            vec![here.clone(), here.join("deps")]
        }
    };
    newest_library(&places).ok_or_else(|| {
        let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        LinkError::NoLibrary {
            places: places.join(" and "),
        }
    })
}

/// `cargo` leaves libraries of earlier builds where they are.
fn newest_library(directories: &[PathBuf]) -> Option<PathBuf> {
    let entries = directories
        .iter()
        .filter_map(|place| fs::read_dir(place).ok());
    let libraries = entries.flatten().filter_map(Result::ok).filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(LIBRARY) && name.ends_with(".a")
    });
    let changed = |entry: &fs::DirEntry| entry.metadata().and_then(|data| data.modified()).ok();
    let newest = libraries.max_by_key(|entry| changed(entry).unwrap_or(SystemTime::UNIX_EPOCH));
    newest.map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_told_with_the_place() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        let error = library(Some(here.path())).expect_err("there is none");
        let text = error.to_string();
        assert!(text.contains(&here.path().display().to_string()), "{text}");
        assert!(text.contains("--runtime"), "{text}");
    }

    #[test]
    fn the_newest_library_is_taken() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        for (name, age) in [("libbatuta_native-1.a", 90), ("libbatuta_native-2.a", 10)] {
            let file = fs::File::create(here.path().join(name)).expect("it is writable");
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            file.set_modified(time).expect("it is ours");
        }
        fs::write(here.path().join("libother.a"), "").expect("it is writable");
        let found = library(Some(here.path())).expect("there are two");
        assert!(
            found.ends_with("libbatuta_native-2.a"),
            "{}",
            found.display()
        );
    }
}
