;; Parts of sorted maps and sets, found by rank and made in runs of entries as they are needed.
(ns batuta.core)

(defn- sorted-run
  "The entries between two ranks, descending if from is the greater."
  [coll from to]
  (let [middle (if (< from to) (min to (+ from 32)) (max to (- from 32)))]
    (lazy-seq
      (when-not (= from to)
        (concat (sorted-run* coll from middle) (sorted-run coll middle to))))))

(defn- sorted-bounds
  "The ranks of the entries whose key k makes (test (compare k key) 0) true."
  [coll test key]
  (let [[rank present] (sorted-rank* coll key)
        after (if present (inc rank) rank)]
    (if (test 1 0)
      [(if (test 0 0) rank after) (count coll)]
      [0 (if (test 0 0) after rank)])))

(defn subseq
  "The entries of a sorted collection whose keys pass one or two tests (< <= > >=) against a key, in
  order; nil if there are none."
  ([coll test key]
   (let [[from to] (sorted-bounds coll test key)]
     (seq (sorted-run coll from to))))
  ([coll start-test start-key end-test end-key]
   (let [[from _] (sorted-bounds coll start-test start-key)
         [_ to] (sorted-bounds coll end-test end-key)]
     (when (< from to)
       (seq (sorted-run coll from to))))))

(defn rsubseq
  "The entries of a sorted collection whose keys pass one or two tests (< <= > >=) against a key, in
  reverse order; nil if there are none."
  ([coll test key]
   (let [[from to] (sorted-bounds coll test key)]
     (seq (sorted-run coll to from))))
  ([coll start-test start-key end-test end-key]
   (let [[from _] (sorted-bounds coll start-test start-key)
         [_ to] (sorted-bounds coll end-test end-key)]
     (when (< from to)
       (seq (sorted-run coll to from))))))
