;; Savina's chameneos: creatures meet in pairs at a mall and change colour, until there have been
;; enough meetings.
(defn mixed [a b]
  (if (= a b)
    a
    (first (disj #{:blue :red :yellow} a b))))

(defactor creature [colour met mall]
  (init [colour mall] (send mall [:meet (self) colour]) [colour 0 mall])
  (receive
    [:met other] -> (let [colour (mixed colour other)]
                      (send mall [:meet (self) colour])
                      (recur colour (inc met) mall))
    :closed -> (do (send mall [:count met]) :stop)))

(defn mall
  "Brings creatures together; gives the sum of the meetings that each of them counted."
  [creatures meetings]
  (dotimes [_ meetings]
    (let [[a a-colour] (receive [:meet pid colour] -> [pid colour])
          [b b-colour] (receive [:meet pid colour] -> [pid colour])]
      (send a [:met b-colour])
      (send b [:met a-colour])))
  (dotimes [_ creatures] (receive [:meet pid _] -> (send pid :closed)))
  (reduce + (map (fn [_] (receive [:count n] -> n)) (range creatures))))

(let [me (self)
      meetings (parse-long (or (first *command-line-args*) "2000"))
      colours (take 10 (cycle [:blue :red :yellow]))]
  (doseq [colour colours] (spawn creature colour me))
  (println "met" (mall 10 meetings) "times"))
