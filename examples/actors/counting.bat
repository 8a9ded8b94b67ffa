;; Savina's counting: one actor sends increments as fast as it can, the other counts them.
(defactor counter [n]
  (receive
    :increment -> (recur (inc n))
    :value -> (do (reply n) :stop)))

(defn produce [pid n]
  (dotimes [_ n] (send pid :increment))
  (call pid :value))

(println "counted" (produce (spawn counter 0) (parse-long (or (first *command-line-args*) "100000"))))
