//! Arguments, standard input, exit codes.

use std::fs;
use std::io::{BufRead, BufReader, Read};

use rustix::process::{Signal, kill_process};

use crate::process::{batuta, command, feed, finish, pid, script, wait};

#[test]
fn version_and_help_are_told() {
    let version = batuta(&["--version"]).output();
    assert_eq!(version, format!("batuta {}\n", env!("CARGO_PKG_VERSION")));
    let help = batuta(&["--help"]).output();
    for part in [
        "repl",
        "run",
        "check",
        "--data",
        "--max-stack",
        "Exit codes",
        "-e",
    ] {
        assert!(help.contains(part), "{part} is missing in\n{help}");
    }
}

#[test]
fn expressions_print_their_values() {
    let sum = "(->> (range 1000000) (map inc) (filter even?) (reduce +))";
    assert_eq!(batuta(&["-e", sum]).output(), "250000500000\n");
    assert_eq!(batuta(&["-e", "(/ 1 3)"]).output(), "1/3\n");
    assert_eq!(batuta(&["-e", "nil"]).output(), "");
    assert_eq!(
        batuta(&["-e", "(def x 2)", "-e", "(* x 21)"]).output(),
        "#'user/x\n42\n"
    );
    assert_eq!(
        batuta(&["-e", "(map inc [1 2])", "-e", "\"é\""]).output(),
        "(2 3)\n\"é\"\n"
    );
}

#[test]
fn the_factorial_of_a_hundred_has_all_its_digits() {
    let expected = "93326215443944152681699238856266700490715968264381621468592963895217599993229915\
                    608941463976156518286253697920827223758251185210916864000000000000000000000000";
    assert_eq!(expected.len(), 158);
    assert_eq!(
        batuta(&["-e", "(reduce * (range 1 101))"]).output(),
        format!("{expected}\n")
    );
}

#[test]
fn a_program_comes_from_a_file_or_from_standard_input() {
    let text = "#!/usr/bin/env batuta\n(println \"hi\" *command-line-args*)\n";
    assert_eq!(feed(command(&[]), text).output(), "hi nil\n");
    assert_eq!(
        feed(command(&["run", "-", "a", "-b"]), text).output(),
        "hi (a -b)\n"
    );
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("hi.bat");
    fs::write(&file, text).expect("it is writable");
    let file = file.to_str().expect("temporary paths are UTF-8");
    assert_eq!(batuta(&[file, "x"]).output(), "hi (x)\n");
    assert_eq!(
        batuta(&["run", file, "--", "--data"]).output(),
        "hi (--data)\n"
    );
}

#[test]
fn main_is_called_with_the_arguments_unless_the_top_level_did() {
    let program = "(defn main [a b] (println a b))";
    assert_eq!(
        feed(command(&["run", "-", "1", "2"]), program).output(),
        "1 2\n"
    );
    let usage = feed(command(&["run", "-", "1"]), program).failed(2);
    assert!(
        usage.contains("usage: batuta run - ") && usage.contains("[a b]"),
        "{usage}"
    );
    assert_eq!(
        script("(defn main [] (println :once))\n(main)").output(),
        ":once\n"
    );
}

#[test]
fn exit_codes_tell_how_it_went() {
    assert_eq!(batuta(&["-e", "(println 1)"]).output(), "1\n");
    for program in [
        "(throw :oops)",
        "(/ 1 0)",
        "(nosuch 1)",
        "(",
        "(defn main [] (error :no))",
    ] {
        assert!(!script(program).failed(1).is_empty(), "{program}");
    }
    for words in [
        &["--nosuch"][..],
        &["run"],
        &["nosuch"],
        &["run", "/nosuch/file.bat"],
    ] {
        assert!(!batuta(words).failed(2).is_empty(), "{words:?}");
    }
    let hint = batuta(&["rnu"]).failed(2);
    assert!(hint.contains("did you mean `run`?"), "{hint}");
}

#[test]
fn a_crash_elsewhere_is_reported_and_leaves_the_exit_code() {
    let program = "(def p (spawn (fn [] (throw :elsewhere))))\n(wait p)\n(println :still-here)";
    let ended = script(program);
    assert!(
        ended.stderr.contains(":elsewhere") && ended.stderr.contains("<stdin>:1"),
        "{ended:?}"
    );
    assert_eq!(ended.output(), ":still-here\n");
}

#[test]
fn a_program_that_waits_for_ever_is_a_deadlock() {
    let told = script("(println :waiting)\n(receive x -> x)").failed(1);
    assert!(told.contains("deadlock"), "{told}");
}

#[test]
fn check_runs_nothing() {
    let program = "(println :running)\n(defn f [] (g))\n(defn g [] 1)";
    assert_eq!(feed(command(&["check", "-"]), program).output(), "");
    let told = feed(command(&["check", "-"]), "(println (nosuch))").failed(1);
    assert!(told.contains("nosuch"), "{told}");
}

#[test]
fn stages_of_compilation_can_be_seen() {
    let program = "(defn twice [x] (* 2 x))\n(println (twice 3))";
    let ir = feed(command(&["run", "--emit", "ir", "-"]), program).output();
    assert!(ir.contains("twice") && !ir.contains("\n6\n"), "{ir}");
    let clif = feed(command(&["run", "--emit", "clif", "-"]), program).output();
    assert!(
        clif.contains("function") && clif.contains("block0"),
        "{clif}"
    );
    let asm = feed(command(&["run", "--emit", "asm", "-"]), program).output();
    for part in [
        "user/twice:1\n",
        "; <stdin>:1: (defn twice [x] (* 2 x))\n",
        "push rbp\n",
        "ret\n",
    ] {
        assert!(asm.contains(part), "{part:?} is missing in\n{asm}");
    }
}

