;; Savina's dining philosophers: an arbitrator owns the forks; who does not get both asks again.
(defactor arbitrator [taken]
  (receive
    [:take left right] -> (if (or (contains? taken left) (contains? taken right))
                            (reply :denied)
                            (do (reply :eat) (recur (conj taken left right))))
    [:put left right] -> (recur (disj taken left right))))

(defn dine
  "Eats so often; gives how often."
  [table seat seats meals]
  (let [left seat
        right (mod (inc seat) seats)]
    (loop [eaten 0]
      (if (= eaten meals)
        eaten
        (match (call table [:take left right])
          :eat -> (do (send table [:put left right]) (recur (inc eaten)))
          :denied -> (do (sleep 0) (recur eaten)))))))

(let [table (spawn arbitrator #{})
      seats 10
      meals (parse-long (or (first *command-line-args*) "100"))
      eaten (async/map (fn [seat] (dine table seat seats meals)) (range seats) :max seats)]
  (println "meals:" eaten))
