//! Runs a program that was compiled ahead of time, as `batuta run` runs its source.

use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use batuta_runtime::actor;
use batuta_runtime::collections::list;
use batuta_runtime::function::VarBody;
use batuta_runtime::image::Program;
use batuta_runtime::image::install::{Installed, Main, install};
use batuta_runtime::namespace::{self, CORE};
use batuta_runtime::value::{Value, print};
use signal_hook::consts::SIGPIPE;

use crate::{CRASHED, MISUSED, finish, huge_pages, report, signals};

/// What C's `main` of a compiled program calls; it gives the code to exit with.
///
/// # Safety
/// The arguments are those of C's `main`; the program is Batuta's compiler's. Called once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_main(
    count: i32,
    arguments: *const *const c_char,
    program: *const Program,
) -> i32 {
    huge_pages::avoid_at_first();
    let word = |index: usize| {
        // SAFETY: C gives so many texts that end with a zero.
        let text = unsafe { CStr::from_ptr(*arguments.add(index)) };
        text.to_string_lossy().into_owned()
    };
    let words: Vec<String> = (0..count as usize).map(word).collect();
    // SAFETY: the program lies in the data of this executable.
    let code = match unsafe { install(&*program) } {
        Ok(installed) => run(installed, &words),
        Err(mismatch) => {
            report::tell_line(&mismatch.to_string());
            MISUSED
        }
    };
    i32::from(code)
}

fn run(program: Installed, words: &[String]) -> u8 {
    if let Err(error) = signals::listen(finish) {
        report::tell_line(&format!("Ctrl-C will not be noticed: {error}"));
    }
    // Output that nobody reads is an error to the writer, not the end of the process.
    let _ = signal_hook::flag::register(SIGPIPE, Arc::new(AtomicBool::new(false)));
    actor::set_crash_reporter(report::tell_crash);
    actor::start(&actor::Config {
        workers: None,
        max_stack: None,
        seed: None,
    });
    let (name, arguments) = match words {
        [name, arguments @ ..] => (name.as_str(), arguments),
        [] => ("", &[][..]),
    };
    set_arguments(arguments);
    let code = match &program.main {
        Some(main) if !main.takes(arguments.len()) => usage(main, name, arguments.len()),
        _ => run_forms(program, arguments),
    };
    finish();
    code
}

fn run_forms(program: Installed, arguments: &[String]) -> u8 {
    let has_main = program.main.is_some();
    let (function, arguments) = program.call(arguments);
    let value = match actor::run_main(function, arguments) {
        Ok(value) => value,
        Err(failure) => {
            report::tell_failure(&failure);
            return CRASHED;
        }
    };
    let code = match report::error_result(&value) {
        Some(reason) if has_main => {
            report::tell_line(&format!("`main` failed: {}", print::readable(reason)));
            CRASHED
        }
        _ => 0,
    };
    actor::wait_until_idle();
    code
}

fn usage(main: &Main, name: &str, given: usize) -> u8 {
    report::tell_line(&format!(
        "`main` of {name} does not take {given} argument{}\nusage: {name} {}",
        if given == 1 { "" } else { "s" },
        main.arglists,
    ));
    MISUSED
}

/// Sets `*command-line-args*`: nil or a list of strings.
fn set_arguments(arguments: &[String]) {
    let strings: Vec<Value> = arguments.iter().map(|text| Value::str(text)).collect();
    let value = match strings.is_empty() {
        true => Value::NIL,
        false => list::from_vec(strings),
    };
    let var = namespace::intern(CORE, "*command-line-args*");
    if let Some(body) = var.as_object::<VarBody>() {
        body.set_root(&var, value);
    }
}
