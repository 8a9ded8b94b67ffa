//! Deep recursion is ordinary, endless recursion is an error, tail calls cost no stack.

use crate::process::{batuta, script};

const DEPTH: &str = "(defn depth [n] (if (= n 0) 0 (+ 1 (depth (- n 1)))))\n";

#[test]
fn a_million_deep_works_in_a_script_an_expression_and_an_actor() {
    let in_script = format!("{DEPTH}(println (depth 1000000))");
    assert_eq!(script(&in_script).output(), "1000000\n");
    assert_eq!(
        batuta(&["-e", DEPTH, "-e", "(depth 1000000)"]).output(),
        "1000000\n"
    );
    let in_actor = format!(
        "{DEPTH}(def me (self))\n(spawn (fn [] (send me (depth 1000000))))\n\
         (println (receive n -> n))"
    );
    assert_eq!(script(&in_actor).output(), "1000000\n");
}

#[test]
fn endless_recursion_is_a_stack_overflow_report() {
    let told = script("(defn f [n] (+ 1 (f (+ n 1))))\n(f 0)").failed(1);
    for part in ["fault::stack", "<stdin>:1", "user/f"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    assert!(told.lines().count() < 60, "{told}");
}

#[test]
fn a_small_stack_overflows_early_and_can_be_caught() {
    let program = "(defn f [n] (+ 1 (f (+ n 1))))\n\
                   (println (try (f 0) (catch {:kind k} -> k)))\n(println :alive)";
    let ended = crate::process::feed(
        crate::process::command(&["--max-stack", "1M", "run", "-"]),
        program,
    );
    assert_eq!(ended.output(), ":stack\n:alive\n");
}

#[test]
fn a_vector_nested_a_million_deep_is_built_compared_printed_and_freed() {
    let program = "(defn nest [n] (loop [v [] n n] (if (= n 0) v (recur [v] (- n 1)))))\n\
                   (let [a (nest 1000000) b (nest 1000000)]\n\
                     (println (= a b) (= a (conj b 1)) (count (pr-str a))))\n\
                   (println :freed)";
    assert_eq!(script(program).output(), "true false 2000002\n:freed\n");
}

#[test]
fn mutual_tail_recursion_runs_in_constant_stack() {
    let program = "(defn even [n] (if (= n 0) true (odd (- n 1))))\n\
                   (defn odd [n] (if (= n 0) false (even (- n 1))))\n\
                   (println (even 100000000))";
    let ended = crate::process::feed(
        crate::process::command(&["--max-stack", "256K", "run", "-"]),
        program,
    );
    assert_eq!(ended.output(), "true\n");
}
