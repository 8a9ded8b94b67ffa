;; The bank of examples/service with its journal in a log: the argument is how often this program has
;; run before on the same data.
(ns service-in-log
  (:require [bank] [load] [log]))

(defn main
  [before]
  (let [before (parse-long before)
        port (load/free-port)]
    (bank/start (log/journal) port)
    (println "found" (load/balance (str "http://127.0.0.1:" port) "client-0"))
    (let [{:keys [kills balances]} (load/run port 4 10 (* before 40))]
      (println (pos? kills) balances))
    (os/exit 0)))
