//! Expressions through the whole road: read, analysed, lowered, compiled, run in an actor.

use std::sync::Once;

use batuta_compiler::evaluate::Call;
use batuta_compiler::library::{self, LibrarySource};
use batuta_compiler::macro_run::describe;
use batuta_compiler::session::{EvaluationError, Session, run_and_wait};
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        batuta_compiler::start(batuta_runtime::builtins::TABLES);
        library::install(batuta_stdlib::SOURCES.iter().map(|s| LibrarySource {
            name: s.name,
            namespace: s.namespace,
            text: s.text,
        }));
    });
}

fn error_text(error: &EvaluationError) -> String {
    match error {
        EvaluationError::Diagnostics(found) => found
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect::<Vec<_>>()
            .join("; "),
        EvaluationError::Failure(failure) => format!("failure: {}", describe(failure)),
    }
}

/// The printed value of the last form, or what went wrong.
fn evaluate(text: &str) -> String {
    start();
    let mut session = Session::new();
    let forms = match session.read("test", text) {
        Ok(forms) => forms,
        Err(found) => return error_text(&EvaluationError::Diagnostics(found)),
    };
    let mut value = Value::NIL;
    for form in &forms {
        match session.evaluate(form, &mut run_and_wait) {
            Ok(given) => value = given,
            Err(error) => return error_text(&error),
        }
    }
    let printer = namespace::intern(namespace::CORE, "pr-str");
    let function = printer
        .as_object::<VarBody>()
        .and_then(VarBody::root)
        .expect("pr-str is there");
    match run_and_wait(Call {
        function,
        arguments: vec![value],
    }) {
        Ok(text) => text.as_str().unwrap_or_default().to_owned(),
        Err(failure) => format!("printing failed: {}", describe(&failure)),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(evaluate(text), expected, "{text}");
}

#[test]
fn arithmetic_is_exact() {
    check("(+ 1 2)", "3");
    check("(+ 1 2.5)", "3.5");
    check("(/ 1 3)", "1/3");
    check(
        "(* 1000000000000 1000000000000)",
        "1000000000000000000000000",
    );
    check("(- 1152921504606846975 -1)", "1152921504606846976");
    check("(inc 1152921504606846975)", "1152921504606846976");
    check("(let [x 0.1] (* x 3.0))", "0.30000000000000004");
}

#[test]
fn numbers_change_their_kind_on_the_way() {
    let sum = "(defn sum [n step] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s step)) s)))";
    check(&format!("{sum} (sum 3 2)"), "6");
    check(&format!("{sum} (sum 3 0.5)"), "1.5");
    check(&format!("{sum} (sum 3 1/3)"), "1");
    check(
        &format!("{sum} (sum 4 1152921504606846975)"),
        "4611686018427387900",
    );
    check(
        "(loop [i 0 a 1.5] (if (= i 3) a (recur (inc i) (if (< a 10) (* a a) (- a 4)))))",
        "25.62890625",
    );
    check(
        "((fn [x] [(* x 1e300 1e300) x (+ x 1)]) 1.5)",
        "[##Inf 1.5 2.5]",
    );
    check(
        "((fn [x] (let [y (+ x 0.2)] [y [y y] (- y y)])) 0.1)",
        "[0.30000000000000004 [0.30000000000000004 0.30000000000000004] 0.0]",
    );
    check(
        "((fn [x] [(* x -1.0) (< x 1) (< 1 x) (== x 0)]) 0.0)",
        "[-0.0 true false true]",
    );
    check(
        "(loop [i -1152921504606846974] (if (< i -1152921504606846980) i (recur (dec i))))",
        "-1152921504606846981",
    );
}

#[test]
fn a_recursion_sees_that_its_var_changes() {
    check(
        "(declare swap)
         (defn g [n] (if (< n 1) 0 (+ (if (== n 5) (swap) 1) (g (- n 1)))))
         (defn swap [] (def g (fn [_] 100)) 1)
         (g 10)",
        "106",
    );
}

#[test]
fn functions_and_recursion() {
    check(
        "(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 20)",
        "6765",
    );
    check("((fn [a b & c] [a b c]) 1 2 3 4)", "[1 2 (3 4)]");
    check("((fn ([] 0) ([a] 1) ([a & b] 2)) 1 2 3)", "2");
    check("(let [n 5] ((fn [x] (+ x n)) 1))", "6");
    check(
        "(loop [i 0 acc []] (if (< i 3) (recur (inc i) (conj acc i)) acc))",
        "[0 1 2]",
    );
    check(
        "(letfn [(ev [n] (if (== n 0) true (od (dec n)))) (od [n] (if (== n 0) false (ev (dec n))))] (ev 10))",
        "true",
    );
    check("(map inc [1 2 3])", "(2 3 4)");
    check("(apply + 1 2 [3 4 5 6 7 8 9 10 11 12])", "78");
    check("(:a {:a 1})", "1");
    check("({:a 1} :b 2)", "2");
}

/// Places that are known when the code is made, in vectors with and without a trie.
#[test]
fn elements_at_constant_places() {
    check(
        "(defn ends [v] [(nth v 0) (nth v 31) (nth v 32 :none)])",
        "#'user/ends",
    );
    check("(ends (vec (range 32)))", "[0 31 :none]");
    check("(ends (vec (range 33)))", "[0 31 32]");
    check("(ends (vec (range 2000)))", "[0 31 32]");
    check("(ends (range 40))", "[0 31 32]");
    check(
        "(try (ends (vec (range 31))) (catch Exception _ :outside))",
        ":outside",
    );
    check("(let [[a b c] [1 2]] [a b c])", "[1 2 nil]");
}

#[test]
fn failures_are_caught() {
    check("(try (throw 1) (catch e -> [:caught e]))", "[:caught 1]");
    check("(try (+ 1 :a) (catch Exception e (:kind e)))", ":type");
    check(
        "(let [a (atom [])] (try (swap! a conj 1) (finally (swap! a conj 2))) @a)",
        "[1 2]",
    );
    check("(try (try (throw :x) (finally 1)) (catch e -> e))", ":x");
}

#[test]
fn macros_run_as_functions() {
    check(
        "(defmacro unless2 [t & b] `(if ~t nil (do ~@b))) (unless2 false 1 2)",
        "2",
    );
    check(
        "(defmacro unless2 [t & b] `(if ~t nil (do ~@b))) (macroexpand-1 '(unless2 false 1 2))",
        "(if false nil (do 1 2))",
    );
    check("(defmacro twice [x] (list '+ x x)) (twice 4)", "8");
}

#[test]
fn lazy_sequences() {
    check(
        "(->> (range 1000000) (map inc) (filter even?) (reduce +))",
        "250000500000",
    );
    check("(take 3 (iterate inc 0))", "(0 1 2)");
    check("(first (filter (fn [x] (> x 10)) (range)))", "11");
    check("(reduce * (range 1 21))", "2432902008176640000");
}

#[test]
fn patterns() {
    check("(match [:add 1 2] [:add a b] -> (+ a b) _ -> nil)", "3");
    check(
        "(match {:k 5} {:k n} when (> n 3) -> :big _ -> :small)",
        ":big",
    );
}

#[test]
fn deep_recursion_is_ordinary() {
    check(
        "(defn depth [n] (if (== n 0) 0 (inc (depth (dec n))))) (depth 1000000)",
        "1000000",
    );
    check(
        "(defn ev? [n] (if (== n 0) true (od? (dec n)))) (defn od? [n] (if (== n 0) false (ev? (dec n)))) (ev? 10000000)",
        "true",
    );
    check(
        "(defn endless [n] (inc (endless n))) (try (endless 1) (catch Error e (:kind e)))",
        ":stack",
    );
}

#[test]
fn actors_answer() {
    check(
        "(defactor counter [n] (receive [:add k] -> (recur (+ n k)) [:value] -> (do (reply n) (recur n)))) (let [c (spawn counter 0)] (send c [:add 40]) (send c [:add 2]) (call c [:value]))",
        "42",
    );
    check(
        "(let [me (self)] (spawn (fn [] (send me [:hello 1]))) (receive [:hello n] -> n))",
        "1",
    );
}

#[test]
fn functions_that_know_one_another_compile_once() {
    check(
        "(defn lf [k] (letfn [(even-less [n] (if (== n 0) k (odd-less (dec n))))
                      (odd-less [n] (if (== n 0) :odd (even-less (dec n))))]
              (even-less 20000)))
            (lf :done)",
        ":done",
    );
}

#[test]
fn forms_are_evaluated() {
    check("(eval '(+ 1 2))", "3");
    check("(eval '(let [f (fn [x] (* x x))] (f 5)))", "25");
    check("(macroexpand-1 '(when a b))", "(if a (do b))");
}
