(defn describe [shape]
  (match shape
    [:circle r] -> (str "a circle of " r)
    [:square a] -> (str "a square of " a)))

(println (describe [:triangle 1 2 3]))
