;; Spellings of Java: the range of 64-bit integers.
(ns Long)

(def MAX_VALUE "The greatest integer of 64 bits." 9223372036854775807)

(def MIN_VALUE "The least integer of 64 bits." -9223372036854775808)
