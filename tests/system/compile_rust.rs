//! A program built by `rustc` from the Rust that is emitted for it behaves as `batuta run` of the
//! same file: output, exit code, crash report.

use std::fs;

use crate::compile::{folder, same_with, the_corpus_comes_to_the_same};
use crate::process::{Ended, batuta, command, finish, root};

const RUST: [&str; 2] = ["--backend", "rust"];

#[track_caller]
fn same(program: &str, arguments: &[&str]) -> Ended {
    same_with(&RUST, program, arguments)
}

/// A program given as text.
#[track_caller]
fn same_text(text: &str) -> Ended {
    let folder = folder();
    let program = folder.path().join("program.bat");
    fs::write(&program, text).expect("it is writable");
    same(&program.display().to_string(), &[])
}

#[test]
fn examples_run_the_same() {
    for name in ["counter", "ping_pong", "word_count", "match"] {
        same(&format!("examples/{name}.bat"), &[]);
    }
}

#[test]
fn programs_of_the_bench_set_run_the_same() {
    for (name, arguments) in [
        ("fib", &["15"][..]),
        ("mandelbrot", &["20", "30"]),
        ("pipeline", &["100", "2"]),
        ("spectral_norm_array", &["10"]),
        ("nbody", &["50"]),
        ("nbody_array", &["50"]),
        ("fannkuch", &["6"]),
        ("fannkuch_array", &["6"]),
        ("binary_trees", &["6"]),
        ("map_1m", &["100", "2"]),
        ("sort_1m", &["100", "2"]),
    ] {
        same(&format!("benches/programs/{name}.bat"), arguments);
    }
}

#[test]
fn a_program_of_many_parts_and_files_runs_the_same_and_crashes_the_same() {
    let ended = same("tests/system/compiled/main.bat", &["a", "b c"]);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_program_that_evaluates_forms_holds_the_compiler() {
    let ended = same("tests/system/compiled/evaluating.bat", &[]);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn deep_recursion_and_endless_tail_calls_run_the_same() {
    let ended = same_text(
        "(defn depth [n] (if (= n 0) 0 (+ 1 (depth (- n 1)))))
         (println (depth 200000))
         (declare odd-one?)
         (defn even-one? [n] (if (= n 0) true (odd-one? (- n 1))))
         (defn odd-one? [n] (if (= n 0) false (even-one? (- n 1))))
         (println (even-one? 300000))
         (defn count-down [f n] (if (= n 0) :done (f f (- n 1))))
         (println (count-down count-down 300000))",
    );
    assert_eq!(ended.stdout, "200000\ntrue\n:done\n");
}

#[test]
fn a_loop_without_an_end_lets_others_run() {
    let ended = same_text(
        "(defn spin [n] (recur (+ n 1)))
         (dotimes [_ 8] (spawn (fn [] (spin 0))))
         (let [me (self)] (spawn (fn [] (send me :done))))
         (println (receive :done -> :ended))
         (os/exit 3)",
    );
    assert_eq!((ended.stdout.as_str(), ended.code), (":ended\n", Some(3)));
}

#[test]
fn redefinitions_are_seen_by_calls_that_were_direct() {
    let ended = same_text(
        "(defn f [n] (if (= n 0) :first (f (- n 1))))
         (defn g [n] (f n))
         (println (g 3))
         (alter-var-root #'f (fn [_] (fn [n] [:second n])))
         (println (g 3) (f 1))",
    );
    assert_eq!(ended.stdout, ":first\n[:second 3] [:second 1]\n");
}

#[test]
fn plain_functions_come_to_the_same_at_their_edges() {
    let ended = same_text(
        "(defn fact [n] (if (= n 0) 1 (* n (fact (- n 1)))))
         (println (fact 20) (fact 21) (fact 30) (fact 0))
         (defn scale [a :: double-array by :: Float]
           (loop [i 0]
             (when (< i (alength a))
               (aset a i (* by (aget a i)))
               (recur (+ i 1)))))
         (let [a (double-array [1 2 3])] (scale a 0.5) (scale a 2) (println (vec a)))
         (defn total :: [long-array -> I64] [a]
           (loop [i 0 sum 0]
             (if (< i (alength a)) (recur (+ i 1) (+ sum (aget a i))) sum)))
         (println (total (long-array [1 2 3])) (total (long-array 0)))
         (println (total (long-array [9223372036854775807 1])))
         (println (total (long-array [1152921504606846975 1])))
         (defn ratio [a b] (quot (* 3 a) (- b 1)))
         (println (ratio 7 3) (ratio -7 3) (ratio 7.5 3) (ratio 7 0))
         (println (try (ratio 1 1) (catch {:kind k} -> k)))
         (defn smooth [x t] (if (< t 1) x (recur (/ (+ x 1.0) 2) (- t 1))))
         (println (smooth 8.0 3) (smooth 8 3) (smooth 8.0 0))
         (defn depth [n] (if (= n 0) 0 (+ 1 (depth (- n 1)))))
         (println (depth 300000))
         (defn element [a i] (* 2 (aget a i)))
         (defn elements [a n] (+ (element a 0) (element a n)))
         (println (elements (long-array [4 5]) 1))
         (println (elements (long-array [4 5]) 2))",
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("user/element"), "{}", ended.stderr);
}

#[test]
fn emitted_functions_are_as_they_were() {
    for name in ["plain", "array", "general"] {
        let place = format!("tests/system/compiled/emitted/{name}");
        let text = batuta(&["run", "--emit", "rust", &format!("{place}.bat")]).output();
        let expected = fs::read_to_string(root().join(format!("{place}.rs")));
        assert_eq!(
            text,
            expected.expect("it stands beside the program"),
            "{name}"
        );
    }
}

#[test]
fn the_corpus_of_clojure_expressions_comes_to_the_same() {
    the_corpus_comes_to_the_same(&RUST);
}

#[test]
fn a_project_is_written_with_a_module_for_each_namespace() {
    let folder = folder();
    let place = folder.path().join("project");
    let words = [
        "compile",
        "tests/system/compiled/main.bat",
        "--emit",
        "rust",
    ];
    let shown = place.display().to_string();
    let words = [&words[..], &["-o", &shown]].concat();
    assert_eq!(batuta(&words).output(), "");
    let text = |path: &str| fs::read_to_string(place.join(path)).expect("it was just written");
    assert!(text("Cargo.toml").contains("name = \"main\""));
    assert!(text("src/lib.rs").contains("pub mod util_number;"));
    assert!(text("src/util_number.rs").contains("/// `util.number/"));
}

#[test]
fn a_missing_or_failing_rustc_is_told_with_the_way_out() {
    let folder = folder();
    let output = folder.path().join("hello").display().to_string();
    let words = [
        "compile",
        "examples/hello.bat",
        "--backend",
        "rust",
        "-o",
        &output,
    ];
    let mut without = command(&words);
    without.env("RUSTC", "no-such-rustc");
    let told = finish(without).failed(1);
    assert!(told.contains("cannot start the Rust compiler"), "{told}");
    assert!(told.contains("https://rustup.rs"), "{told}");
    let mut failing = command(&words);
    failing.env("RUSTC", "false").env("TMPDIR", folder.path());
    let told = finish(failing).failed(1);
    assert!(told.contains("`false` failed"), "{told}");
}
