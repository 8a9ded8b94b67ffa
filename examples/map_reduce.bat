;; Counts words with a flock of workers: each text is mapped to counts, the counts are shuffled to
;; one part per reducer, and the parts are reduced. Workers wear out and end on the way; the
;; supervisor starts new ones, and what an ended worker had in hand is given to another.
(defn text
  "A text that depends on its number alone."
  [number]
  (let [words ["actor" "message" "mailbox" "link" "monitor" "exit" "reply" "flock"]]
    (map (fn [n] (nth words (mod (* n (+ n number)) 8))) (range 400))))

(defn counted
  [words]
  (reduce (fn [counts word] (update counts word (fnil inc 0))) {} words))

(defactor worker [strength]
  (receive
    [_ _] when (zero? strength) -> (exit :worn-out)
    [:map words] -> (do (reply (counted words)) (recur (dec strength)))
    [:reduce counts] -> (do (reply (apply merge-with + counts)) (recur (dec strength)))))

(defsupervisor crew
  :max-restarts 1000
  :children [{:id 1 :start (spawn worker 7)}
             {:id 2 :start (spawn worker 11)}
             {:id 3 :start (spawn worker 13)}
             {:id 4 :start (spawn worker 17)}])

(defflock workers :pattern {:kind :worker})

(defn shuffled
  "The counts of each text as one vector of counts per part; a word is always in the same part."
  [counts parts]
  (let [part (fn [word] (mod (count word) parts))]
    (mapv (fn [at]
            (mapv (fn [of-text] (into {} (filter (fn [[word _]] (= at (part word)))) of-text)) counts))
          (range parts))))

(defn word-counts
  [texts parts]
  (let [mapped (deploy-map :workers (fn [pid words] (call pid [:map words])) texts)
        reduced (deploy-map :workers (fn [pid counts] (call pid [:reduce counts])) (shuffled mapped parts))]
    (into (sorted-map) reduced)))

(let [top (spawn crew)
      first-ones (set (map :pid (supervisor/which-children top)))
      texts (mapv text (range 200))]
  (doseq [[word n] (word-counts texts 3)]
    (println word n))
  (println "as one would count alone:" (= (word-counts texts 3) (counted (apply concat texts))))
  (println "workers that were there at first:" (count (filter alive? first-ones))))
