;; Two actors send each other one message a million times.
(def rounds 1000000)

(defactor pong []
  (receive
    [:ping from n] -> (do (send from [:pong n]) (recur))
    :stop -> :stop))

(defactor ping [to boss]
  (receive
    :start -> (do (send to [:ping (self) rounds]) (recur to boss))
    [:pong 0] -> (do (send to :stop) (send boss :done) :stop)
    [:pong n] -> (do (send to [:ping (self) (- n 1)]) (recur to boss))))

(send (spawn ping (spawn pong) (self)) :start)
(receive :done -> (println "done"))
