;; State lives in an actor. Each message gives the state for the next one.

(defactor counter [n]
  (receive
    :increment -> (recur (inc n))
    [:add k] -> (recur (+ n k))
    :value -> (reply n) (recur n)
    :stop -> :stop))

(let [c (spawn counter 0)
      ref (monitor c)]
  (dotimes [_ 10] (send c :increment))
  (send c [:add 32])
  (println "The counter stands at" (call c :value))
  (send c :stop)
  (receive
    [:down ~ref ~c reason] -> (println "It ended with" reason))
  (println "Another call gives" (try-call c :value)))
