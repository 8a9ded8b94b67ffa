;; State lives in an actor. Each message gives the state for the next one.

(defactor counter [n]
  (receive
    :increment -> (recur (inc n))
    [:add k] -> (recur (+ n k))
    :value -> (reply n) (recur n)
    :stop -> :stop))

(let [c (spawn counter 0)]
  (dotimes [_ 10] (send c :increment))
  (send c [:add 32])
  (println "The counter stands at" (call c :value))
  (send c :stop)
  (println "It ended with" (wait c))
  (println "Another call gives" (try-call c :value)))
