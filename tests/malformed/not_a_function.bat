(def limit 10)

(println (map (fn [x] (limit x)) [1 2]))
