(defn length [xs]
  (+ 1 (length (rest xs))))

(println (length [1 2 3]))
