(defn f [x] (+ x y))

(defn g [] (f 1 2))

(defn h [z]
  (let [a] a))

(println (undefined-thing (g)))
