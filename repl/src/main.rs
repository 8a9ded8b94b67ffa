//! The `batuta` command: parses its arguments, hands over to a command, exits.

use std::process::ExitCode;

use clap::Parser;

use batuta::cli::{Cli, Task};
use batuta::commands;
use batuta::driver::Driver;

fn main() -> ExitCode {
    batuta_native::huge_pages::avoid_at_first();
    let (options, task) = Cli::parse().into_task();
    if matches!(task, Task::Test(_)) {
        // Tests shall see maps in the same order each time.
        batuta_runtime::value::hash::prefer_seed(1);
    }
    if let Task::Log(arguments) = &task {
        return commands::log::run(arguments, &options);
    }
    let driver = Driver::start(&options);
    match task {
        Task::Repl => commands::repl::run(&driver),
        Task::Compile(job) => commands::compile::run(&job, &driver),
        Task::Run(script) => commands::run::run(&script, &driver),
        Task::Evaluate(texts) => commands::eval::run(&texts, &driver),
        Task::Test(paths) => commands::test::run(&paths, &driver),
        Task::Check(place) => commands::check::run(&place, &driver),
        Task::Log(_) => unreachable!("it needs no driver and was done"),
    }
}
