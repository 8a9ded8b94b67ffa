;; Savina's fork-join (create): how fast actors come and go, each with one message.
(defactor once []
  (receive [:work from x] -> (do (send from [:done (inc x)]) :stop)))

(let [me (self)
      n (parse-long (or (first *command-line-args*) "20000"))]
  (dotimes [x n] (send (spawn once) [:work me x]))
  (println "sum" (loop [left n sum 0]
                   (if (zero? left)
                     sum
                     (recur (dec left) (+ sum (receive [:done x] -> x)))))))
