//! Whole-system tests: they run the `batuta` binary as a user does.
//!
//! One test binary, because linking is dear. Each module states one promise of the project; add a
//! module here for a new one. Programs of more than a few lines lie beside the tests as `.bat`
//! files; every file of `examples/`, `malformed/` and every page of `spec/` is found by itself.

#[path = "system/actors.rs"]
mod actors;
#[path = "system/bench_programs.rs"]
mod bench_programs;
#[path = "system/clojure_corpus.rs"]
mod clojure_corpus;
#[path = "system/command_line.rs"]
mod command_line;
#[path = "system/compile.rs"]
mod compile;
#[cfg(feature = "dlog")]
#[path = "system/compile_database.rs"]
mod compile_database;
#[path = "system/compile_rust.rs"]
mod compile_rust;
#[path = "system/core_functions.rs"]
mod core_functions;
#[cfg(feature = "dlog")]
#[path = "system/crash.rs"]
mod crash;
#[path = "system/diagnostics.rs"]
mod diagnostics;
#[path = "system/eval_memory.rs"]
mod eval_memory;
#[path = "system/examples.rs"]
mod examples;
#[cfg(feature = "dlog")]
#[path = "system/flights.rs"]
mod flights;
#[path = "system/load.rs"]
mod load;
#[cfg(feature = "dlog")]
#[path = "system/log_command.rs"]
mod log_command;
#[path = "system/otp.rs"]
mod otp;
#[path = "system/process.rs"]
mod process;
#[path = "system/recursion.rs"]
mod recursion;
#[path = "system/repl.rs"]
mod repl;
#[path = "system/service.rs"]
mod service;
#[path = "system/spec_runner.rs"]
mod spec_runner;
#[cfg(feature = "dlog")]
#[path = "system/storage.rs"]
mod storage;
#[path = "system/suspension.rs"]
mod suspension;
