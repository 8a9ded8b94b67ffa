//! The subcommands, one file each. Each gives the exit code of the process.

pub mod check;
pub mod compile;
pub mod eval;
pub mod repl;
pub mod run;
pub mod test;
