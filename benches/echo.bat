;; How long an echo actor takes to answer, alone and beside a hundred actors that never stop: the
;; median and the 99th percentile of a thousand calls, in milliseconds, and for how long workers were
;; kept between two scheduling points.
(defactor echo []
  (receive x -> (do (reply x) nil)))

(defn spin [n]
  (if (neg? n) n (recur (inc n))))

(defn milliseconds [f]
  (let [before (System/nanoTime)]
    (f)
    (/ (- (System/nanoTime) before) 1e6)))

(defn told
  "Median and 99th percentile of so many calls."
  [pid calls]
  (let [times (vec (sort (map (fn [n] (milliseconds (fn [] (call pid n 60000)))) (range calls))))]
    (str "median " (nth times (quot calls 2)) " ms, 99th percentile " (nth times (quot (* 99 calls) 100)) " ms")))

(let [pid (spawn echo)]
  (told pid 1000)
  (println "alone:" (told pid 1000))
  (let [busy (mapv (fn [_] (spawn (fn [] (spin 0)))) (range 100))]
    (println "beside 100 busy actors:" (told pid 1000))
    (runtime/measure true)
    (told pid 200)
    (runtime/measure false)
    (println "kept, longest:" (:longest-us (runtime/stats)) "µs; below so many µs:" (into (sorted-map) (:kept-us (runtime/stats))))
    (doseq [pid busy] (exit pid :kill))))
