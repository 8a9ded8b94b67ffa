;; Arithmetic: small, big and mixed numbers, what is no number.
(ns core.arithmetic)

(def big 100000000000000000000)

(deftest times
  (is (= 1 (*)))
  (is (= 7 (* 7)))
  (is (= 6 (* 2 3)))
  (is (= 24 (* 1 2 3 4)))
  (is (= 85070591730234615847396907784232501249 (* 9223372036854775807 9223372036854775807)))
  (is (= 200000000000000000000 (* 2 big)))
  (is (= 1/6 (* 1/2 1/3)))
  (is (= 1 (* 2 1/2)))
  (is (= 3.0 (* 2 1.5)))
  (is (float? (* 1.0 1/2)))
  (is (= 3.0M (* 2 1.5M)))
  (is (= 0 (* 0 big)))
  (is (NaN? (* 0 ##Inf)))
  (is (thrown? Exception (* nil 1)))
  (is (thrown? Exception (* 1 "2")))
  (is (thrown? Exception (* \a 1)))
  (is (thrown? Exception (apply * [1 :k]))))

(deftest promoting-times
  (is (= 1 (*')))
  (is (= 85070591730234615847396907784232501249 (*' 9223372036854775807 9223372036854775807)))
  (is (= 6.0 (*' 2 3.0)))
  (is (= 1/3 (*' 1/3 1)))
  (is (thrown? Exception (*' nil 2))))

(deftest minus
  (is (= -3 (- 3)))
  (is (= 1 (- 3 2)))
  (is (= -5 (- 3 2 6)))
  (is (= -9223372036854775809 (- -9223372036854775808 1)))
  (is (= 9223372036854775808 (- -9223372036854775808)))
  (is (= 99999999999999999999 (- big 1)))
  (is (= 0 (- big big)))
  (is (= 1/6 (- 1/2 1/3)))
  (is (= 0.5 (- 1 0.5)))
  (is (= 0.5M (- 1 0.5M)))
  (is (= ##-Inf (- ##Inf)))
  (is (thrown? Exception (- nil)))
  (is (thrown? Exception (- 1 nil)))
  (is (thrown? Exception (- "a")))
  (is (thrown? Exception (apply - []))))

(deftest promoting-minus
  (is (= -1 (-' 1)))
  (is (= -9223372036854775809 (-' -9223372036854775808 1)))
  (is (= 1.5 (-' 2 0.5)))
  (is (thrown? Exception (-' :a))))

(deftest plus
  (is (= 0 (+)))
  (is (= 9223372036854775808 (+ 9223372036854775807 1)))
  (is (= 9223372036854775808 (+' 9223372036854775807 1)))
  (is (= 5/6 (+ 1/2 1/3)))
  (is (= 1 (+ 1/2 1/2)))
  (is (= 1.5 (+ 1 0.5)))
  (is (= 2.50M (+ 1 1.50M)))
  (is (thrown? Exception (+ 1 nil))))

(deftest divide
  (is (= 1/3 (/ 3)))
  (is (= 2 (/ 6 3)))
  (is (= 1/6 (/ 1 2 3)))
  (is (= 0.5 (/ 1.0 2)))
  (is (thrown? ArithmeticException (/ 1 0)))
  (is (thrown? ArithmeticException (/ big 0)))
  (is (thrown? Exception (/ nil 1))))

(deftest less
  (is (true? (< 1)))
  (is (true? (< 1 2 3)))
  (is (false? (< 1 3 2)))
  (is (false? (< 1 1)))
  (is (true? (< 1 1.5 2 5/2 big)))
  (is (false? (< big 1)))
  (is (false? (< ##NaN 1)))
  (is (false? (< 1 ##NaN)))
  (is (true? (< ##-Inf 0 ##Inf)))
  (are [f] (true? (f nil)) < > <= >= ==)
  (are [f] (= ["x" nil] [(f "x") (f nil)]) min max dissoc disj)
  (is (thrown? Exception (< nil 1)))
  (is (thrown? Exception (< 1 "2")))
  (is (thrown? Exception (apply < []))))

(deftest not-greater
  (is (true? (<= 1)))
  (is (true? (<= 1 1 2)))
  (is (false? (<= 2 1)))
  (is (true? (<= 1 1.0)))
  (is (true? (<= 1/2 0.5)))
  (is (false? (<= ##NaN ##NaN)))
  (is (thrown? Exception (<= 1 nil)))
  (is (thrown? Exception (<= :a 1))))

(deftest not-less
  (is (true? (>= 1)))
  (is (true? (>= 3 2 2)))
  (is (false? (>= 1 2)))
  (is (true? (>= big 9223372036854775807)))
  (is (true? (>= 1.0 1 1/2)))
  (is (false? (>= 1 ##NaN)))
  (is (thrown? Exception (>= nil 1)))
  (is (thrown? Exception (>= \a \b))))

(deftest greater
  (is (true? (> 3 2 1)))
  (is (false? (> 1 1)))
  (is (true? (> big 1e3)))
  (is (thrown? Exception (> nil 1))))

(deftest equal-numbers
  (is (true? (== 1 1.0 1N)))
  (is (false? (= 1 1.0)))
  (is (true? (= 1 1N)))
  (is (false? (== 1 2)))
  (is (false? (== ##NaN ##NaN)))
  (is (thrown? Exception (== 1 :a))))

(deftest unequal
  (is (false? (not= 1)))
  (is (false? (not= 1 1)))
  (is (true? (not= 1 2)))
  (is (true? (not= 1 1.0)))
  (is (true? (not= nil false)))
  (is (false? (not= nil nil)))
  (is (false? (not= [1 2] '(1 2))))
  (is (true? (not= [1 2] #{1 2})))
  (is (true? (not= "a" \a)))
  (is (true? (not= ##NaN ##NaN)))
  (is (true? (not= 1 1 2)))
  (is (false? (not= big (+ big 0)))))

(deftest absolute
  (is (= 1 (abs -1)))
  (is (= 1 (abs 1)))
  (is (= 0 (abs 0)))
  (is (= 1.5 (abs -1.5)))
  (is (= 1/2 (abs -1/2)))
  (is (= 1.5M (abs -1.5M)))
  (is (= big (abs (- big))))
  (is (= ##Inf (abs ##-Inf)))
  (is (NaN? (abs ##NaN)))
  (is (thrown? Exception (abs nil)))
  (is (thrown? Exception (abs "1"))))

(deftest increments
  (is (= 1 (inc 0)))
  (is (= 9223372036854775808 (inc 9223372036854775807)))
  (is (= 9223372036854775808 (inc' 9223372036854775807)))
  (is (= 3/2 (inc 1/2)))
  (is (= -1 (dec 0)))
  (is (= -9223372036854775809 (dec' -9223372036854775808)))
  (is (= 0.5 (dec 1.5)))
  (is (thrown? Exception (inc nil)))
  (is (thrown? Exception (dec "1"))))

(deftest denominators
  (is (= 2 (denominator 1/2)))
  (is (= 3 (denominator -2/3)))
  (is (= 1 (numerator 1/2)))
  (is (= -2 (numerator -2/3)))
  (is (= 100000000000000000000 (denominator (/ 1 big))))
  (is (thrown? Exception (denominator 1)))
  (is (thrown? Exception (denominator 1.5)))
  (is (thrown? Exception (denominator nil)))
  (is (thrown? Exception (numerator 2))))

(deftest to-double
  (is (= 1.0 (double 1)))
  (is (= 0.5 (double 1/2)))
  (is (= 1.5 (double 1.5M)))
  (is (= 1e20 (double big)))
  (is (float? (double 1)))
  (is (= 1.0 (float 1)))
  (is (= 0.5 (float 1/2)))
  (is (thrown? Exception (double nil)))
  (is (thrown? Exception (double "1")))
  (is (thrown? Exception (float :a))))

(deftest greatest-and-least
  (is (= 3 (max 1 3 2)))
  (is (= 1 (max 1)))
  (is (= big (max 1 big 2.5)))
  (is (= 1.5 (max 1 1.5)))
  (is (= 1/2 (max 1/3 1/2)))
  (is (NaN? (max 1 ##NaN)))
  (is (NaN? (max ##NaN 1)))
  (is (= 1 (min 1 3 2)))
  (is (= 1/3 (min 1/3 0.5)))
  (is (= (- big) (min 0 (- big))))
  (is (NaN? (min ##NaN 1)))
  (is (thrown? Exception (max 1 nil)))
  (is (thrown? Exception (min "a" 1)))
  (is (thrown? Exception (apply max [])))
  (is (thrown? Exception (apply min nil))))

(deftest numbers-as-they-are
  (is (= 5 (num 5)))
  (is (= 1.5 (num 1.5)))
  (is (= 1/2 (num 1/2)))
  (is (= big (num big)))
  (is (thrown? Exception (num "1"))))

(deftest parity
  (is (true? (odd? 1)))
  (is (false? (odd? 0)))
  (is (true? (odd? -3)))
  (is (true? (odd? (inc big))))
  (is (true? (even? big)))
  (is (false? (even? 7)))
  (is (thrown? Exception (odd? nil)))
  (is (thrown? Exception (odd? 1.5)))
  (is (thrown? Exception (odd? 1/2)))
  (is (thrown? Exception (even? "a"))))

(deftest signs
  (is (true? (pos? 1)))
  (is (false? (pos? 0)))
  (is (false? (pos? -1)))
  (is (true? (pos? 1/2)))
  (is (true? (pos? 0.1)))
  (is (true? (pos? big)))
  (is (false? (pos? ##NaN)))
  (is (true? (pos? ##Inf)))
  (is (thrown? Exception (pos? nil)))
  (is (thrown? Exception (pos? "1")))
  (is (true? (zero? 0)))
  (is (true? (zero? 0.0)))
  (is (true? (zero? -0.0)))
  (is (true? (zero? 0.0M)))
  (is (false? (zero? 1/2)))
  (is (thrown? Exception (zero? nil)))
  (is (thrown? Exception (zero? :a)))
  (is (true? (neg? -1)))
  (is (false? (neg? 0)))
  (is (true? (neg? (- big))))
  (is (thrown? Exception (neg? nil))))

(deftest division-with-rest
  (is (= 3 (quot 10 3)))
  (is (= -3 (quot -10 3)))
  (is (= 1 (rem 10 3)))
  (is (= -1 (rem -10 3)))
  (is (= 2 (mod -10 3)))
  (is (= -2 (mod 10 -3)))
  (is (= 1.5 (mod 5.5 2)))
  (is (= [0.0 0.0 0.0] [(rem 1.0 0.1) (mod 1.0 0.1) (quot 0.001 -1)]))
  (is (= "0.0" (str (quot 0.001 -1))))
  (is (NaN? (mod 2.5 ##Inf)))
  (is (thrown? Exception (quot ##Inf 2)))
  (is (= 0 (mod big 10)))
  (is (= 1/6 (rem 1/2 1/3)))
  (is (thrown? ArithmeticException (quot 1 0)))
  (is (thrown? ArithmeticException (mod 1 0)))
  (is (thrown? Exception (rem nil 1))))

(deftest rationalized
  (is (= 3/2 (rationalize 1.5)))
  (is (= 1/10 (rationalize 0.1)))
  (is (= 1 (rationalize 1)))
  (is (= 1/3 (rationalize 1/3)))
  (is (= 3/2 (rationalize 1.5M)))
  (is (thrown? Exception (rationalize nil)))
  (is (thrown? Exception (rationalize "1"))))

(deftest kinds-of-numbers
  (are [f yes no] (and (every? f yes) (not-any? f no))
    number? [0 -1 1.5 1/2 1.5M 100000000000000000000 ##NaN] [nil "1" \1 :a [] {}]
    ratio? [1/2 -3/4] [1 1.0 1.5M nil "1/2"]
    decimal? [1M 1.50M -0.0M] [1 1.0 1/2 nil "1M"]
    double? [1.0 ##NaN ##Inf -0.0] [1 1/2 1M nil "1.0"]
    float? [1.0 ##NaN] [1 1/2 1M nil \a]
    integer? [1 0 -1 100000000000000000000] [1.0 1/2 1M nil "1"]
    int? [1 0 -1] [1.0 1/2 nil "1"]
    rational? [1 1/2 1.5M] [1.5 nil "1"]
    pos-int? [1 9223372036854775807] [0 -1 1.0 1/2 nil "1"]
    neg-int? [-1 -9223372036854775808] [0 1 -1.0 -1/2 nil :a]
    nat-int? [0 1] [-1 0.0 nil \a]))

(deftest precision
  (is (= 0.3333333333M (with-precision 10 (/ 1M 3))))
  (is (= 0.67M (with-precision 2 (/ 2M 3))))
  (is (= 0.66M (with-precision 2 :rounding FLOOR (/ 2M 3))))
  (is (thrown? ArithmeticException (/ 1M 3))))
