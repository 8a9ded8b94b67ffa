;; Savina's bank transaction: accounts are actors, tellers move money between them. A debit is
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

(defn other
  "A random account that is not this one."
  [accounts from]
  (let [to (rand-nth accounts)]
    (if (= to from) (recur accounts from) to)))

(defn transfer
  "Moves money so often."
  [accounts times]
  (dotimes [n times]
    (let [from (rand-nth accounts)]
      (call from [:debit (other accounts from) (inc (mod n 100))]))))

(let [accounts (mapv (fn [_] (spawn account 1000)) (range 50))
      transfers (parse-long (or (first *command-line-args*) "5000"))
      tellers 40]
  (async/map (fn [_] (transfer accounts (quot transfers tellers))) (range tellers) :max tellers)
  (println "transfers:" transfers)
  (println "money in the bank:" (reduce + (map (fn [pid] (call pid :balance)) accounts))))
