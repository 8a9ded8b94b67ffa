;; Rounding of decimals, and the limits that Java's classes name.
(ns batuta.core)

(def ^:dynamic *math-context*
  "How results of decimals are rounded, as `with-precision` binds it; nil for not at all."
  nil)

(defmacro with-precision
  "Evaluates exprs with results of decimals rounded to precision digits, half up or as :rounding
  says: UP DOWN CEILING FLOOR HALF_UP HALF_DOWN HALF_EVEN UNNECESSARY, or a keyword such as
  :half-even."
  [precision & exprs]
  (let [named (= (first exprs) :rounding)
        rounding (if named
                   (str/replace (str/upper-case (name (second exprs))) "-" "_")
                   "HALF_UP")
        body (if named (drop 2 exprs) exprs)]
    `(binding [*math-context* (math-context* ~precision ~rounding)]
       ~@body)))
