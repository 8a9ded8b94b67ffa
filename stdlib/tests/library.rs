//! Every line of `library/*.bat` with `; =>` behind its form gives what it says.

use std::fs;
use std::path::Path;

use batuta_compiler::code::LazyFunction;
use batuta_compiler::evaluate::Call;
use batuta_compiler::library::{self, LibrarySource};
use batuta_compiler::macro_run::describe;
use batuta_compiler::session::{EvaluationError, Session, run_and_wait};
use batuta_lang::form::Form;
use batuta_runtime::builtin::{BuiltinTable, Flow, exactly, row};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::function::{CodeSource, FunctionBody, VarBody};
use batuta_runtime::namespace::{self, unread};
use batuta_runtime::value::Value;

#[path = "library/page.rs"]
mod page;

fn install() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(install_now);
}

/// What the library asks of the database, which these tests are without.
static DATABASE: BuiltinTable = BuiltinTable {
    namespace: namespace::CORE,
    builtins: &[
        row(
            "log-page*",
            "[log places limit]",
            exactly(3),
            no_database,
            "",
        ),
        row("log-places*", "[log options]", exactly(2), no_database, ""),
        row("log-wait*", "[commit]", exactly(1), no_database, ""),
    ],
};

fn no_database(_: &mut Cx, _: &mut [Value]) -> Flow {
    Err(Fault::new(FaultKind::Log, "there is no database here").into())
}

fn install_now() {
    let tables = batuta_runtime::builtins::TABLES.iter().copied();
    let tables: Vec<_> = tables.chain([&DATABASE]).collect();
    batuta_compiler::start(&tables);
    let source = |it: &batuta_stdlib::Source| LibrarySource {
        name: it.name,
        namespace: it.namespace,
        text: it.text,
    };
    library::install(batuta_stdlib::SOURCES.iter().map(source));
}

fn told(error: &EvaluationError) -> String {
    match error {
        EvaluationError::Diagnostics(found) => found
            .iter()
            .map(|it| it.message.clone())
            .collect::<Vec<_>>()
            .join("; "),
        EvaluationError::Failure(failure) => describe(failure),
    }
}

fn printed(session: &mut Session, form: &Form) -> Result<String, EvaluationError> {
    let value = session.evaluate(form, &mut run_and_wait)?;
    let printer = namespace::intern(namespace::CORE, "pr-str");
    let function: Value = printer
        .as_object::<VarBody>()
        .and_then(VarBody::root)
        .expect("pr-str is a builtin");
    let text = run_and_wait(Call {
        function,
        arguments: vec![value],
    })
    .map_err(EvaluationError::Failure)?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// The wrong lines of a file, and how many were looked at.
fn check(path: &Path) -> (Vec<String>, usize) {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).expect("the file can be read");
    let mut session = Session::new();
    let forms = session.read(&name, &text).unwrap_or_else(|found| {
        panic!("{name}: {}", told(&EvaluationError::Diagnostics(found)));
    });
    let mut wrong = Vec::new();
    for form in &forms {
        let (start, end) = (form.span.start as usize, form.span.end as usize);
        let behind = text[end..].lines().next().unwrap_or_default();
        let expected = behind
            .trim_start()
            .strip_prefix("; => ")
            .expect("each form has its value");
        let got = printed(&mut session, form).unwrap_or_else(|error| told(&error));
        if got != expected {
            let source = &text[start..end];
            wrong.push(format!(
                "{name}: {source}\n  expected {expected}\n  got      {got}"
            ));
        }
    }
    (wrong, forms.len())
}

#[test]
fn every_function_does_what_its_examples_say() {
    install();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|extension| extension != "bat") {
            continue;
        }
        let (found, looked_at) = check(&path);
        wrong.extend(found);
        count += looked_at;
    }
    assert!(count > 80, "only {count} examples were found");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The names of the forms of a text, as reading it finds them.
fn definitions_read(source: &batuta_stdlib::Source) -> Vec<(String, usize)> {
    let mut session = Session::new();
    session.set_namespace(source.namespace);
    let forms = session
        .read(source.name, source.text)
        .unwrap_or_else(|found| {
            panic!(
                "{}: {}",
                source.name,
                told(&EvaluationError::Diagnostics(found))
            );
        });
    let definitions = forms.iter().filter(|form| !form.is_call_to("ns"));
    definitions
        .map(|form| {
            let items = form.as_list().expect("a definition is a list");
            let name = items[1].as_symbol().expect("a definition has a name");
            (name.to_string(), form.span.start as usize)
        })
        .collect()
}

#[test]
fn the_index_finds_every_definition() {
    install();
    for source in batuta_stdlib::SOURCES {
        let indexed: Vec<_> = library::index::entries(source.text)
            .map(|entry| (entry.name.to_owned(), entry.range.start))
            .collect();
        assert_eq!(indexed, definitions_read(source), "{}", source.name);
    }
}

#[test]
fn every_definition_compiles_and_has_a_value() {
    install();
    for source in batuta_stdlib::SOURCES {
        for entry in library::index::entries(source.text) {
            let name = format!("{}/{}", source.namespace, entry.name);
            let var = namespace::intern(source.namespace, entry.name);
            unread::define(&var).unwrap_or_else(|fault| panic!("{name}: {}", fault.message));
            let root = var.as_object::<VarBody>().and_then(VarBody::root);
            let root = root.unwrap_or_else(|| panic!("{name} has no value"));
            if let Some(function) = root.as_object::<FunctionBody>()
                && let CodeSource::Compiled(code) = &function.code.source
            {
                let arities = function.code.arities();
                let is_called = arities.variadic.is_some() || !arities.fixed.is_empty();
                assert!(is_called, "{name} is no plain definition");
                let code = LazyFunction::behind(code).expect("code of this compiler");
                code.ir()
                    .unwrap_or_else(|fault| panic!("{name}: {}", fault.message));
            }
        }
    }
}
