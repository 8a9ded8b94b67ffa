;; Savina's ping-pong: two actors send one message to and fro. What it measures is a round trip.
(defactor pong []
  (receive
    [:ping from n] -> (send from [:pong n])
    :stop -> :stop))

(defactor ping [other left boss]
  (receive
    :start -> (do (send other [:ping (self) left]) (recur other left boss))
    [:pong 1] -> (do (send boss :done) (send other :stop) :stop)
    [:pong n] -> (do (send other [:ping (self) (dec n)]) (recur other (dec n) boss))))

(let [rounds (parse-long (or (first *command-line-args*) "10000"))]
  (send (spawn ping (spawn pong) rounds (self)) :start)
  (receive :done -> (println rounds "rounds")))
