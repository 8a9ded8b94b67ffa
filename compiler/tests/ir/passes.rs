//! What each pass does: the IR before and behind it.

use batuta_compiler::code::LazyFunction;
use batuta_compiler::ir::function::Literal;
use batuta_runtime::function::CodeSource;

use super::with_function;

/// The first arity of the function that the last form defines, before and behind a pass.
fn around(pass: &str, text: &str) -> String {
    with_function(text, |function| around_in(pass, function))
}

/// As `around`, of the closure that the function makes.
fn around_in_closure(pass: &str, text: &str) -> String {
    with_function(text, |function| {
        let arities = function.ir().expect("it lowers");
        let mut literals = arities[0].literals.iter();
        let code = literals.find_map(|literal| match literal {
            Literal::Code(code) => Some(code),
            _ => None,
        });
        let CodeSource::Compiled(inner) = &code.expect("it makes a closure").source else {
            panic!("it is compiled")
        };
        around_in(pass, LazyFunction::behind(inner).expect("of this compiler"))
    })
}

fn around_in(pass: &str, function: &LazyFunction) -> String {
    let arities = function.stages().expect("it lowers");
    let stages = &arities[0];
    let behind = stages.iter().position(|(name, _)| *name == pass);
    let behind = behind.expect("there is such a pass");
    let ((_, before), (_, after)) = (&stages[behind - 1], &stages[behind]);
    format!("{before}\n---- {pass} ----\n{after}")
}

#[test]
fn inline_puts_a_small_function_in_place_of_its_call() {
    insta::assert_snapshot!(around(
        "inline",
        "(defn twice [x] (+ x x)) (defn twice-one-more [x] (+ 1 (twice x)))"
    ));
}

#[test]
fn inline_puts_a_function_that_loops_into_a_loop_only() {
    let sum = "(defn sum [n] (loop [i 0 s 0] (if (< i n) (recur (+ i 1) (+ s i)) s)))";
    let looping = format!("{sum} (defn f [n] (loop [k 0] (if (< k n) (recur (+ k (sum k))) k)))");
    insta::assert_snapshot!(around("inline", &looping));
    let plain = around("inline", &format!("{sum} (defn f [n] (+ 1 (sum n)))"));
    let (before, after) = plain.split_once("---- inline ----").expect("it is there");
    assert_eq!(before.trim(), after.trim());
}

#[test]
fn inline_makes_a_call_in_tail_position_one_of_its_own() {
    insta::assert_snapshot!(around(
        "inline",
        "(declare g) (defn to-g [x] (g x 1)) (defn f [x] [(to-g x)])"
    ));
}

#[test]
fn fold_computes_what_is_constant_and_takes_certain_branches() {
    insta::assert_snapshot!(around(
        "fold",
        "(defn area [x] (let [side (* 4 (+ 1 2))] (if (< side 20) (* x side) (/ x side))))"
    ));
}

#[test]
fn fold_leaves_what_can_fail() {
    insta::assert_snapshot!(around(
        "fold",
        "(defn broken [] (+ (quot 1 0) (* 4611686018427387 9999)))"
    ));
}

#[test]
fn thread_takes_the_branches_of_or_where_they_are_decided() {
    insta::assert_snapshot!(around(
        "thread",
        "(defn outside? [x low high] (if (or (< x low) (> x high)) :outside :inside))"
    ));
}

#[test]
fn common_computes_a_square_once() {
    insta::assert_snapshot!(around(
        "common",
        "(defn f [x y] (if (> (* x x) 4) (- (* x x) y) (+ (* x x) y)))"
    ));
}

#[test]
fn common_forgets_at_a_join_what_one_way_has_computed() {
    insta::assert_snapshot!(around(
        "common",
        "(defn f [x y] (let [a (if y (* x x) 0)] (+ a (* x x))))"
    ));
}

#[test]
fn dead_takes_away_what_nobody_needs() {
    insta::assert_snapshot!(around(
        "dead",
        "(defn f [x] (let [unused (fn [] x) kept (+ x 1)] (if (not (not (neg? kept))) 1 2)))"
    ));
}

#[test]
fn ownership_counts_what_is_used_again() {
    insta::assert_snapshot!(around("ownership", "(defn pair [x] [x (str x)])"));
}

#[test]
fn vacate_lets_a_matcher_give_up_the_state_on_the_way_of_a_clause() {
    insta::assert_snapshot!(around_in_closure(
        "vacate",
        "(defn keep [state] (fn self [x] (if (vector? x) (self state) (conj state x))))"
    ));
}

#[test]
fn borrow_counts_no_global_that_is_only_looked_at() {
    insta::assert_snapshot!(around(
        "ownership",
        "(def place {:x 1}) (declare use) (defn f [] (if (nil? place) (:x place) (use place)))"
    ));
}
