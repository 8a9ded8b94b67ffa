//! `batuta repl`: the prompt.

use std::process::ExitCode;

use crate::driver::{DataPlace, Driver, finish};
use crate::interactive::backend::Backend;
use crate::interactive::terminal::editor;

/// Runs the prompt until the user leaves.
pub fn run(driver: &Driver) -> ExitCode {
    driver.load_from_here();
    driver.set_arguments(&[]);
    let code = editor::run(&mut Backend::new(), &greeting(driver.data()));
    finish();
    code
}

fn greeting(data: &DataPlace) -> String {
    let data = match data {
        DataPlace::Directory(directory) => format!("Logs are in {}.", directory.display()),
        DataPlace::Memory => {
            "Logs are kept in memory only and end with this session; `--data DIR` keeps them."
                .to_owned()
        }
    };
    format!(
        "Batuta {}. `:help` for help, Ctrl-D to leave.\n{data}\n",
        env!("CARGO_PKG_VERSION")
    )
}
