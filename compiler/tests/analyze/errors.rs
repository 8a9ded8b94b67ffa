//! What is refused, and where the message points.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn unknown_names_are_told_at_the_end() {
    assert_snapshot!(analyzed("(defn f [x] (prinltn x y))\n(f later)\n(def later 1)"), @r##"
    (top-fn user/f ([x.0] (user/prinltn x.0 user/y)))
    (user/f user/later)
    (def user/later 1)
    error resolve::unknown: `prinltn` is not defined (did you mean `println`?)
      at prinltn
    error resolve::unknown: `y` is not defined
      at y
    "##);
    assert_snapshot!(analyzed("(strr/upper \"a\")"), @r##"
    error resolve::unknown-namespace: there is no namespace or alias `strr` (`(require '[… :as strr])` first)
      at strr/upper
    "##);
}

#[test]
fn wrong_numbers_of_arguments() {
    assert_snapshot!(analyzed("(defn f [a b] a)\n(f 1)\n(defn g [] (h 1 2))\n(defn h [x] x)"), @r##"
    (top-fn user/f ([a.0 b.1] a.0))
    error call::arity: `f` does not take 1 argument (it takes `[a b]`)
      at (f 1)
    (top-fn user/g ([] (user/h 1 2)))
    (top-fn user/h ([x.0] x.0))
    error call::arity: `h` does not take 2 arguments (it takes `[x]`)
      at (h 1 2)
    "##);
    assert_snapshot!(analyzed("(eval)"), @r##"
    error call::arity: `eval` does not take 0 arguments (it takes `[form]`)
      at (eval)
    "##);
    assert_snapshot!(analyzed("(defn f [a] a)\n(try (f) (catch :default e 1))"), @r##"
    (top-fn user/f ([a.0] a.0))
    (try (user/f) (catch thrown.0 (join@0 [e.1] 1 (jump@0 thrown.0))))
    "##);
}

#[test]
fn recur_in_the_wrong_place() {
    assert_snapshot!(analyzed("(defn f [n] (+ 1 (recur n)))"), @r##"
    error recur::not-tail: `recur` is not in tail position (call the function by its name where its result is needed)
      at (recur n)
    "##);
    assert_snapshot!(analyzed("(recur 1)"), @r##"
    error recur::nowhere: `recur` stands in no loop, function or actor
      at (recur 1)
    "##);
    assert_snapshot!(analyzed("(loop [i 0] (try (recur 1) (finally 2)))"), @r##"
    error recur::across-try: `recur` cannot leave a `try` (put the `try` into a function of its own, or the loop inside the `try`)
      at (recur 1)
    "##);
    assert_snapshot!(analyzed("(loop [i 0] (recur 1 2))"), @r##"
    error recur::arity: `recur` gives 2 values, but the loop has 1
      at (recur 1 2)
    "##);
}

#[test]
fn clauses_and_patterns() {
    assert_snapshot!(analyzed("(match 1 2)"), @r##"
    error expand::clause: this clause of `match` has no `->` (a clause is `pattern -> body …` or `pattern when guard -> body …`)
      at 2
    "##);
    assert_snapshot!(analyzed("(match 1 x -> 2 3 y -> 4)"), @r##"
    error expand::clause: an integer in the middle of a body does nothing
      at 2
    "##);
    assert_snapshot!(analyzed("(match 1 (f x) -> 2)"), @r##"
    error match::pattern: a list in a pattern is `(or …)`, `(as p name)`, `(pin x)`, `(list …)` or `(p :: T)`
      at (f x)
    "##);
    assert_snapshot!(analyzed("(match 1 (or x 2) -> 2)"), @r##"
    error match::pattern: all alternatives must bind the same names
      at (or x 2)
    "##);
    assert_snapshot!(analyzed("(match 1 x when (send x 1) -> 2)"), @r##"
    error match::guard: `send` cannot be used in a guard (a guard only looks; move it into the clause's body)
      at (send x 1)
    "##);
    assert_snapshot!(analyzed("(receive-timeout 1 x -> 2)"), @r##"
    error analyze::malformed: `receive-timeout` is not well formed: its last clause, and no other, is `timeout -> …`
      at (receive-timeout 1 x -> 2)
    "##);
}

#[test]
fn several_errors_in_one_form() {
    assert_snapshot!(analyzed("(do (if) (let [x] 1) (1 2))"), @r##"
    error analyze::malformed: `if` is not well formed: it wants a test, a form, and perhaps another one
      at (if)
    error expand::odd-bindings: `let` needs an even number of forms in its binding vector (write `(let [form value …] & body)`)
      at x
    error call::not-a-function: an integer cannot be called (a list starts with what it calls; write `'(…)` for a list as data)
      at 1
    "##);
    assert_snapshot!(analyzed("(defn f [] (twice (if)) (when) when)"), @r##"
    error analyze::malformed: `if` is not well formed: it wants a test, a form, and perhaps another one [in code that the macro `twice` made]
      at (if)
    error expand::shape: `when` needs a test (write `(when test & body)`)
      at (when)
    error resolve::macro-value: `when` is a macro, not a value (call it, or wrap it in a function)
      at when
    "##);
}

#[test]
fn failures() {
    assert_snapshot!(analyzed("(try 1 (catch ArithmeticExeption e 1))"), @r##"
    error try::unknown: `ArithmeticExeption` is no kind of failure (did you mean `ArithmeticException`?)
      at ArithmeticExeption
    "##);
    assert_snapshot!(analyzed("(try 1 (finally 2) 3)"), @r##"
    error analyze::malformed: `try` is not well formed: body first, then `catch`es, then at most one `finally`
      at 3
    "##);
    assert_snapshot!(analyzed("(defn f [xs] (for [x xs] (? x)))"), @r##"
    error analyze::question: `?` cannot leave the body of `for` (it runs later or elsewhere; give the result on and use `?` where it is read)
      at (? x)
    "##);
    assert_snapshot!(analyzed("(.toString 1)"), @r##"
    error analyze::interop: `.toString`: there is no host to call methods of (use `str`)
      at .toString
    "##);
}
