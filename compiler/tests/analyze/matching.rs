//! Decision trees.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn literals_are_tested_in_order() {
    assert_snapshot!(analyzed("(defn f [x] (match x 1 -> :one \"s\" -> :s nil -> :n))"), @r##"
    (top-fn user/f
     ([x.0]
      (join@2 [] :n
       (join@1 [] :s
        (join@0 [] :one
         (if (%WordEq x.0 1) (jump@0)
          (if (= "s" x.0) (jump@1)
           (if (%WordEq x.0 nil) (jump@2) (no-match* x.0)))))))))
    "##);
}

#[test]
fn tagged_vectors_share_their_tests() {
    assert_snapshot!(
        analyzed("(defn f [m] (match m [:add a b] -> (+ a b) [:neg a] -> (- 0 a) [:sub a b] -> (- a b) _ -> nil))"),
        @r##"
    (top-fn user/f
     ([m.0]
      (join@3 [] nil
       (join@2 [a.4 b.5] (%Sub a.4 b.5)
        (join@1 [a.3] (%Sub 0 a.3)
         (join@0 [a.1 b.2] (%Add a.1 b.2)
          (if (%IsVector m.0)
           (if (%WordEq (%VectorCount m.0) 3)
            (let [element.6 (%VectorNth m.0 0)]
             (if (%WordEq element.6 :add)
              (let
               [element.7 (%VectorNth m.0 1) element.8 (%VectorNth m.0 2)]
               (jump@0 element.7 element.8))
              (if (%WordEq element.6 :sub)
               (let
                [element.9 (%VectorNth m.0 1) element.10 (%VectorNth m.0 2)]
                (jump@2 element.9 element.10))
               (jump@3))))
            (if (%WordEq (%VectorCount m.0) 2)
             (let
              [element.11 (%VectorNth m.0 0)]
              (if (%WordEq element.11 :neg)
               (let [element.12 (%VectorNth m.0 1)] (jump@1 element.12))
               (jump@3)))
             (jump@3)))
           (if (%IsClass m.0 :list)
            (let
             [cell.13 (seq m.0)]
             (if (%WordEq cell.13 nil) (jump@3)
              (let
               [rest.14 (rest cell.13) cell.15 (seq rest.14)]
               (if (%WordEq cell.15 nil) (jump@3)
                (let
                 [rest.16 (rest cell.15) cell.17 (seq rest.16)]
                 (if (%WordEq cell.17 nil)
                  (let
                   [element.18 (first cell.13)]
                   (if (%WordEq element.18 :neg)
                    (let [element.19 (first cell.15)] (jump@1 element.19))
                    (jump@3)))
                  (let
                   [rest.20 (rest cell.17) cell.21 (seq rest.20)]
                   (if (%WordEq cell.21 nil)
                    (let
                     [element.22 (first cell.13)]
                     (if (%WordEq element.22 :add)
                      (let
                       [element.23
                        (first cell.15)
                        element.24
                        (first cell.17)]
                       (jump@0 element.23 element.24))
                      (if (%WordEq element.22 :sub)
                       (let
                        [element.25
                         (first cell.15)
                         element.26
                         (first cell.17)]
                        (jump@2 element.25 element.26))
                       (jump@3))))
                    (jump@3)))))))))
            (jump@3)))))))))
    "##);
}

#[test]
fn rest_patterns() {
    assert_snapshot!(analyzed("(defn f [x] (match x [a & r] -> [a r] [] -> nil))"), @r##"
    (top-fn user/f
     ([x.0]
      (join@1 [] nil
       (join@0 [a.1 r.2] (vector a.1 r.2)
        (if (%IsVector x.0)
         (if (%Ge (%VectorCount x.0) 1)
          (let
           [element.3 (%VectorNth x.0 0) rest.4 (vector-rest x.0 1)]
           (jump@0 element.3 rest.4))
          (jump@1))
         (if (%IsClass x.0 :list)
          (let [cell.5 (seq x.0)]
           (if (%WordEq cell.5 nil) (jump@1)
            (let
             [element.6 (first cell.5) rest.7 (rest cell.5)]
             (jump@0 element.6 rest.7))))
          (no-match* x.0)))))))
    "##);
    assert_snapshot!(analyzed("(defn f [x] (match x (list a b) -> a))"), @r##"
    (top-fn user/f
     ([x.0]
      (join@0 [a.1 b.2] a.1
       (if (%IsClass x.0 :list)
        (let [cell.3 (seq x.0)]
         (if (%WordEq cell.3 nil) (no-match* x.0)
          (let
           [rest.4 (rest cell.3) cell.5 (seq rest.4)]
           (if (%WordEq cell.5 nil) (no-match* x.0)
            (let
             [rest.6 (rest cell.5) cell.7 (seq rest.6)]
             (if (%WordEq cell.7 nil)
              (let
               [element.8 (first cell.3) element.9 (first cell.5)]
               (jump@0 element.8 element.9))
              (no-match* x.0)))))))
        (no-match* x.0)))))
    "##);
}

#[test]
fn maps() {
    assert_snapshot!(analyzed("(defn f [m] (match m {:ok v} -> v {:error e} -> e))"), @r##"
    (top-fn user/f
     ([m.0]
      (join@1 [e.2] e.2
       (join@0 [v.1] v.1
        (if (%IsMap m.0)
         (let
          [value.3 (get m.0 :ok :absent)]
          (if
           (%Not (%WordEq value.3 :absent))
           (jump@0 value.3)
           (let
            [value.4 (get m.0 :error :absent)]
            (if
             (%Not (%WordEq value.4 :absent))
             (jump@1 value.4)
             (no-match* m.0)))))
         (no-match* m.0))))))
    "##);
    assert_snapshot!(
        analyzed("(defn f [m] (match m {:keys [a b] :or {b 2} :as all} -> [a b all]))"), @r##"
    (top-fn user/f
     ([m.0]
      (join@0 [a.1 b.2 all.3]
       (vector a.1 b.2 all.3)
       (if (%IsMap m.0)
        (let
         [value.4 (get m.0 :a :absent)]
         (if
          (%Not (%WordEq value.4 :absent))
          (let
           [value.5
            (get m.0 :b :absent)
            value.6
            (if (%WordEq value.5 :absent) 2 value.5)]
           (jump@0 value.4 value.6 m.0))
          (no-match* m.0)))
        (no-match* m.0)))))
    "##);
}

#[test]
fn guards_fail_quietly() {
    assert_snapshot!(
        analyzed("(defn f [n] (match n x when (pos? x) -> :pos x when (nil? x) -> :nil _ -> 0))"),
        @r##"
    (top-fn user/f
     ([n.0]
      (join@2 [] 0
       (join@1 [x.2] :nil
        (join@0 [x.1] :pos
         (if
          (try (%Test(Pos) n.0) (catch fault.3 false))
          (jump@0 n.0)
          (if (%IsNil n.0) (jump@1 n.0) (jump@2))))))))
    "##);
}

#[test]
fn repeated_names_pins_alternatives_types() {
    assert_snapshot!(analyzed("(defn f [v] (match v [x x] -> x))"), @r##"
    (top-fn user/f
     ([v.0]
      (join@0 [x.1] x.1
       (if (%IsVector v.0)
        (if (%WordEq (%VectorCount v.0) 2)
         (let
          [element.2 (%VectorNth v.0 0) element.3 (%VectorNth v.0 1)]
          (if
           (= element.2 element.3)
           (jump@0 element.2)
           (no-match* v.0)))
         (no-match* v.0))
        (if (%IsClass v.0 :list)
         (let [cell.4 (seq v.0)]
          (if (%WordEq cell.4 nil) (no-match* v.0)
           (let
            [rest.5 (rest cell.4) cell.6 (seq rest.5)]
            (if (%WordEq cell.6 nil) (no-match* v.0)
             (let
              [element.7 (first cell.4) element.8 (first cell.6)]
              (if
               (= element.7 element.8)
               (let
                [rest.9 (rest cell.6) cell.10 (seq rest.9)]
                (if (%WordEq cell.10 nil) (jump@0 element.7) (no-match* v.0)))
               (no-match* v.0)))))))
         (no-match* v.0))))))
    "##);
    assert_snapshot!(analyzed("(defn f [v y] (match v ~y -> 1 (pin v) -> 2))"), @r##"
    (top-fn user/f
     ([v.0 y.1]
      (join@1 [] 2
       (join@0 [] 1
        (if (= y.1 v.0) (jump@0)
         (if (= v.0 v.0) (jump@1) (no-match* v.0)))))))
    "##);
    assert_snapshot!(analyzed("(defn f [v] (match v (or 1 2 (as 3 _)) -> (println v) _ -> 2))"), @r##"
    (top-fn user/f
     ([v.0]
      (join@1 [] 2
       (join@0 [] (println v.0)
        (if (%WordEq v.0 1) (jump@0)
         (if (%WordEq v.0 2) (jump@0) (if (%WordEq v.0 3) (jump@0) (jump@1))))))))
    "##);
    assert_snapshot!(
        analyzed("(defn f [v] (match v (n :: Int) -> n (s :: Num) -> s [a] -> a))"), @r##"
    (top-fn user/f
     ([v.0]
      (join@2 [a.3] a.3
       (join@1 [s.2] s.2
        (join@0 [n.1] n.1
         (if (%IsClass v.0 :int) (jump@0 v.0)
          (if
           (if (%IsClass v.0 :int) true
            (if (%IsClass v.0 :float) true
             (if (%IsClass v.0 :ratio) true (%IsClass v.0 :decimal))))
           (jump@1 v.0)
           (if (%IsVector v.0)
            (if (%WordEq (%VectorCount v.0) 1)
             (let [element.4 (%VectorNth v.0 0)] (jump@2 element.4))
             (no-match* v.0))
            (if (%IsClass v.0 :list)
             (let [cell.5 (seq v.0)]
              (if (%WordEq cell.5 nil) (no-match* v.0)
               (let
                [rest.6 (rest cell.5) cell.7 (seq rest.6)]
                (if (%WordEq cell.7 nil)
                 (let [element.8 (first cell.5)] (jump@2 element.8))
                 (no-match* v.0)))))
             (no-match* v.0))))))))))
    "##);
    assert_snapshot!(analyzed("(defn f [v k] (match v #{1 ~k} -> 1))"), @r##"
    (top-fn user/f
     ([v.0 k.1]
      (join@0 [] 1
       (if
        (= (hash-set 1 k.1) v.0)
        (jump@0)
        (no-match* v.0)))))
    "##);
}

#[test]
fn arrow_functions() {
    assert_snapshot!(
        analyzed("(defn f [0] -> 1 [n] when (pos? n) -> (f (dec n)) [a b] -> (recur a b))"), @r##"
    (top-fn user/f
     ([arg.0]
      (join@1 [n.1] (user/f (%Dec n.1))
       (join@0 [] 1
        (if (%WordEq arg.0 0) (jump@0)
         (if
          (try (%Test(Pos) arg.0) (catch fault.2 false))
          (jump@1 arg.0)
          (no-match* (vector arg.0)))))))
     ([arg.3 arg.4] (join@2 [a.5 b.6] (recur a.5 b.6) (jump@2 arg.3 arg.4))))
    "##);
}

#[test]
fn recur_passes_through_clauses() {
    assert_snapshot!(
        analyzed("(defn f [xs n] (match xs [] -> n [_ & r] -> (recur r (inc n))))"), @r##"
    (top-fn user/f
     ([xs.0 n.1]
      (join@1 [r.2] (recur r.2 (%Inc n.1))
       (join@0 [] n.1
        (if (%IsVector xs.0)
         (if
          (%WordEq (%VectorCount xs.0) 0)
          (jump@0)
          (let [rest.3 (vector-rest xs.0 1)] (jump@1 rest.3)))
         (if (%IsClass xs.0 :list)
          (let
           [cell.4 (seq xs.0)]
           (if (%WordEq cell.4 nil) (jump@0)
            (let [rest.5 (rest cell.4)] (jump@1 rest.5))))
          (no-match* xs.0)))))))
    "##);
}

#[test]
fn clauses_that_never_match_are_told() {
    assert_snapshot!(analyzed("(defn f [x] (match x a -> 1 2 -> 3))"), @r##"
    (top-fn user/f ([x.0] (join@0 [a.1] 1 (jump@0 x.0))))
    warning match::unreachable: this clause can never match
      at 2
    "##);
    assert_snapshot!(analyzed("(defn f [x] (match x 1 -> 1 2 -> 2 1 -> 3))"), @r##"
    (top-fn user/f
     ([x.0]
      (join@1 [] 2
       (join@0 [] 1
        (if (%WordEq x.0 1) (jump@0)
         (if (%WordEq x.0 2) (jump@1) (no-match* x.0)))))))
    warning match::unreachable: this clause can never match
      at 1
    "##);
    assert_snapshot!(analyzed("(defn f [x] (match x [a] -> 1 [b & r] -> 2 [:x] -> 3))"), @r##"
    (top-fn user/f
     ([x.0]
      (join@1 [b.2 r.3] 2
       (join@0 [a.1] 1
        (if (%IsVector x.0)
         (if (%WordEq (%VectorCount x.0) 1)
          (let [element.4 (%VectorNth x.0 0)] (jump@0 element.4))
          (if (%Ge (%VectorCount x.0) 1)
           (let
            [element.5 (%VectorNth x.0 0) rest.6 (vector-rest x.0 1)]
            (jump@1 element.5 rest.6))
           (no-match* x.0)))
         (if (%IsClass x.0 :list)
          (let [cell.7 (seq x.0)]
           (if (%WordEq cell.7 nil) (no-match* x.0)
            (let
             [rest.8 (rest cell.7) cell.9 (seq rest.8)]
             (if (%WordEq cell.9 nil)
              (let [element.10 (first cell.7)] (jump@0 element.10))
              (let [element.11 (first cell.7)] (jump@1 element.11 rest.8))))))
          (no-match* x.0)))))))
    warning match::unreachable: this clause can never match
      at [:x]
    "##);
}
