//! Starts compiler, actors and database, and knows the real world: files, directories, arguments.
//!
//! Everything that a command needs before it runs code happens in [`Driver::start`], once.

use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use batuta_compiler::load::install_loader;
use batuta_native::with_compiler::install_library;
use batuta_runtime::actor;
use batuta_runtime::builtin::BuiltinTable;
use batuta_runtime::collections::list;
use batuta_runtime::function::VarBody;
use batuta_runtime::image::Extension;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

use crate::cli::{Options, Place};
use crate::load_path::LoadPath;
use crate::{report, signals};

pub use batuta_native::data_place::DataPlace;
pub use batuta_native::{CRASHED, MISUSED, finish, write_out};

/// A started Batuta.
pub struct Driver {
    data: DataPlace,
}

impl Driver {
    /// Starts everything.
    pub fn start(options: &Options) -> Driver {
        let data = DataPlace::choose(options.data.as_deref(), Path::new("."));
        if let Err(error) = signals::listen(finish) {
            report::tell_line(&format!("Ctrl-C will not be noticed: {error}"));
        }
        batuta_compiler::start(&builtin_tables());
        actor::set_crash_reporter(report::tell_crash);
        actor::start(&actor::Config {
            workers: None,
            max_stack: options.max_stack,
            seed: options.seed,
        });
        batuta_native::at_end(batuta_runtime::profile::process_ends);
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
        let (name, read) = match place {
            Place::File(path) => (path.display().to_string(), read_file(path)),
            Place::Stdin => ("<stdin>".to_owned(), read_stdin()),
        };
        let text = read.map_err(|error| {
            report::tell_line(&format!("cannot read {name}: {error}"));
            ExitCode::from(MISUSED)
        })?;
        let load_path = match place {
            Place::File(path) => LoadPath::of_program(path, &text),
            Place::Stdin => LoadPath::beside(Path::new("")),
        };
        install_loader(Box::new(load_path));
        Ok((name, text))
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
    let tables = tables.chain(batuta_dlog_native::TABLES.iter().copied());
    tables.collect()
}

/// What compiled programs may hold besides the runtime.
#[cfg(feature = "dlog")]
pub fn extension() -> Option<&'static Extension> {
    Some(&batuta_dlog_native::EXTENSION)
}

/// Nothing besides the runtime.
#[cfg(not(feature = "dlog"))]
pub fn extension() -> Option<&'static Extension> {
    None
}

#[cfg(feature = "dlog")]
fn start_database(data: &DataPlace) {
    batuta_dlog_native::start(data);
}

#[cfg(not(feature = "dlog"))]
fn start_database(_: &DataPlace) {}

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
