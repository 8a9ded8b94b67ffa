;; Eight actors append for ever; each prints its number and the last record acknowledged.

(defn write-from [round writer n]
  (append-all :events
    (mapv (fn [i] {:round round :writer writer :n (+ n i)}) (range 25)))
  (println writer (+ n 24))
  (recur round writer (+ n 25)))

(defn main [round]
  (create-log :events {:durability :power})
  (let [round (Long/parseLong round)]
    (dotimes [writer 8]
      (spawn (fn [] (write-from round writer 0))))
    (receive :never -> nil)))
