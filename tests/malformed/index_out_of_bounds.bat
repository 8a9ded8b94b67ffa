(defn third [xs]
  (nth xs 2))

(println (third [1 2 3]))
(println (third [1 2]))
