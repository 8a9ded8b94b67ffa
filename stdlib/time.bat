;; Times: comparisons by name.
(ns time)

(defn before?
  "Is the time a earlier than b?"
  [a b]
  (neg? (compare a b)))

(defn after?
  "Is the time a later than b?"
  [a b]
  (pos? (compare a b)))

(defn between
  "How long it is from a to b: a duration in hours, or a whole number of units; the same function as
  until."
  ([a b] (until a b))
  ([a b unit] (until a b unit)))
