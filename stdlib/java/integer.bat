;; Spellings of Java: the range of 32-bit integers.
(ns Integer)

(def MAX_VALUE "The greatest integer of 32 bits." 2147483647)

(def MIN_VALUE "The least integer of 32 bits." -2147483648)
