;; Comparing data.
(ns data)

(defn diff
  "[only-in-a only-in-b in-both] of two values, going into maps, sets and sequential collections."
  [a b]
  (batuta.core/diff a b))
