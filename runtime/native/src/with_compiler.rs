//! What compiled programs need that hold the compiler, because they evaluate forms or look up
//! names: only those refer to it, so that the linker leaves it out of all others.

use std::path::Path;

use batuta_compiler::library::{self, LibrarySource};
use batuta_compiler::load::install_loader;
use batuta_runtime::builtin::BuiltinTable;
use batuta_runtime::builtins::TABLES;

use crate::load_path::LoadPath;

/// Starts the compiler with the builtins of the runtime.
#[unsafe(no_mangle)]
pub extern "C" fn bt_with_compiler() {
    start(TABLES);
}

/// Starts the compiler with these builtins, and the library to be read. Namespaces that the program
/// does not hold are looked for where it is started.
pub fn start(tables: &[&'static BuiltinTable]) {
    batuta_compiler::start(tables);
    install_library();
    install_loader(Box::new(LoadPath::beside(Path::new(""))));
}

/// Gives the names of the library their vars.
pub fn install_library() {
    library::install(batuta_stdlib::SOURCES.iter().map(|source| LibrarySource {
        name: source.name,
        namespace: source.namespace,
        text: source.text,
    }));
}
