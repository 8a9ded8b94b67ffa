//! `batuta run FILE [args]`: the top-level forms in order, then `main`, then whatever still lives.

use std::io;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};

use batuta_compiler::ahead::record::call_of;
use batuta_compiler::backends::jit::code_map;
use batuta_compiler::core_tree::{Core, CoreFunction, CoreKind, VarRef};
use batuta_compiler::evaluate::Program;
use batuta_compiler::session::Session;
use batuta_runtime::actor;
use batuta_runtime::failure_state::Failure;
use batuta_runtime::function::{FunctionBody, VarBody};
use batuta_runtime::namespace;
use batuta_runtime::value::{Value, print};

use crate::cli::{Place, Script};
use crate::driver::{CRASHED, Driver, MISUSED, finish, write_out};
use crate::program::emitted;
use crate::{profile, report};

/// Runs a program.
pub fn run(script: &Script, driver: &Driver) -> ExitCode {
    let (name, text) = match driver.read_program(&script.place) {
        Ok(program) => program,
        Err(code) => return code,
    };
    driver.set_arguments(&script.arguments);
    let mut session = Session::new();
    let loaded = match session.load(&name, &text) {
        Ok(loaded) => loaded,
        Err(errors) => {
            report::tell_diagnostics(&errors);
            return ExitCode::from(CRASHED);
        }
    };
    report::tell_diagnostics(&loaded.warnings);
    if let Some(emit) = script.emit {
        return match emitted(&session.namespace(), &loaded.forms, emit) {
            Ok(text) => {
                write_out(&text);
                ExitCode::SUCCESS
            }
            Err(failure) => crashed(&failure),
        };
    }
    if let Err(error) = watch(script) {
        report::tell_line(&format!("the program cannot be watched: {error}"));
        return ExitCode::from(MISUSED);
    }
    let code = run_forms(script, &session, loaded.forms);
    finish();
    code
}

/// Starts what was asked for to see where the time goes.
fn watch(script: &Script) -> io::Result<()> {
    if script.perf_map {
        let path = code_map::keep_for_perf()?;
        report::tell_line(&format!("names for perf: {}", path.display()));
    }
    match &script.profile {
        Some(drawing) => profile::start(drawing),
        None => Ok(()),
    }
}

fn run_forms(script: &Script, session: &Session, mut forms: Vec<Arc<CoreFunction>>) -> ExitCode {
    let main = Main::find(&session.namespace(), &forms);
    if let Some(main) = &main {
        if !main.takes(script.arguments.len()) {
            return main.usage(script);
        }
        forms.push(main.call(&script.arguments));
    }
    let call = Program::call(forms);
    let value = match actor::run_main(call.function, call.arguments) {
        Ok(value) => value,
        Err(failure) => return crashed(&failure),
    };
    let code = match report::error_result(&value) {
        Some(reason) if main.is_some() => {
            report::tell_line(&format!("`main` failed: {}", print::readable(reason)));
            ExitCode::from(CRASHED)
        }
        _ => ExitCode::SUCCESS,
    };
    actor::wait_until_idle();
    code
}

fn crashed(failure: &Failure) -> ExitCode {
    report::tell_failure(failure);
    ExitCode::from(CRASHED)
}

/// The program's function `main`, where it is to be called after the top level.
pub(crate) struct Main {
    pub(crate) var: VarRef,
    function: Value,
    pub(crate) arglists: String,
}

impl Main {
    /// None if there is no `main`, or the top level calls it itself.
    pub(crate) fn find(namespace: &str, forms: &[Arc<CoreFunction>]) -> Option<Main> {
        let var = namespace::find(namespace, "main")?;
        let mut bodies = forms
            .iter()
            .flat_map(|form| &form.arities)
            .map(|arity| &arity.body);
        if bodies.any(|body| calls(body, &var)) {
            return None;
        }
        let _pin = batuta_runtime::quiescence::pin();
        let body = var.as_object::<VarBody>()?;
        let function = body.root()?;
        let meta = body.meta.read().unwrap_or_else(PoisonError::into_inner);
        let arglists = batuta_compiler::library::arglists_text(&meta).to_string();
        function.as_object::<FunctionBody>()?;
        drop(meta);
        Some(Main {
            var: VarRef(var),
            function,
            arglists,
        })
    }

    fn takes(&self, count: usize) -> bool {
        let body = self.function.as_object::<FunctionBody>();
        body.is_some_and(|function| function.code.arities().accept(count))
    }

    fn usage(&self, script: &Script) -> ExitCode {
        let program = match &script.place {
            Place::File(path) => path.display().to_string(),
            Place::Stdin => "-".to_owned(),
        };
        let given = script.arguments.len();
        report::tell_line(&format!(
            "`main` of {program} does not take {given} argument{}\nusage: batuta run {program} {}",
            if given == 1 { "" } else { "s" },
            self.arglists,
        ));
        ExitCode::from(MISUSED)
    }

    /// The call as one more top-level form, so that it runs in the same actor as the others.
    fn call(&self, arguments: &[String]) -> Arc<CoreFunction> {
        let arguments = arguments.iter().map(|argument| {
            let text = Value::str(argument);
            text.publish();
            text
        });
        call_of(self.var.clone(), arguments.collect())
    }
}

/// Does a body, functions made in it left aside, call this global?
fn calls(body: &Core, var: &Value) -> bool {
    let mut found =
        matches!(&body.kind, CoreKind::CallGlobal(callee, _) if callee.0.word() == var.word());
    body.for_each_child(&mut |child| found = found || calls(child, var));
    found
}
