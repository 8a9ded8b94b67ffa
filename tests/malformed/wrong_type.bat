(defn total [prices]
  (reduce + 0 prices))

(defn main []
  (println (total [1 2 "3"])))
