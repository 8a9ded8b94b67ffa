;; Savina's fork-join (throughput): many actors, each of which works on the same number of messages.
(defactor worker [done sum]
  (receive
    [:work x] -> (recur (inc done) (+ sum (Math/sqrt x)))
    :report -> (do (reply done) :stop)))

(let [workers (mapv (fn [_] (spawn worker 0 0.0)) (range 60))]
  (dotimes [n (parse-long (or (first *command-line-args*) "1000"))]
    (doseq [pid workers] (send pid [:work n])))
  (println "messages worked on:" (reduce + (map (fn [pid] (call pid :report)) workers))))
