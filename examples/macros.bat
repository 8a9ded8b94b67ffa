;; Macros are functions from forms to forms, run while compiling.

(defmacro unless-zero [n & body]
  `(when-not (zero? ~n) ~@body))

(println (unless-zero 5 "not zero"))
(println (unless-zero 0 "not zero"))

;; `x#` is a fresh name in each expansion, so the caller's `sum` is safe.
(defmacro average [& numbers]
  `(let [sum# (+ ~@numbers)]
     (/ sum# ~(count numbers))))

(let [sum 100]
  (println (average sum 1 1)))

;; A macro may compute: this one unrolls a power into multiplications.
(defmacro power [x n]
  (let [base (gensym "base")]
    `(let [~base ~x]
       (* ~@(repeat n base)))))

(println (power (inc 1) 10))

;; A small language of its own.
(defmacro infix [[a op b & more]]
  (if more
    `(infix [(~op ~a ~b) ~@more])
    `(~op ~a ~b)))

(println (infix [1 + 2 * 3 - 4]))
(println (macroexpand-1 '(infix [1 + 2])))
