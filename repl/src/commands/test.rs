//! `batuta test [PATH…]`: loads test files and runs the tests they note, file by file in order.
//!
//! A file is loaded like a program, but its `main` is not called. What was noted is run by
//! `test/run-tests` of the library, which also tells what happened.

use std::ffi::OsStr;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use batuta_compiler::evaluate::Program;
use batuta_compiler::load::install_loader;
use batuta_compiler::session::Session;
use batuta_runtime::actor;
use batuta_runtime::collections::map;
use batuta_runtime::failure_state::Failure;
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

use crate::cli::Place;
use crate::driver::{CRASHED, Driver, MISUSED, finish, set_variable};
use crate::load_path::LoadPath;
use crate::report;

/// Folders that hold no tests of this project.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// Runs tests: of the given files and folders, else of the current folder.
pub fn run(paths: &[PathBuf], driver: &Driver) -> ExitCode {
    let files = match test_files(paths) {
        Ok(files) => files,
        Err(message) => {
            report::tell_line(&message);
            return ExitCode::from(MISUSED);
        }
    };
    if files.is_empty() {
        report::tell_line("there are no tests here: no `*_test.bat` and no `test/**/*.bat`");
        return ExitCode::from(MISUSED);
    }
    let folders = paths.iter().filter(|path| path.is_dir()).cloned();
    let path = LoadPath::beside(Path::new(""))
        .and(["test".into()])
        .and(folders);
    install_loader(Box::new(path));
    let code = run_files(&files, driver);
    finish();
    code
}

fn run_files(files: &[PathBuf], driver: &Driver) -> ExitCode {
    let mut namespaces: Vec<String> = Vec::new();
    for file in files {
        match load(file, driver) {
            Ok(namespace) if namespaces.contains(&namespace) => {}
            Ok(namespace) => namespaces.push(namespace),
            Err(code) => return code,
        }
    }
    match run_tests(&namespaces) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(CRASHED),
        Err(failure) => {
            report::tell_failure(&failure);
            ExitCode::from(CRASHED)
        }
    }
}

/// Loads a file and gives its namespace.
fn load(file: &Path, driver: &Driver) -> Result<String, ExitCode> {
    let (name, text) = driver.read_program(&Place::File(file.to_owned()))?;
    let mut session = Session::new();
    let loaded = session.load(&name, &text).map_err(|errors| {
        report::tell_diagnostics(&errors);
        ExitCode::from(CRASHED)
    })?;
    report::tell_diagnostics(&loaded.warnings);
    let call = Program::call(loaded.forms);
    actor::run_main(call.function, call.arguments).map_err(|failure| {
        report::tell_failure(&failure);
        ExitCode::from(CRASHED)
    })?;
    Ok(session.namespace().to_string())
}

/// Runs the tests of namespaces. Did all go well?
fn run_tests(namespaces: &[String]) -> Result<bool, Failure> {
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    set_variable("test", "*colours*", Value::bool(colours));
    let function = {
        let _pin = batuta_runtime::quiescence::pin();
        namespace::find("test", "run-tests")
            .and_then(|var| var.as_object::<VarBody>().and_then(VarBody::root))
            .expect("the library defines test/run-tests")
    };
    let names = namespaces.iter().map(|name| Value::str(name)).collect();
    let summary = actor::run_main(function, names)?;
    let is_zero = |key| {
        map::get_keyword(&summary, key)
            .is_none_or(|count| batuta_runtime::number::as_i64(count) == Some(0))
    };
    Ok(is_zero("fail") && is_zero("error"))
}

/// The files to load, in order: a file that is named is taken as it is, a folder is searched.
fn test_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    if paths.is_empty() {
        search(Path::new("."), false, &mut files)?;
    }
    for path in paths {
        if path.is_dir() {
            search(path, true, &mut files)?;
        } else if path.is_file() {
            files.push(path.clone());
        } else {
            return Err(format!("there is no file or folder {}", path.display()));
        }
    }
    Ok(files)
}

/// Adds the tests below a folder. Within a folder `test`, or one that was named, every source file
/// is one; elsewhere those are whose names end in `_test`.
fn search(folder: &Path, all: bool, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name) {
                search(&path, all || name == "test", files)?;
            }
        } else if name.ends_with(".bat") && (all || name.ends_with("_test.bat")) {
            files.push(path.strip_prefix("./").map(Path::to_owned).unwrap_or(path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_by_name_or_folder() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        for name in [
            "a_test.bat",
            "main.bat",
            "test/x.bat",
            "test/deep/y.bat",
            "target/z_test.bat",
        ] {
            let path = here.path().join(name);
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("writable");
            fs::write(path, "").expect("writable");
        }
        let mut found = Vec::new();
        search(here.path(), false, &mut found).expect("it is readable");
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(here.path()).expect("below it"))
            .collect();
        assert_eq!(
            names,
            [
                Path::new("a_test.bat"),
                Path::new("test/deep/y.bat"),
                Path::new("test/x.bat")
            ]
        );
        assert!(test_files(&[here.path().join("none")]).is_err());
    }
}
