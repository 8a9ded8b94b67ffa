//! The subcommands, one file each. Each gives the exit code of the process.

pub mod check;
pub mod compile;
pub mod eval;
#[cfg(feature = "dlog")]
pub mod log;
#[cfg(not(feature = "dlog"))]
#[path = "commands/no_log.rs"]
pub mod log;
pub mod repl;
pub mod run;
pub mod test;
