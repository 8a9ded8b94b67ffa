//! Templates of queries.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn columns_stay_and_values_become_parameters() {
    assert_snapshot!(
        analyzed("(fn [n] (from :users (where (> :age (+ n 1)) (= :status ':active)) (select :name {:twice (* 2 :age)}) (limit n)))"),
        @r##"
    (fn user/fn
     ([n.0]
      (dlog/query*
       [(source (param 0)) (where (> :age (param 1)) (= :status (lit :active))) (select :name (as (* 2 :age) :twice)) (limit (param 2))]
       (vector :users (%Add n.0 1) n.0))))
    "##);
}

#[test]
fn functions_of_the_program_are_called_per_row() {
    assert_snapshot!(
        analyzed("(defn tax [x] x)\n(fn [g] (from :o (select {:a (tax :x) :b (g :y) :c (tax 1)})))"),
        @r##"
    (top-fn user/tax ([x.0] x.0))
    (fn user/fn
     ([g.0]
      (dlog/query*
       [(source (param 0)) (select (as (udf (param 1) :x) :a) (as (udf (param 2) :y) :b) (as (param 3) :c))]
       (vector :o user/tax g.0 (user/tax 1)))))
    "##);
}

#[test]
fn groups_joins_orders_windows() {
    assert_snapshot!(
        analyzed("(from (as :flights :f) (join (as :planes :p) (= :f.tail :p.tail)) (group-by :dest {:m (quot :t 100)}) (aggregate {:n (count *) :d (avg :delay)}) (order-by :n :desc :nulls-last (col :asc)) (limit 5))"),
        @r##"
    (dlog/query*
     [(source (param 0) :f) (join (source (param 1) :p) (= :f.tail :p.tail)) (group-by :dest (as (quot :t 100) :m)) (aggregate (as (count *) :n) (as (avg :delay) :d)) (order-by [[:n :desc :last] [:asc :asc nil]]) (limit 5)]
     (vector :flights :planes))
    "##);
    assert_snapshot!(
        analyzed("(from :x (window {:r (rank)} :partition-by [:a] :order-by [:k :desc] :rows [-6 0]))"),
        @r##"
    (dlog/query*
     [(source (param 0)) (window (as (rank) :r) {:partition-by [:a], :order-by [[:k :desc nil]], :rows [-6 0]})]
     (vector :x))
    "##);
}

#[test]
fn macros_and_branches_inside() {
    assert_snapshot!(
        analyzed("(from :x (where (-> :a inc (> 3)) (cond (> :b 1) :c :else 0) (case :d 1 :e 2)))"),
        @r##"
    (dlog/query*
     [(source (param 0)) (where (> (inc :a) 3) (cond (> :b 1) :c true 0) (case :d (lit 1) :e 2))]
     (vector :x))
    "##);
}

#[test]
fn clauses_outside_take_the_query_last() {
    assert_snapshot!(analyzed("(fn [q] (where (> :a 1) q))"), @r##"
    (fn user/fn
     ([q.0] (dlog/query* [(source (param 0)) (where (> :a 1))] (vector q.0))))
    "##);
    assert_snapshot!(analyzed("(->> (from :x) (where :a) (map inc) (reduce +))"), @r##"
    (reduce +
     (dlog/query*
      [(source (param 0)) (where :a) (map (param 1))]
      (vector :x inc)))
    "##);
}

#[test]
fn what_is_no_clause() {
    assert_snapshot!(analyzed("(from :x (wher (> :a 1)))"), @r##"
    error query::clause: `wher` is no clause of `from` (did you mean `where`?)
      at wher
    "##);
    assert_snapshot!(analyzed("(from)"), @r##"
    error query::malformed: `from` wants a source and clauses; a clause alone wants its query last
      at (from)
    "##);
}
