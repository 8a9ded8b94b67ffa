(defn mean [xs]
  (let [n (count xs)]
    (/ (reduce + xs) n)))

(println (mean []))
