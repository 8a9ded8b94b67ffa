;; Parses a file of JSON and adds up what is in it.
(defn weigh [value]
  (cond
    (map? value) (reduce (fn [sum entry] (+ sum (weigh (val entry)))) 1 value)
    (vector? value) (reduce (fn [sum item] (+ sum (weigh item))) 1 value)
    (string? value) (count value)
    (int? value) value
    (true? value) 1
    :else 0))

(defn main [file]
  (println (weigh (json/read-str (slurp file)))))
