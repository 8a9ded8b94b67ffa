//! Makes an object file of an emitted project with the installed `rustc`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use batuta_compiler::backends::rust::Project;
use tempfile::TempDir;

/// An object file, and the folder that it is gone with.
pub(crate) struct Built {
    /// The file.
    pub(crate) object: PathBuf,
    _folder: TempDir,
}

/// Why there is no object file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RustcError {
    /// No compiler.
    #[error(
        "cannot start the Rust compiler `{compiler}`: {error}\ninstall Rust (https://rustup.rs), name another compiler in RUSTC, or leave `--backend rust` out"
    )]
    Missing {
        /// What was called.
        compiler: String,
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
    /// The compiler refuses what was emitted.
    #[error(
        "`{compiler}` failed; it must know Rust 2024 and this machine's target\nthe program it was given is in {kept}\n{told}"
    )]
    Refused {
        /// What was called.
        compiler: String,
        /// Where the project is kept.
        kept: String,
        /// What it says.
        told: String,
    },
}

/// How the object file comes to be: code for addresses as they are linked, which no
/// panic leaves and which has nothing of the standard library in it.
const OPTIONS: [&str; 18] = [
    "--edition=2024",
    "--crate-type=lib",
    "--crate-name=program",
    "--emit=obj",
    "--cap-lints=allow",
    "-C",
    "opt-level=3",
    "-C",
    "panic=abort",
    "-C",
    "codegen-units=1",
    "-C",
    "relocation-model=static",
    "-C",
    "overflow-checks=off",
    "-C",
    "debug-assertions=off",
    "-o",
];

/// Builds a project.
///
/// # Errors
/// No compiler, or one that fails.
pub(crate) fn build(project: &Project) -> Result<Built, RustcError> {
    let compiler = env::var("RUSTC").ok().filter(|name| !name.is_empty());
    let compiler = compiler.unwrap_or_else(|| "rustc".to_owned());
    let prefix = tempfile::Builder::new().prefix("batuta-rust-").tempdir();
    let folder = prefix.map_err(|error| unwritable(&env::temp_dir(), error))?;
    project
        .write(folder.path())
        .map_err(|error| unwritable(folder.path(), error))?;
    let object = folder.path().join("program.o");
    let mut command = Command::new(&compiler);
    command.args(OPTIONS).arg(&object);
    command.arg(folder.path().join(Project::ROOT));
    let ended = match command.output() {
        Ok(ended) => ended,
        Err(error) => return Err(RustcError::Missing { compiler, error }),
    };
    if ended.status.success() && fs::metadata(&object).is_ok() {
        return Ok(Built {
            object,
            _folder: folder,
        });
    }
    Err(RustcError::Refused {
        compiler,
        kept: folder.keep().display().to_string(),
        told: String::from_utf8_lossy(&ended.stderr).trim_end().to_owned(),
    })
}

fn unwritable(path: &Path, error: io::Error) -> RustcError {
    RustcError::Write {
        path: path.display().to_string(),
        error,
    }
}
