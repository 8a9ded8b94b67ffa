;; Two actors play: each waits for a message and answers it.

(defactor ponger []
  (receive
    [:ping from n] -> (send from [:pong n]) (recur)
    :stop -> :stop))

(defn play [partner rounds]
  (loop [n 1]
    (when (<= n rounds)
      (send partner [:ping (self) n])
      (receive
        [:pong ~n] -> (println "ping, pong:" n))
      (recur (inc n)))))

(let [partner (spawn ponger)]
  (play partner 3)
  (send partner :stop))

;; A crash in one actor reaches only those that ask to hear of it.
(let [[pid ref] (spawn-monitor (fn [] (exit :tired)))]
  (receive
    [:down ~ref ~pid reason] -> (println "the other one left:" reason)))
