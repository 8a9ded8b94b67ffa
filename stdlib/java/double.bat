;; Spellings of Java: the range of floats.
(ns Double)

(def MAX_VALUE "The greatest finite float." 1.7976931348623157E308)

(def MIN_VALUE "The least float above zero." 4.9E-324)

(def POSITIVE_INFINITY "The float above all others." ##Inf)

(def NEGATIVE_INFINITY "The float below all others." ##-Inf)

(def NaN "The float that is not a number." ##NaN)
