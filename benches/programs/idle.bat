;; A hundred thousand actors that wait for their first message; prints bytes of memory for each.
(defactor idle [n]
  (receive
    :stop -> :stop))

(defn resident []
  (let [status (slurp "/proc/self/status")
        found (re-find #"VmRSS:\s+(\d+)" status)]
    (* 1024 (parse-long (second found)))))

(def before (resident))
(def actors (mapv (fn [n] (spawn idle n)) (range 100000)))
(sleep 500)
(println (quot (- (resident) before) 100000) "bytes for an idle actor with one integer of state")
(doseq [actor actors] (send actor :stop))
