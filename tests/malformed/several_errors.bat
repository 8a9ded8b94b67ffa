(defn f [x] (+ x y))

(defn g [] (f 1 2))

(def limits {:low 1 :low 2})

(println (undefined-thing (g)))
