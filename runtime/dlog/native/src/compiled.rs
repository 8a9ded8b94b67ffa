//! The database of programs compiled ahead of time: the symbols they refer to.

use std::path::Path;

use batuta_dlog::{CALLED_BY_NAME, SYMBOLS, TABLES};
use batuta_native::data_place::DataPlace;
use batuta_native::with_compiler;
use batuta_runtime::builtins;
use batuta_runtime::image::Extension;

use crate::start;

/// What the compiler must know of DLog to compile programs that use it.
pub static EXTENSION: Extension = Extension {
    symbols: SYMBOLS,
    beside: CALLED_BY_NAME,
    forms: &["from"],
    start: "bt_with_database",
    start_with_compiler: "bt_with_compiler_and_database",
};

/// Starts the database. All arguments are the program's, so none names the place.
#[unsafe(no_mangle)]
extern "C" fn bt_with_database() {
    start(&DataPlace::choose(None, Path::new(".")));
}

/// Starts the compiler, which knows the database's builtins, and the database.
#[unsafe(no_mangle)]
extern "C" fn bt_with_compiler_and_database() {
    let tables = builtins::TABLES.iter().chain(TABLES);
    let tables: Vec<_> = tables.copied().collect();
    with_compiler::start(&tables);
    bt_with_database();
}
