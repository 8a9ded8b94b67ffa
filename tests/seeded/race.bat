;; A race planted on purpose: actors read a counter and write it back. Many orders are right.
(ns seeded.race)

(deftest nothing-is-lost
  (let [counter (atom 0)
        work (fn [] (dotimes [_ 2] (reset! counter (inc @counter))))
        pids (mapv (fn [_] (spawn work)) (range 3))]
    (doseq [pid pids] (wait pid))
    (is (= 6 @counter) (str "drawn: " (rand-int 1000000) " at " (inst-ms (now))))))
