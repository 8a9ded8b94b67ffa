;; Spellings of Java: waiting.
(ns Thread)

(defn sleep
  "Waits for so many milliseconds, and nanoseconds. Only the actor that calls it waits."
  ([ms] (batuta.core/sleep ms) nil)
  ([ms nanos] (batuta.core/sleep (+ ms (/ nanos 1000000.0))) nil))
