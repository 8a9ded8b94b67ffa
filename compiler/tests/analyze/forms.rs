//! Functions, bindings, literals, operators, failures.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn constants_and_collections() {
    assert_snapshot!(analyzed("[1 :a \"s\" 'sym {:k [nil]}]"), @r##"[1 :a "s" sym {:k [nil]}]"##);
    assert_snapshot!(analyzed("(defn f [x] [x {:a x} #{x}])"), @r##"
    (top-fn user/f
     ([x.0] (vector x.0 (hash-map :a x.0) (hash-set x.0))))
    "##);
}

#[test]
fn operators_become_instructions() {
    assert_snapshot!(analyzed("(defn f [a b c] (+ a b c 1))"), @"(top-fn user/f ([a.0 b.1 c.2] (%Add (%Add (%Add a.0 b.1) c.2) 1)))");
    assert_snapshot!(analyzed("(defn f [a b c] (< a b c))"), @r##"
    (top-fn user/f
     ([a.0 b.1 c.2]
      (let
       [operand.3 a.0 operand.4 b.1 operand.5 c.2]
       (if (%Lt operand.3 operand.4) (%Lt operand.4 operand.5) false))))
    "##);
    assert_snapshot!(analyzed("(defn f [a] (if (= a :x) (not (nil? a)) (not= a 1)))"), @"(top-fn user/f ([a.0] (if (%WordEq a.0 :x) (%Not (%IsNil a.0)) (%Not (%WordEq a.0 1)))))");
    assert_snapshot!(analyzed("(defn f [a] (- a))"), @"(top-fn user/f ([a.0] (%Unary(Neg) a.0)))");
    assert_snapshot!(analyzed("(defn f [+] (+ 1 2))"), @"(top-fn user/f ([+.0] (call +.0 1 2)))");
}

#[test]
fn closures_capture_through_functions_in_between() {
    assert_snapshot!(analyzed("(defn f [x] (fn [y] (fn [z] (+ x y z))))"), @r##"
    (top-fn user/f
     ([x.0]
      (fn user/f/fn (captures x.1=.0)
       ([y.0] (fn user/f/fn/fn (captures x.1=.1 y.2=.0) ([z.0] (%Add (%Add x.1 y.2) z.0)))))))
    "##);
}

#[test]
fn a_function_knows_itself() {
    assert_snapshot!(analyzed("(defn f [n] (f (dec n)))"), @"(top-fn user/f ([n.0] (user/f (%Dec n.0))))");
    assert_snapshot!(analyzed("(fn g [n] (g (dec n)))"), @"(fn user/g self=self.1 ([n.0] (call self.1 (%Dec n.0))))");
}

#[test]
fn several_arities_and_rest() {
    assert_snapshot!(analyzed("(defn f ([] (f 1)) ([a & more] (recur a more)))"), @"(top-fn user/f ([] (user/f 1)) ([a.0 & more.1] (recur a.0 more.1)))");
}

#[test]
fn functions_that_know_one_another() {
    assert_snapshot!(
        analyzed("(defn f [x] (letfn [(a [n] (b n)) (b [n] (a x))] (a 1)))"), @r##"
    (top-fn user/f
     ([x.0]
      (letfn
       [a.1
        (fn user/f/a (captures b.1=.2) ([n.0] (call b.1 n.0)))
        b.2
        (fn user/f/b (captures a.1=.1 x.2=.0) ([n.0] (call a.1 x.2)))]
       (call a.1 1))))
    "##);
}

#[test]
fn loops() {
    assert_snapshot!(
        analyzed("(defn f [n] (loop [i 0 acc i] (if (< i n) (recur (inc i) (+ acc i)) acc)))"),
        @r##"
    (top-fn user/f
     ([n.0]
      (loop@0 [i.1 0 acc.2 i.1]
       (if (%Lt i.1 n.0) (recur@0 (%Inc i.1) (%Add acc.2 i.1)) acc.2))))
    "##);
}

#[test]
fn definitions_of_values() {
    assert_snapshot!(analyzed("(def x 1)\n(def y (inc x))\n(declare z)"), @r##"
    (def user/x 1)
    (def user/y (%Inc user/x))
    (def user/z)
    "##);
    assert_snapshot!(analyzed("(def ^:dynamic *d* 1)\n(defn f [] *d*)\n(set! *d* 2)"), @r##"
    (def user/*d* 1)
    (top-fn user/f ([] (dynamic-value #'user/*d*)))
    (set-dynamic-value #'user/*d* 2)
    "##);
    assert_snapshot!(analyzed("(defmacro m [x] x)"), @"macro (top-fn user/m ([&form.0 &env.1 x.2] x.2))");
}

#[test]
fn macros_of_the_program_and_nested_do() {
    assert_snapshot!(analyzed("(twice (println 1))"), @r##"
    (println 1)
    (println 1)
    "##);
    assert_snapshot!(analyzed("(fn [] (twice 1))"), @"(fn user/fn ([] (do 1 1)))");
}

#[test]
fn try_catch_finally() {
    assert_snapshot!(
        analyzed("(try (println 1) (catch ArithmeticException e e) (catch :default e (throw e)))"),
        @r##"
    (try (println 1)
     (catch thrown.0
      (join@1 [e.2] (throw e.2)
       (join@0 [e.1] e.1
        (if (%IsClass thrown.0 :error)
         (let
          [value.3 (get thrown.0 :kind :absent)]
          (if
           (%WordEq value.3 :divide-by-zero)
           (jump@0 thrown.0)
           (if (%WordEq value.3 :number) (jump@0 thrown.0) (jump@1 thrown.0))))
         (jump@1 thrown.0))))))
    "##);
    assert_snapshot!(
        analyzed("(try 1 (catch {:kind :type} -> 2  [:a x] -> x) (finally (println 3)))"), @r##"
    (try 1
     (catch thrown.0
      (join@1 [x.1] x.1
       (join@0 [] 2
        (if (%IsMap thrown.0)
         (let
          [value.2 (get thrown.0 :kind :absent)]
          (if (%WordEq value.2 :type) (jump@0) rethrow))
         (if (%IsVector thrown.0)
          (if
           (%WordEq (%VectorCount thrown.0) 2)
           (let
            [element.3 (%VectorNth thrown.0 0)]
            (if (%WordEq element.3 :a)
             (let [element.4 (%VectorNth thrown.0 1)] (jump@1 element.4))
             rethrow))
           rethrow)
          (if (%IsClass thrown.0 :list)
           (let
            [cell.5 (seq thrown.0)]
            (if (%WordEq cell.5 nil) rethrow
             (let
              [element.6 (first cell.5)]
              (if (%WordEq element.6 :a)
               (let
                [rest.7 (rest cell.5) cell.8 (seq rest.7)]
                (if (%WordEq cell.8 nil) rethrow
                 (let
                  [rest.9 (rest cell.8) cell.10 (seq rest.9)]
                  (if (%WordEq cell.10 nil)
                   (let [element.11 (first cell.8)] (jump@1 element.11))
                   rethrow))))
               rethrow))))
           rethrow))))))
     (finally (println 3)))
    "##);
}

#[test]
fn results() {
    assert_snapshot!(analyzed("(defn f [r] (+ 1 (? r)))"), @r##"
    (top-fn user/f
     ([r.0]
      (%Add 1
       (let [result.1 r.0]
        (if (result-ok result.1) (get result.1 :ok) (return result.1))))))
    "##);
    assert_snapshot!(analyzed("(defn f [r] (? r (println 1)))"), @r##"
    (top-fn user/f
     ([r.0]
      (let [result.1 r.0]
       (if
        (result-ok result.1)
        (get result.1 :ok)
        (println 1)))))
    "##);
    assert_snapshot!(analyzed("(? (! 1))"), @"(unwrap (unwrap 1))");
}

#[test]
fn case_by_constant() {
    assert_snapshot!(analyzed("(defn f [x] (case x :a 1 (:b \"c\") (println x) 3))"), @r##"
    (top-fn user/f
     ([x.0]
      (let [value.1 x.0]
       (if (%WordEq value.1 :a) 1
        (join@0 [] (println x.0)
         (if (%WordEq value.1 :b) (jump@0) (if (= value.1 "c") (jump@0) 3)))))))
    "##);
}

#[test]
fn templates() {
    assert_snapshot!(analyzed("(fn [x xs] `(when ~x (y ~@xs)))"), @r##"
    (fn user/fn
     ([x.0 xs.1]
      (list clojure.core/when x.0
       (seq (concat (list user/y) xs.1)))))
    "##);
}
