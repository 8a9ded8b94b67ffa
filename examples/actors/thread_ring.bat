;; Savina's thread-ring: a token goes round a ring of actors until its count is used up.
(defactor member [number next boss]
  (receive
    [:next pid] -> (recur number pid boss)
    [:token 0] -> (do (send boss [:ended-at number]) nil)
    [:token n] -> (do (send next [:token (dec n)]) nil)))

(defn ring
  "The first of so many members, each knowing the next."
  [size boss]
  (let [pids (mapv (fn [number] (spawn member number nil boss)) (range 1 (inc size)))]
    (doseq [[pid next] (map vector pids (rest (cycle pids)))]
      (send pid [:next next]))
    (first pids)))

(send (ring 100 (self)) [:token (parse-long (or (first *command-line-args*) "10000"))])
(receive [:ended-at number] -> (println "the token ended at member" number))
