(def limit 10)

(defn total [xs]
  (+ 1 (limit xs)))

(println (total [1 2]))
