;; Constants of the namespace math.
(ns math)

(def E "The base of natural logarithms." 2.718281828459045)

(def PI "The circumference of a circle of diameter one." 3.141592653589793)
