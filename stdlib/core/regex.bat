;; Regular expressions, lazily.
(ns batuta.core)

(defn- rest-of-matches
  [matcher]
  (let [found (re-find matcher)]
    (when found
      (cons found (lazy-seq (rest-of-matches matcher))))))

(defn re-seq
  "The lazy sequence of all matches one after the other, or nil; see re-find."
  [re s]
  (rest-of-matches (re-matcher re s)))
