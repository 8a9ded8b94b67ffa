;; Spellings of Java: booleans.
(ns Boolean)

(defn parseBoolean
  "Is it the text true, in whatever case?"
  [s]
  (and (string? s) (= "true" (str/lower-case s))))

(defn valueOf
  "The boolean itself; of a text what parseBoolean gives."
  [x]
  (if (boolean? x) x (parseBoolean x)))

(defn toString
  "The boolean as a text."
  [x]
  (str x))
