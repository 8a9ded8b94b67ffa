;; Counts its own runs in a log and asks it in every way; crashes if told to.
(ns visits (:require [util.visitors :refer [welcome]]))

(defn odd-visit? [row] (odd? (:n row)))

(defn ask []
  (println "rows" (from :visits (select :n :name) (order-by :n)))
  (println "names" (from :visits (order-by :n) (map :name)))
  (println "even" (from :visits (where (fn [row] (even? (:n row)))) (count)))
  (println "first" (from :visits (order-by :n :desc) (first)))
  (println "collected" (collect (from :visits (aggregate {:most (max :n)}))))
  (println "chosen" (from :visits (filter odd-visit?) (limit 1) (collect)))
  (println "sql" (vec (sql "select count(*) as n from visits where n > $1" 0)))
  (println "logs" (logs) (:key (log-info :visits)) (schema :visits)
    (:n (first (read-log :visits))) (count (stream/from-log :visits {:from :start}))))

(defn main [& arguments]
  (println arguments)
  (create-log :visits {:key :n})
  (doseq [name arguments]
    (let [n (dlog/increment (dlog/sequencer :visits))]
      (welcome n name)))
  (println (:name (find-row :visits 1)) @(future (from :visits (count)))) (ask)
  (when (= (last arguments) "crash")
    (append :visits 5)))
