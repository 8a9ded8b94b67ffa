;; Spellings of Java: texts.
(ns String)

(defn valueOf
  "The text of a value; null of nil."
  [x]
  (if (nil? x) "null" (str x)))

(defn join
  "The texts with a separator between them."
  [separator texts]
  (str/join separator texts))

(defn format
  "The same function as format of core."
  [text & values]
  (apply batuta.core/format text values))
