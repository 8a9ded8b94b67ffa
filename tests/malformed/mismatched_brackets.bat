(defn first-of [xs]
  (let [x (first xs)]
    (println [x)))
