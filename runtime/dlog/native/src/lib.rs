//! What a process that runs Batuta code needs around DLog, be it the `batuta` command or a program
//! compiled ahead of time: where the store is, closing it at the end, how far a load has come.
//!
//! Compiled programs that reach DLog are linked with this crate as a static library, which holds
//! all that `batuta-native`'s does; [`EXTENSION`] tells the compiler which builtins lead here.

mod compiled;
mod progress;

use batuta_dlog::database::{self, Location, configure};
use batuta_native::data_place::DataPlace;
use batuta_native::report;

pub use batuta_dlog::TABLES;
pub use compiled::EXTENSION;

/// Says where the database is, which opens at its first use, and closes it when the process ends.
pub fn start(place: &DataPlace) {
    configure(match place {
        DataPlace::Directory(directory) => Location::Folder(directory.clone()),
        DataPlace::Memory => Location::Memory,
    });
    batuta_dlog::set_copy_reporter(progress::show);
    batuta_native::at_end(close);
}

/// Brings the database to disk.
fn close() {
    progress::clear();
    if let Err(error) = database::close() {
        report::tell_line(&format!("the database did not close well: {error}"));
    }
}
