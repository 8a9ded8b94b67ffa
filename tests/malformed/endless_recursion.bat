(defn length [xs]
  (+ 1 (length xs)))

(println (length [1 2 3]))
