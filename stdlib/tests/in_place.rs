//! Collections with one owner are changed in place: how often something is copied does not depend
//! on how often it is changed. One test, since the count is the process's.

use batuta_compiler::library::{self, LibrarySource};
use batuta_compiler::session::{Session, run_and_wait};
use batuta_runtime::collections::copies;
use batuta_runtime::value::Value;

fn evaluate(session: &mut Session, text: &str) -> Value {
    let forms = session.read("in-place", text).unwrap_or_else(|found| {
        panic!("{text}: {}", found[0].message);
    });
    let mut value = Value::NIL;
    for form in &forms {
        value = session
            .evaluate(form, &mut run_and_wait)
            .unwrap_or_else(|_| panic!("{text} fails"));
    }
    value
}

/// The copies that evaluating the call makes.
fn copies_of(session: &mut Session, call: &str, n: usize) -> usize {
    let call = call.replace("$n", &n.to_string());
    evaluate(session, &call);
    let before = copies::count();
    evaluate(session, &call);
    copies::count() - before
}

const CHANGES: &[(&str, &str)] = &[
    ("conj", "(count (reduce conj [] (range $n)))"),
    (
        "conj of a function",
        "(let [f conj] (count (reduce f [] (range $n))))",
    ),
    ("into", "(count (into [] (map inc) (range $n)))"),
    ("assoc in a loop", "(count (assoc-many {} $n))"),
    (
        "assoc in a vector",
        "(count (set-many (vec (range 100)) $n))",
    ),
    (
        "update-in",
        "(:sum (:b (:a (sum-in {:a {:b {:sum 0 :items []}}} $n))))",
    ),
    (
        "items in a nested map",
        "(count (:items (:b (:a (gather-in {:a {:b {:items []}}} $n)))))",
    ),
    ("assoc-in", "(count (put-in {:a {:b {}}} $n))"),
    (
        "update of a record",
        "(:total (total-of (->Total 0 [] nil) $n))",
    ),
    ("group-by", "(count (group-by odd? (range $n)))"),
    (
        "frequencies",
        "(count (frequencies (map (fn [x] (rem x 40)) (range $n))))",
    ),
    (
        "transient",
        "(count (persistent! (fill (transient {}) $n)))",
    ),
    ("state of an actor", "(keep-in-actor $n)"),
    (
        "state of an actor that receives in the middle",
        "(keep-in-task $n)",
    ),
];

const DEFINITIONS: &str = "
(defrecord Total [total items name])
(defn assoc-many [m n] (loop [m m i 0] (if (< i n) (recur (assoc m (rem i 50) i) (inc i)) m)))
(defn set-many [v n] (loop [v v i 0] (if (< i n) (recur (assoc v (rem i 100) i) (inc i)) v)))
(defn sum-in [m n] (loop [m m i 0] (if (< i n) (recur (update-in m [:a :b :sum] + i) (inc i)) m)))
(defn gather-in [m n]
  (loop [m m i 0] (if (< i n) (recur (update-in m [:a :b :items] conj i) (inc i)) m)))
(defn put-in [m n]
  (loop [m m i 0] (if (< i n) (recur (assoc-in m [:a :b (rem i 20)] i) (inc i)) m)))
(defn total-of [t n]
  (loop [t t i 0]
    (if (< i n)
      (recur (update (assoc t :total i) :items conj i) (inc i))
      t)))
(defactor keeper [m v]
  (receive
    [:put k x] -> (recur (assoc m k x) (conj v x))
    [:put-both k x] when (pos? x) -> (recur (assoc m k x (inc k) x) v)
    :size -> (do (reply (+ (count m) (count v))) (recur m v))))
(defn keep-in [pid n]
  (dotimes [i n] (send pid [:put (rem i 60) i]) (send pid [:put-both (rem i 70) i]))
  (call pid :size))
(defn keep-in-actor [n] (keep-in (spawn keeper {} []) n))
(defn keep-in-task [n]
  (keep-in (spawn (fn []
                    (loop [m {} v []]
                      (receive
                        [:put k x] -> (recur (assoc m k x) (conj v x))
                        [:put-both k x] -> (recur (assoc m k x (inc k) x) v)
                        :size -> (do (reply (+ (count m) (count v))) (recur m v))))))
           n))
(defn fill [t n] (loop [t t i 0] (if (< i n) (recur (assoc! t (rem i 60) i) (inc i)) t)))";

#[test]
fn what_has_one_owner_is_changed_in_place_and_old_versions_stay() {
    batuta_compiler::start(batuta_runtime::builtins::TABLES);
    library::install(batuta_stdlib::SOURCES.iter().map(|it| LibrarySource {
        name: it.name,
        namespace: it.namespace,
        text: it.text,
    }));
    let mut session = Session::new();
    evaluate(&mut session, DEFINITIONS);
    let mut wrong = Vec::new();
    for (name, call) in CHANGES {
        let (few, many) = (
            copies_of(&mut session, call, 200),
            copies_of(&mut session, call, 3000),
        );
        if few != many {
            wrong.push(format!(
                "{name}: {few} copies of 200 changes, {many} of 3000"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let kept = "(let [old {:a {:b {:sum 1 :items [1]}}}
                      v (vec (range 40))
                      new (gather-in (sum-in old 3) 2)]
                  (and (= old {:a {:b {:sum 1 :items [1]}}})
                       (= new {:a {:b {:sum 4 :items [1 0 1]}}})
                       (= 41 (count (conj v 1))) (= 40 (count v))
                       (= (set-many v 1) v)
                       (= [0 9] [(nth v 0) (nth (assoc v 0 9) 0)])
                       (let [r (->Total 0 [] 1)]
                         (and (= [0 1] (:items (total-of r 2))) (= [] (:items r))))))";
    assert!(evaluate(&mut session, kept).is_truthy());
    // A change that fails half-way leaves every version that is still held as it was.
    let failed = "(let [m {:a {:b [1]}}]
                    (try (update-in m [:a :b] (fn [_] (throw :no))) (catch :default _ nil))
                    (= m {:a {:b [1]}}))";
    assert!(evaluate(&mut session, failed).is_truthy());
}
