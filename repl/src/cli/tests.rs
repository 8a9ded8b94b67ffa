//! What arguments come to.

use super::log::{DumpArguments, LogCommand};
use super::*;

fn task(words: &[&str]) -> Result<(Options, Task), ErrorKind> {
    let words = std::iter::once(&"batuta").chain(words);
    let cli = Cli::try_parse_from(words).map_err(|error| error.kind())?;
    cli.decide(true).map_err(|error| error.kind())
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn nothing_is_the_prompt() {
    assert_eq!(task(&[]).map(|(_, task)| task), Ok(Task::Repl));
    assert_eq!(task(&["repl"]).map(|(_, task)| task), Ok(Task::Repl));
}

#[test]
fn a_program_keeps_its_arguments() {
    let expected = Script {
        place: Place::File("a.bat".into()),
        arguments: vec!["x".into(), "--y".into(), "-e".into()],
        emit: None,
        profile: None,
        perf_map: false,
    };
    for words in [
        &["run", "a.bat", "x", "--y", "-e"][..],
        &["a.bat", "x", "--y", "-e"],
    ] {
        assert_eq!(
            task(words).map(|(_, task)| task),
            Ok(Task::Run(expected.clone()))
        );
    }
}

#[test]
fn a_profile_goes_beside_the_shell_unless_told() {
    for (words, drawing) in [
        (
            &["run", "--profile", "src/a.bat", "x", "--profile"][..],
            "a.svg",
        ),
        (
            &["run", "--profile=x/y.svg", "a.bat", "x", "--profile"],
            "x/y.svg",
        ),
        (&["run", "--profile", "-", "x", "--profile"], "stdin.svg"),
    ] {
        let Ok((_, Task::Run(script))) = task(words) else {
            panic!("{words:?} runs a program");
        };
        assert_eq!(script.profile, Some(PathBuf::from(drawing)));
        assert_eq!(script.arguments, ["x", "--profile"]);
    }
}

#[test]
fn the_data_directory_stands_before_or_after_the_command() {
    for words in [
        &["--data", "d", "run", "a.bat"][..],
        &["run", "--data", "d", "a.bat"],
    ] {
        let (options, _) = task(words).expect("both orders are right");
        assert_eq!(options.data, Some(PathBuf::from("d")));
    }
}

#[test]
fn tests_may_have_a_seed() {
    let (options, tests) = task(&["test", "--seed", "7", "x"]).expect("that is right");
    assert_eq!(
        (options.seed, tests),
        (Some(7), Task::Test(vec!["x".into()]))
    );
}

#[test]
fn expressions_may_start_with_a_hyphen() {
    let expected = Task::Evaluate(vec!["-1".into(), "(+ 1 2)".into()]);
    assert_eq!(
        task(&["-e", "-1", "-e", "(+ 1 2)"]).map(|(_, task)| task),
        Ok(expected)
    );
}

#[test]
fn wrong_usage_is_refused() {
    for (words, kind) in [
        (&["nosuch"][..], ErrorKind::InvalidSubcommand),
        (&["run"][..], ErrorKind::MissingRequiredArgument),
        (&["--nosuch"][..], ErrorKind::UnknownArgument),
        (&["-e", "1", "repl"][..], ErrorKind::ArgumentConflict),
        (&["--max-stack", "lots"][..], ErrorKind::ValueValidation),
        (
            &["run", "--emit", "wasm", "a.bat"][..],
            ErrorKind::InvalidValue,
        ),
    ] {
        assert_eq!(task(words).err(), Some(kind), "{words:?}");
    }
}

#[test]
fn an_executable_has_the_name_of_its_program() {
    let output = |words: &[&str]| match task(words) {
        Ok((_, Task::Compile(compilation))) => Ok(compilation.output),
        Ok((_, other)) => panic!("{other:?} is no compilation"),
        Err(kind) => Err(kind),
    };
    assert_eq!(output(&["compile", "a/b.bat"]), Ok("b".into()));
    assert_eq!(output(&["compile", "b.bat", "-o", "x/y"]), Ok("x/y".into()));
    let missing = Err(ErrorKind::MissingRequiredArgument);
    assert_eq!(output(&["compile", "-"]), missing);
    assert_eq!(output(&["compile", "plain"]), missing);
}

#[test]
fn emitted_rust_has_a_folder_of_its_own() {
    let compilation = |words: &[&str]| match task(words) {
        Ok((_, Task::Compile(compilation))) => compilation,
        other => panic!("{words:?} compiles, not {other:?}"),
    };
    let emitted = compilation(&["compile", "--emit", "rust", "a/b.bat"]);
    assert_eq!(emitted.output, PathBuf::from("b-rust"));
    assert_eq!(emitted.back_end, BackEnd::Rust);
    let built = compilation(&["compile", "--backend", "rust", "a/b.bat"]);
    assert_eq!(built.output, PathBuf::from("b"));
    assert_eq!((built.back_end, built.emit), (BackEnd::Rust, None));
}

#[test]
fn sizes_have_units() {
    assert_eq!(parse_size("64M"), Ok(64 << 20));
    assert_eq!(parse_size("2g"), Ok(2 << 30));
    assert_eq!(parse_size("1048576"), Ok(1 << 20));
    assert!(parse_size("1K").is_err());
    assert!(parse_size("99999999999G").is_err());
}

#[test]
fn stores_are_looked_at() {
    let log = |words: &[&str]| match task(words) {
        Ok((options, Task::Log(arguments))) => (options.data, arguments.json, arguments.command),
        other => panic!("{words:?} looks at a store, not {other:?}"),
    };
    let ls = (Some(PathBuf::from("d")), true, LogCommand::Ls);
    for words in [
        &["--data", "d", "log", "--json", "ls"][..],
        &["log", "ls", "--json", "--data", "d"],
    ] {
        assert_eq!(log(words), ls);
    }
    let (_, _, dump) = log(&[
        "log", "dump", "users", "--from", "3", "--to", "9", "-p", "1",
    ]);
    let expected = DumpArguments {
        log: "users".to_owned(),
        partition: Some(1),
        from: 3,
        to: Some(9),
        limit: None,
    };
    assert_eq!(dump, LogCommand::Dump(expected));
    assert_eq!(
        task(&["log", "dump"]).err(),
        Some(ErrorKind::MissingRequiredArgument)
    );
}
