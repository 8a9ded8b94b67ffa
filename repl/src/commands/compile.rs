//! `batuta compile FILE`: a program to an executable, or to the Rust that one can be made of.

use std::process::ExitCode;
use std::sync::Arc;

use batuta_compiler::ahead::record::Record;
use batuta_compiler::ahead::{self, Compiled, Program};
use batuta_compiler::core_tree::CoreFunction;
use batuta_compiler::session::Session;
use batuta_lang::diagnostic::Diagnostic;

use crate::cli::{Compilation, Emit, Place};
use crate::commands::run::Main;
use crate::driver::{CRASHED, Driver, MISUSED, extension, finish, write_out};
use crate::link::{Library, link};
use crate::program::emitted;
use crate::{report, rustc};

/// Compiles a program.
pub fn run(compilation: &Compilation, driver: &Driver) -> ExitCode {
    let code = match executable(compilation, driver) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    };
    finish();
    code
}

/// What went wrong has been told; the code to exit with.
fn executable(compilation: &Compilation, driver: &Driver) -> Result<(), ExitCode> {
    let (name, text) = driver.read_program(&compilation.place)?;
    if replaces_source(compilation) {
        let output = compilation.output.display();
        report::tell_line(&format!(
            "{output} is the program itself: name the executable with `-o FILE`"
        ));
        return Err(ExitCode::from(MISUSED));
    }
    driver.set_arguments(&[]);
    let record = Arc::new(Record::default());
    let mut session = Session::recording(&record);
    let loaded = session.load(&name, &text).map_err(|errors| {
        report::tell_diagnostics(&errors);
        tell_what_is_left_out(&errors);
        ExitCode::from(CRASHED)
    })?;
    report::tell_diagnostics(&loaded.warnings);
    if let Some(stage) = compilation.emit.filter(|stage| *stage != Emit::Rust) {
        return show(&session, &loaded.forms, stage);
    }
    let main = Main::find(&session.namespace(), &loaded.forms);
    let program = Program {
        forms: record.forms().into_iter().chain(loaded.forms).collect(),
        main: main.map(|main| (main.var, main.arglists)),
        extension: extension(),
        back_end: compilation.back_end,
    };
    let failed = |text: String| {
        report::tell_line(&text);
        ExitCode::from(CRASHED)
    };
    let compiled = ahead::compile(&program)
        .map_err(|error| failed(format!("{error}\n`batuta run` runs this program")))?;
    finished(compiled, compilation).map_err(failed)
}

/// Prints a stage of the program, as `run --emit` does.
fn show(session: &Session, forms: &[Arc<CoreFunction>], stage: Emit) -> Result<(), ExitCode> {
    match emitted(&session.namespace(), forms, stage) {
        Ok(text) => {
            write_out(&text);
            Ok(())
        }
        Err(failure) => {
            report::tell_failure(&failure);
            Err(ExitCode::from(CRASHED))
        }
    }
}

/// The executable or the project.
fn finished(compiled: Compiled, compilation: &Compilation) -> Result<(), String> {
    let stem = match &compilation.place {
        Place::File(file) => file.file_stem().unwrap_or_default().to_string_lossy(),
        Place::Stdin => "stdin".into(),
    };
    let project = compiled.rust.map(|rust| rust.finish(&stem));
    if let (Some(Emit::Rust), Some(project)) = (compilation.emit, &project) {
        let folder = &compilation.output;
        let told = |error| format!("cannot write in {}: {error}", folder.display());
        return project.write(folder).map_err(told);
    }
    let library = match compiled.has_extension {
        true => Library::Database,
        false => Library::Runtime,
    };
    let built = project.map(|project| rustc::build(&project)).transpose();
    let built = built.map_err(|error| error.to_string())?;
    let beside = built.as_ref().map(|built| built.object.as_path());
    link(&compiled.object, beside, library, compilation).map_err(|error| error.to_string())
}

/// A batuta without the database does not know its names.
fn tell_what_is_left_out(errors: &[Diagnostic]) {
    let is_unknown = |error: &Diagnostic| error.code == "resolve::unknown";
    if extension().is_none() && errors.iter().any(is_unknown) {
        report::tell_line(
            "this batuta was built with `--no-default-features`: it has no database and none of its names",
        );
    }
}

fn replaces_source(compilation: &Compilation) -> bool {
    let Place::File(source) = &compilation.place else {
        return false;
    };
    let places = (source.canonicalize(), compilation.output.canonicalize());
    matches!(places, (Ok(source), Ok(output)) if source == output)
}
