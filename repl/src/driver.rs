//! Starts compiler, actors and database, and knows the real world: files, directories, arguments.
//!
//! Everything that a command needs before it runs code happens in [`Driver::start`], once.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use batuta_compiler::load::install_loader;
use batuta_native::with_compiler::install_library;
use batuta_runtime::actor;
use batuta_runtime::builtin::BuiltinTable;
use batuta_runtime::collections::list;
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

use crate::cli::{Options, Place};
use crate::load_path::LoadPath;
use crate::program::finish;
use crate::{report, signals};

pub use batuta_native::{CRASHED, MISUSED, write_out};

/// Where the database lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataPlace {
    /// In this directory.
    Directory(PathBuf),
    /// Nowhere: it ends with the process.
    Memory,
}

impl DataPlace {
    /// `--data`, else `BATUTA_DATA`, else `./.dlog` if it exists, else memory only.
    pub fn choose(option: Option<&Path>, variable: Option<PathBuf>, here: &Path) -> DataPlace {
        let named = option
            .map(Path::to_owned)
            .or(variable.filter(|v| !v.as_os_str().is_empty()));
        let usual = here.join(".dlog");
        match named {
            Some(directory) => DataPlace::Directory(directory),
            None if usual.is_dir() => DataPlace::Directory(usual),
            None => DataPlace::Memory,
        }
    }
}

/// A started Batuta.
pub struct Driver {
    data: DataPlace,
}

impl Driver {
    /// Starts everything.
    pub fn start(options: &Options) -> Driver {
        let variable = std::env::var_os("BATUTA_DATA").map(PathBuf::from);
        let data = DataPlace::choose(options.data.as_deref(), variable, Path::new("."));
        if let Err(error) = signals::listen(finish) {
            report::tell_line(&format!("Ctrl-C will not be noticed: {error}"));
        }
        batuta_compiler::start(&builtin_tables());
        actor::set_crash_reporter(report::tell_crash);
        actor::start(&actor::Config {
            workers: None,
            max_stack: options.max_stack,
        });
        start_database(&data);
        install_library();
        Driver { data }
    }

    /// Where the database lives.
    pub fn data(&self) -> &DataPlace {
        &self.data
    }

    /// Reads a program. Namespaces it requires are found beside it from now on.
    ///
    /// # Errors
    /// What went wrong has been told; the code to exit with.
    pub fn read_program(&self, place: &Place) -> Result<(String, String), ExitCode> {
        let directory = match place {
            Place::File(path) => path.parent().unwrap_or(Path::new("")),
            Place::Stdin => Path::new(""),
        };
        install_loader(Box::new(LoadPath::beside(directory)));
        let (name, read) = match place {
            Place::File(path) => (path.display().to_string(), read_file(path)),
            Place::Stdin => ("<stdin>".to_owned(), read_stdin()),
        };
        read.map(|text| (name.clone(), text)).map_err(|error| {
            report::tell_line(&format!("cannot read {name}: {error}"));
            ExitCode::from(MISUSED)
        })
    }

    /// Namespaces are found in the current directory from now on.
    pub fn load_from_here(&self) {
        install_loader(Box::new(LoadPath::beside(Path::new(""))));
    }

    /// Sets `*command-line-args*`: nil or a list of strings.
    pub fn set_arguments(&self, arguments: &[String]) {
        let strings = arguments
            .iter()
            .map(|argument| Value::str(argument))
            .collect::<Vec<_>>();
        let value = if strings.is_empty() {
            Value::NIL
        } else {
            list::from_vec(strings)
        };
        set_core("*command-line-args*", value);
    }
}

/// Gives a name of Batuta's core a value.
pub fn set_core(name: &str, value: Value) {
    set_variable(namespace::CORE, name, value);
}

/// Gives a name a value.
pub fn set_variable(namespace: &str, name: &str, value: Value) {
    let var = namespace::intern(namespace, name);
    if let Some(body) = var.as_object::<VarBody>() {
        body.set_root(&var, value);
    }
}

/// The value of a name of Batuta's core.
pub fn core_value(name: &str) -> Option<Value> {
    let _pin = batuta_runtime::quiescence::pin();
    namespace::find(namespace::CORE, name)?
        .as_object::<VarBody>()?
        .root()
}

/// The native builtins of all crates.
fn builtin_tables() -> Vec<&'static BuiltinTable> {
    let tables = batuta_runtime::builtins::TABLES.iter().copied();
    #[cfg(feature = "dlog")]
    let tables = tables.chain(batuta_dlog::TABLES.iter().copied());
    tables.collect()
}

#[cfg(feature = "dlog")]
fn start_database(data: &DataPlace) {
    use batuta_dlog::database::{Location, configure};
    configure(match data {
        DataPlace::Directory(directory) => Location::Folder(directory.clone()),
        DataPlace::Memory => Location::Memory,
    });
    batuta_dlog::set_copy_reporter(crate::progress::show);
}

#[cfg(not(feature = "dlog"))]
fn start_database(_: &DataPlace) {}

/// Brings the database to disk.
pub fn close_database() {
    #[cfg(feature = "dlog")]
    {
        crate::progress::clear();
        if let Err(error) = batuta_dlog::database::close() {
            report::tell_line(&format!("the database did not close well: {error}"));
        }
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    text_of(std::fs::read(path)?)
}

fn read_stdin() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    text_of(bytes)
}

fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 at byte {at}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_where_it_is_named_else_where_it_lies() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        let choose = |option: Option<&str>, variable: Option<&str>| {
            DataPlace::choose(
                option.map(Path::new),
                variable.map(PathBuf::from),
                here.path(),
            )
        };
        assert_eq!(choose(None, None), DataPlace::Memory);
        assert_eq!(choose(None, Some("")), DataPlace::Memory);
        assert_eq!(choose(None, Some("v")), DataPlace::Directory("v".into()));
        assert_eq!(
            choose(Some("o"), Some("v")),
            DataPlace::Directory("o".into())
        );
        let usual = here.path().join(".dlog");
        std::fs::create_dir(&usual).expect("it is writable");
        assert_eq!(choose(None, None), DataPlace::Directory(usual));
    }
}
