;; Spellings of Java: floats: their range, texts and order.
(ns Double)

(def MAX_VALUE "The greatest finite float." 1.7976931348623157E308)

(def MIN_VALUE "The least float above zero." 4.9E-324)

(def POSITIVE_INFINITY "The float above all others." ##Inf)

(def NEGATIVE_INFINITY "The float below all others." ##-Inf)

(def NaN "The float that is not a number." ##NaN)

(defn valueOf
  "The float of a number or a text."
  [x]
  (if (string? x) (parseDouble x) (double x)))

(defn toString
  "The float as a text."
  [x]
  (str (double x)))

(defn isNaN
  "Is it no number?"
  [x]
  (NaN? (double x)))

(defn isInfinite
  "Is it an infinity?"
  [x]
  (infinite? (double x)))

(defn compare
  "-1, 0 or 1 as the first is less than, equal to or greater than the second."
  [x y]
  (batuta.core/compare x y))
