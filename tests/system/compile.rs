//! A compiled program behaves as `batuta run` of the same file: output, exit code, crash report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::clojure_corpus;
use crate::process::{Ended, batuta, command, finish, root};

/// A folder for executables.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary directory can be made")
}

/// Compiles a program into this folder.
#[track_caller]
pub(crate) fn executable(program: &str, folder: &Path) -> PathBuf {
    executable_with(&[], program, folder)
}

/// The same with these options.
#[track_caller]
pub(crate) fn executable_with(options: &[&str], program: &str, folder: &Path) -> PathBuf {
    let name = Path::new(program).file_stem().unwrap_or_default();
    let output = folder.join(name);
    let place = output.display().to_string();
    let words = [&["compile", program, "-o", &place], options].concat();
    let ended = batuta(&words);
    assert_eq!(ended.code, Some(0), "{program}: {}", ended.stderr);
    output
}

/// Runs an executable to its end.
#[track_caller]
fn run(executable: &Path, arguments: &[&str]) -> Ended {
    finish(run_command(executable, arguments))
}

/// An executable with these arguments, where and as the command is run.
pub(crate) fn run_command(executable: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(executable);
    command.args(arguments).current_dir(root());
    command.env("BATUTA_HASH_SEED", "1").env("NO_COLOR", "1");
    command.env_remove("BATUTA_DATA");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a program in both ways; gives what came out.
#[track_caller]
fn same(program: &str, arguments: &[&str]) -> Ended {
    same_with(&[], program, arguments)
}

/// The same for a program compiled with these options.
#[track_caller]
pub(crate) fn same_with(options: &[&str], program: &str, arguments: &[&str]) -> Ended {
    let folder = folder();
    let compiled = run(&executable_with(options, program, folder.path()), arguments);
    let words: Vec<&str> = ["run", program].iter().chain(arguments).copied().collect();
    let expected = batuta(&words);
    compiled.assert_same(&expected, program);
    compiled
}

#[test]
fn examples_run_the_same() {
    for name in [
        "hello",
        "factorial",
        "counter",
        "ping_pong",
        "word_count",
        "match",
    ] {
        same(&format!("examples/{name}.bat"), &[]);
    }
}

#[test]
fn a_program_of_many_parts_and_files_runs_the_same_and_crashes_the_same() {
    let ended = same("tests/system/compiled/main.bat", &["a", "b c"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("util/number.bat:10"),
        "{}",
        ended.stderr
    );
}

#[test]
fn wrong_arguments_are_told_by_the_programs_own_name() {
    let folder = folder();
    let program = folder.path().join("two.bat");
    fs::write(&program, "(defn main [a b] {:error a})").expect("it is writable");
    let output = executable(&program.display().to_string(), folder.path());
    let name = output.display().to_string();
    let told = run(&output, &["x"]).failed(2);
    assert!(told.contains(&format!("usage: {name} ([a b])")), "{told}");
    let told = run(&output, &["x", "y"]).failed(1);
    assert_eq!(told, "batuta: `main` failed: \"x\"\n");
}

#[test]
fn the_same_program_is_the_same_file() {
    let (one, two) = (folder(), folder());
    let bytes = |folder: &TempDir| {
        let output = executable("tests/system/compiled/main.bat", folder.path());
        fs::read(output).expect("it was just written")
    };
    assert!(bytes(&one) == bytes(&two));
}

#[test]
fn a_program_that_evaluates_forms_holds_the_compiler() {
    same("examples/macros.bat", &[]);
    let ended = same("tests/system/compiled/evaluating.bat", &[]);
    assert_eq!(ended.code, Some(1));
}

/// Words of rows that change what the rows behind them mean, or differ from run to run.
const ALONE: [&str; 9] = [
    "defmacro",
    "in-ns",
    "ns-unmap",
    "promise",
    "refer",
    "remove-ns",
    "time",
    "use",
    "with-redefs",
];

#[test]
fn the_corpus_of_clojure_expressions_comes_to_the_same() {
    the_corpus_comes_to_the_same(&[]);
}

/// Compiles the rows of the corpus as one program with these options.
#[track_caller]
pub(crate) fn the_corpus_comes_to_the_same(options: &[&str]) {
    let folder = folder();
    let program = folder.path().join("corpus.bat");
    let file = program.display().to_string();
    let excepted = clojure_corpus::exceptions();
    let rows = clojure_corpus::rows();
    let is_alone = |text: &str| ALONE.iter().any(|word| text.contains(word));
    let mut lines: Vec<String> = rows
        .into_iter()
        .filter(|(number, row)| !excepted.contains_key(number) && !is_alone(&row.expr))
        .map(|(number, row)| line(number, &row.expr, &row.expected))
        .collect();
    // Rows that are to be refused before anything runs cannot be part of a program.
    loop {
        fs::write(&program, lines.join("\n")).expect("it is writable");
        let told = batuta(&["check", &file]).stderr;
        let refused = refused_lines(&told);
        if refused.is_empty() {
            break;
        }
        let numbered = lines.into_iter().enumerate();
        let kept = numbered.filter(|(index, _)| !refused.contains(&(index + 1)));
        lines = kept.map(|(_, line)| line).collect();
    }
    assert!(lines.len() > 1_500, "only {} rows are left", lines.len());
    let ended = same_with(options, &file, &[]);
    let pass = ended.stdout.lines().filter(|line| line.ends_with(" :same"));
    // In one program a row sees what the rows before it define.
    assert!(pass.count() * 100 >= lines.len() * 99, "{}", ended.stdout);
}

/// A row as one line of a program, which prints the row's number and whether it passes.
fn line(number: usize, form: &str, expected: &str) -> String {
    let flat = |text: &str| text.replace('\n', " ");
    let (form, expected) = (flat(form), flat(expected));
    format!("(println {number} ((fn [] (if (= {form} {expected}) :same :differs))))")
}

/// The lines of a program that diagnostics name.
fn refused_lines(told: &str) -> Vec<usize> {
    let places = told.split("corpus.bat:").skip(1);
    let numbers = places.filter_map(|place| place.split(':').next()?.parse().ok());
    numbers.collect()
}

#[test]
fn a_missing_linker_or_library_is_told_with_the_way_out() {
    let folder = folder();
    let output = folder.path().join("hello").display().to_string();
    let words = ["compile", "examples/hello.bat", "-o", &output];
    let mut without = command(&words);
    without.env("CC", "no-such-linker");
    let told = finish(without).failed(1);
    assert!(told.contains("install gcc or clang"), "{told}");
    let empty = folder.path().display().to_string();
    let mut without = command(&words);
    without.args(["--runtime", &empty]);
    let told = finish(without).failed(1);
    assert!(told.contains("there is no runtime library"), "{told}");
}

#[test]
fn the_program_itself_is_never_overwritten() {
    let folder = folder();
    let program = folder.path().join("kept.bat");
    fs::write(&program, "(println 1)\n").expect("the folder is writable");
    let alias = folder.path().join("alias");
    std::os::unix::fs::symlink(&program, &alias).expect("the folder is writable");
    let (program_text, alias) = (program.display().to_string(), alias.display().to_string());
    let ended = batuta(&["compile", &program_text, "-o", &alias]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is the program itself"),
        "{}",
        ended.stderr
    );
    let kept = fs::read_to_string(&program).expect("it is still there");
    assert_eq!(kept, "(println 1)\n");
}
