//! A compiled program behaves as `batuta run` of the same file: output, exit code, crash report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::{Ended, batuta, command, finish, root};

/// A folder for executables.
fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary directory can be made")
}

fn compile(program: &str, folder: &Path) -> (PathBuf, Ended) {
    let name = Path::new(program).file_stem().unwrap_or_default();
    let output = folder.join(name);
    let ended = batuta(&["compile", program, "-o", &output.display().to_string()]);
    (output, ended)
}

fn executable(program: &str, folder: &Path) -> PathBuf {
    let (output, ended) = compile(program, folder);
    assert_eq!(ended.code, Some(0), "{program}: {}", ended.stderr);
    output
}

fn run(executable: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(executable);
    command.args(arguments).current_dir(root());
    command.env("BATUTA_HASH_SEED", "1").env("NO_COLOR", "1");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(command)
}

/// Runs a program in both ways; gives what came out.
fn same(program: &str, arguments: &[&str]) -> Ended {
    let folder = folder();
    let compiled = run(&executable(program, folder.path()), arguments);
    let words: Vec<&str> = ["run", program].iter().chain(arguments).copied().collect();
    let expected = batuta(&words);
    assert_eq!(compiled.stdout, expected.stdout, "{program}");
    assert_eq!(compiled.stderr, expected.stderr, "{program}");
    assert_eq!(compiled.code, expected.code, "{program}");
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
fn what_only_run_can_do_is_refused_by_name() {
    let folder = folder();
    for (name, program, wanted) in [
        ("eval", "(println (eval '(+ 1 2)))", "needs the compiler"),
        ("find", "(println (resolve 'inc))", "looks up names"),
    ] {
        let file = folder.path().join(format!("{name}.bat"));
        fs::write(&file, program).expect("it is writable");
        let (_, ended) = compile(&file.display().to_string(), folder.path());
        let told = ended.failed(1);
        assert!(told.contains(wanted), "{told}");
        assert!(told.contains(&format!("{name}.bat:1")), "{told}");
        assert!(told.contains("`batuta run` runs this program"), "{told}");
    }
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
