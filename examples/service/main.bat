;; Serves the bank: `batuta --data bank-db run examples/service/main.bat 8080`.
(ns main
  (:require [bank] [log]))

(defn main
  ([] (main "8080"))
  ([port]
   (bank/start (log/journal) (parse-long port))
   (println "the bank is open at port" (call :server :port))))
