;; Forms with holes.
(ns template)

(defn apply-template
  "expr with the symbols argv replaced by the values."
  [argv expr values]
  (assert (vector? argv) "`apply-template` wants a vector of symbols")
  (walk/postwalk-replace (zipmap argv values) expr))

(defmacro do-template
  "Runs expr as often as values holds a group for the symbols argv, each time with them replaced."
  [argv expr & values]
  (let [size (count argv)]
    `(do ~@(map (fn [group] (apply-template argv expr group)) (partition size values)))))