#[test]
fn a_profile_shows_where_the_time_went() {
    let program = "
        (defn busy [n] (loop [i 0 s 0.0] (if (< i n) (recur (+ i 1) (+ s (* 0.5 i))) s)))
        (defn twice [n] (loop [k 0 s 0.0] (if (< k 2) (recur (+ k 1) (+ s (busy n))) s)))
        (defn until [end] (let [x (twice 100000)] (if (< (System/nanoTime) end) (recur end) x)))
        (println (float? (until (+ (System/nanoTime) 400000000))))";
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let drawing = directory.path().join("flames.svg");
    let wanted = format!("--profile={}", drawing.display());
    let told = feed(command(&["run", &wanted, "-"]), program);
    assert!(told.stderr.contains("flames.svg"), "{}", told.stderr);
    assert_eq!(told.output(), "true\n");
    let svg = fs::read_to_string(&drawing).expect("it was written");
    for name in ["user/until", "user/twice", "user/busy"] {
        let title = format!("<title>{name}: ");
        assert!(svg.contains(&title), "{name} is missing in\n{svg}");
    }
    let nowhere = "--profile=/nosuch/flames.svg";
    let told = feed(command(&["run", nowhere, "-"]), program).failed(2);
    assert!(told.contains("/nosuch/flames.svg"), "{told}");
}

#[test]
fn a_profile_is_drawn_however_the_program_ends() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let drawing = directory.path().join("flames.svg");
    let wanted = format!("--profile={}", drawing.display());
    for (program, code) in [("(os/exit 3)", 3), ("(throw :done)", 1)] {
        let told = feed(command(&["run", &wanted, "-"]), program).failed(code);
        assert!(told.contains("flames.svg"), "{told}");
    }
}

#[test]
fn perf_is_told_the_names_of_functions() {
    // A function with a loop is compiled at its first call and not copied into its caller.
    let program = "
        (defn twice [x] (loop [k 0 s 0] (if (< k 2) (recur (+ k 1) (+ s x)) s)))
        (defn main [] (println (twice 3)))";
    let told = feed(command(&["run", "--perf-map", "-"]), program);
    let map = told
        .stderr
        .trim()
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(told.output(), "6\n");
    let names = fs::read_to_string(&map).expect("it was written");
    fs::remove_file(&map).expect("it is there");
    assert!(names.contains(" user/twice:1\n"), "{names}");
}

#[test]
fn required_files_lie_beside_the_program() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    fs::create_dir_all(directory.path().join("my_app")).expect("it is writable");
    let write = |name: &str, text: &str| {
        fs::write(directory.path().join(name), text).expect("it is writable");
    };
    write("my_app/core.bat", "(ns my-app.core)\n(defn answer [] 42)\n");
    write(
        "main.bat",
        "(ns main (:require [my-app.core :as core]))\n(println (core/answer))\n",
    );
    write("wrong.bat", "(ns wrong (:require [my-app.cor :as core]))\n");
    let run = |name: &str| {
        let mut command = command(&["run", name]);
        command.current_dir(directory.path());
        finish(command)
    };
    assert_eq!(run("main.bat").output(), "42\n");
    let told = run("wrong.bat").failed(1);
    assert!(
        told.contains("my-app.cor") && told.contains("my_app/cor.bat"),
        "{told}"
    );
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let program = "(dotimes [i 1000000] (println i))";
    let mut child = command(&["-e", program])
        .spawn()
        .expect("the binary can be started");
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let mut first = String::new();
    BufReader::new(stdout)
        .read_line(&mut first)
        .expect("the program prints");
    assert_eq!(first, "0\n");
    let mut told = String::new();
    child
        .stderr
        .take()
        .expect("it is a pipe")
        .read_to_string(&mut told)
        .expect("it is text");
    assert_eq!(told, "");
    child.wait().expect("the program ends");
}

#[test]
fn ctrl_c_ends_a_program_in_order() {
    let program = "(defactor a [] (terminate [r] (println :ended r)) (receive :x -> 1))\n\
                   (def p (spawn a))\n(println :ready)\n(loop [] (recur))";
    let mut child = command(&["-e", program])
        .spawn()
        .expect("the binary can be started");
    let mut out = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("the program prints");
    assert_eq!(line, ":ready\n");
    kill_process(pid(&child), Signal::INT).expect("the program still runs");
    out.read_to_string(&mut line).expect("it is text");
    assert_eq!(wait(child).code, Some(130));
    assert_eq!(line, ":ready\n:ended :shutdown\n");
}

#[test]
fn a_program_ends_after_those_it_started() {
    let path = std::env::temp_dir().join(format!("batuta-child-{}", std::process::id()));
    let shell = format!("sleep 0.3; echo done > {}", path.display());
    let code = format!("(do (io/spawn \"sh\" \"-c\" {shell:?}) nil)");
    assert_eq!(batuta(&["-e", &code]).output(), "");
    let written = fs::read_to_string(&path).expect("the other program has written");
    assert_eq!(written, "done\n");
    fs::remove_file(&path).expect("the file is there");
}
