(defn add (x y)
  (+ x y))
