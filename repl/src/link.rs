//! Makes an executable of object files: finds the static library that they want and calls the
//! system's linker through `cc`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs};

use crate::cli::Compilation;

/// A static library for compiled programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// The runtime and the compiler.
    Runtime,
    /// The same with the database.
    Database,
}

impl Library {
    /// Its file's name, before a hash and `.a`.
    fn stem(self) -> &'static str {
        match self {
            Library::Runtime => "libbatuta_native",
            Library::Database => "libbatuta_dlog_native",
        }
    }

    fn missing(self, places: &[PathBuf]) -> LinkError {
        let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        let places = places.join(" and ");
        match self {
            Library::Runtime => LinkError::NoLibrary { places },
            Library::Database => LinkError::NoDatabase { places },
        }
    }
}

/// The libraries of the system that both want.
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
    /// The library with the database is not where it should be.
    #[error(
        "the program uses the database, and there is no runtime library with it in {places}\nbuild it with `cargo build` and without `--no-default-features`, or name its directory with `--runtime DIR`"
    )]
    NoDatabase {
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

/// Links an object file, and one that is in a file already, with a library.
///
/// # Errors
/// No library, no linker, or one that fails.
pub fn link(
    object: &[u8],
    beside: Option<&Path>,
    library: Library,
    compilation: &Compilation,
) -> Result<(), LinkError> {
    let library = find(library, compilation.runtime.as_deref())?;
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
    let objects = [Some(file.path()), beside];
    call_linker(&objects, &library, compilation)
}

fn call_linker(
    objects: &[Option<&Path>],
    library: &Path,
    compilation: &Compilation,
) -> Result<(), LinkError> {
    let linker = env::var("CC").ok().filter(|linker| !linker.is_empty());
    let linker = linker.unwrap_or_else(|| "cc".to_owned());
    let mut command = Command::new(&linker);
    // Batuta's code names addresses as they are. Line tables are the library's own, and with the
    // database several times as large as all else.
    command.args(["-no-pie", "-Wl,--gc-sections"]);
    command.arg(match compilation.strip {
        true => "-Wl,--strip-all",
        false => "-Wl,--strip-debug",
    });
    command.arg("-o").arg(&compilation.output);
    command.args(objects.iter().flatten()).arg(library);
    command.args(SYSTEM);
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

/// A static library: in the directory named, or beside this command, or where `cargo` leaves
/// what others depend on.
fn find(library: Library, directory: Option<&Path>) -> Result<PathBuf, LinkError> {
    let places = match directory {
        Some(directory) => vec![directory.to_owned()],
        None => {
            let here = env::current_exe().unwrap_or_default();
            let here = here.parent().unwrap_or(Path::new("")).to_owned();
            vec![here.clone(), here.join("deps")]
        }
    };
    newest(library, &places).ok_or_else(|| library.missing(&places))
}

/// `cargo` leaves libraries of earlier builds where they are.
fn newest(library: Library, directories: &[PathBuf]) -> Option<PathBuf> {
    let entries = directories
        .iter()
        .filter_map(|place| fs::read_dir(place).ok());
    let libraries = entries.flatten().filter_map(Result::ok).filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(library.stem()) && name.ends_with(".a")
    });
    let changed = |entry: &fs::DirEntry| entry.metadata().and_then(|data| data.modified()).ok();
    let newest = libraries.max_by_key(|entry| changed(entry).unwrap_or(SystemTime::UNIX_EPOCH));
    newest.map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_told_with_the_place_and_the_way_out() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        for library in [Library::Runtime, Library::Database] {
            let error = find(library, Some(here.path())).expect_err("there is none");
            let text = error.to_string();
            assert!(text.contains(&here.path().display().to_string()), "{text}");
            assert!(text.contains("--runtime"), "{text}");
            assert_eq!(text.contains("database"), library == Library::Database);
        }
    }

    #[test]
    fn the_newest_library_of_the_right_kind_is_taken() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        for (name, age) in [
            ("libbatuta_native-1.a", 90),
            ("libbatuta_native-2.a", 10),
            ("libbatuta_dlog_native-3.a", 5),
        ] {
            let file = fs::File::create(here.path().join(name)).expect("it is writable");
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            file.set_modified(time).expect("it is ours");
        }
        fs::write(here.path().join("libother.a"), "").expect("it is writable");
        for (library, name) in [
            (Library::Runtime, "libbatuta_native-2.a"),
            (Library::Database, "libbatuta_dlog_native-3.a"),
        ] {
            let found = find(library, Some(here.path())).expect("there is one");
            assert!(found.ends_with(name), "{}", found.display());
        }
    }
}
