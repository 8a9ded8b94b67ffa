//! The `batuta` command as a library: the only crate that knows of a terminal and a command line.
//!
//! `main.rs` parses [`cli`] arguments and hands over to one of the [`commands`]; they work through
//! the [`driver`], which starts compiler, actors and database and knows the outside world;
//! [`report`] draws what went wrong; [`link`] and `rustc` make executables; `assembly` lists machine code, `profile`
//! and `flame_graph` show where time goes; [`interactive`] is the prompt.
//! To add a command: a variant in [`cli`], a file in `commands/`, an arm in `main.rs`.

mod assembly;
pub mod cli;
pub mod commands;
pub mod driver;
mod flame_graph;
pub mod interactive;
pub mod link;
mod profile;
pub mod program;
mod rustc;

pub use batuta_native::{load_path, report, signals};
