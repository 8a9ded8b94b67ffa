;; Savina's big: every actor sends pings to others it picks, and answers the pings it gets.
(def pings
  (parse-long (or (first *command-line-args*) "100")))

(defactor member [pids answered boss]
  (receive
    [:others all] -> (recur all answered boss)
    :start -> (do (send (rand-nth pids) [:ping (self)]) nil)
    [:ping from] -> (do (send from :pong) nil)
    :pong -> (if (= (inc answered) pings)
               (do (send boss :finished) (recur pids pings boss))
               (do (send (rand-nth pids) [:ping (self)]) (recur pids (inc answered) boss)))
    :value -> (do (reply answered) :stop)))

(let [me (self)
      pids (mapv (fn [_] (spawn member [] 0 me)) (range 100))]
  (doseq [pid pids] (send pid [:others pids]))
  (doseq [pid pids] (send pid :start))
  (dotimes [_ 100] (receive :finished -> nil))
  (println "pings answered:" (reduce + (map (fn [pid] (call pid :value)) pids))))
