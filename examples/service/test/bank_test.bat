;; The bank with a journal in a file, so that it needs no database.
(ns bank-test
  (:require [bank] [load])
  (:use [test]))

(defn- file-journal
  [file]
  {:append (fn [row] (spit file (str (pr-str row) "\n") :append true))
   :rows (fn [] (mapv edn/read-string (io/lines file)))})

(deftest whoever-is-killed-every-request-is-answered-or-refused-and-no-deposit-is-lost
  (let [journal (file-journal (io/temp-file))
        port (load/free-port)
        top (bank/start journal port)
        {:keys [kills balances]} (load/run port 8 25 0)]
    (is (pos? kills))
    (is (= (repeat 8 25) balances))
    (is (= 200 (count ((:rows journal)))))
    (unlink top)
    (exit top :shutdown)
    (wait top)
    (bank/start journal port)
    (is (= 25 (load/balance (str "http://127.0.0.1:" port) "client-3")))))
