;; Savina's bank transaction: accounts are actors, a teller moves money between them. A debit is
;; answered when the credit has been, so nothing is lost on the way.
(defactor account [balance]
  (receive
    [:debit to amount] -> (if (< balance amount)
                            (reply :refused)
                            (do
                              (send to [:credit amount (caller)])
                              (recur (- balance amount))))
    [:credit amount teller] -> (do (reply teller :moved) (recur (+ balance amount)))
    :balance -> (reply balance)))

(let [accounts (mapv (fn [_] (spawn account 1000)) (range 50))
      outcomes (async/map (fn [n]
                            (let [[from to] (take 2 (shuffle accounts))]
                              (call from [:debit to (inc (mod n 100))])))
                          (range 5000)
                          :max 40)]
  (println "transfers:" (count outcomes))
  (println "money in the bank:" (reduce + (map (fn [pid] (call pid :balance)) accounts))))
