//! The IR of small functions, as the back ends see it: after all passes.

#[path = "ir/passes.rs"]
mod passes;

use std::sync::Arc;

use batuta_compiler::analyze::TopLevel;
use batuta_compiler::code::{LazyFunction, code_of};
use batuta_compiler::core_tree::CoreFunction;
use batuta_compiler::evaluate::define;
use batuta_compiler::ir::text::function_text;
use batuta_compiler::ir::verify::{Stage, verify};
use batuta_compiler::session::Session;
use batuta_runtime::function::CodeSource;
use batuta_runtime::namespace;

/// Starts the compiler once: starting again would redefine what the code relies on. The library is
/// not loaded here, only some names of it.
fn start() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        batuta_compiler::start(batuta_runtime::builtins::TABLES);
        for name in ["filter", "into", "map", "range", "reduce"] {
            namespace::declare(&namespace::intern(namespace::CORE, name));
        }
    });
}

/// Shows the function that the last form of `text` defines.
fn with_function<T>(text: &str, show: impl FnOnce(&LazyFunction) -> T) -> T {
    start();
    let mut session = Session::new();
    let forms = session.read("test", text).expect("the text reads");
    let mut found: Option<Arc<CoreFunction>> = None;
    for form in &forms {
        if let TopLevel::Define {
            var,
            function,
            is_macro,
        } = session.analyse_form(form).expect("the form compiles")
        {
            define(&var, &function, is_macro);
            found = Some(function);
        }
    }
    let code = code_of(&found.expect("the last form defines a function"));
    let CodeSource::Compiled(function) = &code.source else {
        panic!("it is compiled")
    };
    show(LazyFunction::behind(function).expect("code of this compiler"))
}

/// All arities of the function that the last form of `text` defines.
fn ir_of(text: &str) -> String {
    let arities = with_function(text, |function| function.ir().expect("it lowers"));
    for arity in &arities {
        assert_eq!(verify(arity, Stage::Owned), Ok(()));
    }
    arities.iter().map(function_text).collect()
}

#[test]
fn recursion_takes_no_counts_for_numbers() {
    insta::assert_snapshot!(ir_of(
        "(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))"
    ));
}

#[test]
fn a_pipeline_over_numbers_is_one_loop() {
    insta::assert_snapshot!(ir_of(
        "(defn total [n] (reduce + (filter pos? (map inc (range n)))))"
    ));
}

#[test]
fn a_pipeline_over_a_collection_is_one_loop_over_its_chunks() {
    insta::assert_snapshot!(ir_of(
        "(defn squares [xs] (into [] (map (fn [x] (* x x))) xs))"
    ));
}

#[test]
fn a_loop_polls_on_its_way_back() {
    insta::assert_snapshot!(ir_of(
        "(defn total [n] (loop [i 0 sum 0] (if (< i n) (recur (inc i) (+ sum i)) sum)))"
    ));
}

#[test]
fn the_last_use_moves_and_earlier_uses_count() {
    insta::assert_snapshot!(ir_of("(defn twice [v] (conj (conj v 1) (count v)))"));
}

#[test]
fn a_value_needed_on_one_side_only_is_dropped_on_the_other() {
    insta::assert_snapshot!(ir_of("(defn choose [test a b] (if test a b))"));
}

#[test]
fn a_call_in_tail_position_becomes_a_tail_call() {
    insta::assert_snapshot!(ir_of(
        "(defn even-down? [n] (if (== n 0) true (odd-down? (dec n))))"
    ));
}

#[test]
fn finally_runs_on_both_ways_out() {
    insta::assert_snapshot!(ir_of("(defn guard [f g] (try (f) (finally (g))))"));
}

#[test]
fn a_match_tests_nothing_twice() {
    insta::assert_snapshot!(ir_of(
        "(defn area [s]
           (match s
             [:circle r] -> r
             [:rectangle w h] -> w
             [:square w] -> w
             _ -> nil))"
    ));
}

#[test]
fn a_question_allocates_nothing_of_its_own() {
    insta::assert_snapshot!(ir_of("(defn next-one [r] (inc (? r)))"));
}

#[test]
fn a_closure_captures_what_it_uses() {
    insta::assert_snapshot!(ir_of("(defn adder [n unused] (fn [x] (+ x n)))"));
}

#[test]
fn arithmetic_of_a_hot_loop_calls_nothing() {
    insta::assert_snapshot!(ir_of(
        "(defn collatz [n]
           (loop [n n steps 0]
             (if (== n 1)
               steps
               (recur (if (zero? (rem n 2)) (quot n 2) (max n (inc (* 3 n)))) (inc steps)))))"
    ));
}

#[test]
fn a_test_of_core_is_guarded_by_its_var() {
    insta::assert_snapshot!(ir_of("(defn f [n] (if (even? n) :even :odd))"));
}

#[test]
fn a_loop_over_an_array_calls_nothing() {
    insta::assert_snapshot!(ir_of(
        "(defn total [a]
           (loop [i 0 sum 0.0]
             (if (< i (alength a)) (recur (inc i) (+ sum (aget a i))) sum)))"
    ));
}

#[test]
fn a_small_function_stands_where_it_is_called() {
    insta::assert_snapshot!(ir_of(
        "(defn square [x] (* x x))
         (defn hypotenuse [a b] (+ (square a) (square b)))"
    ));
}
