(defn f [x]
  (let [y (* 2 x) z]
    (+ y z)))
