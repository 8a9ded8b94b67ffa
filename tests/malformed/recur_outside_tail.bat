(defn count-down [n]
  (if (= n 0)
    0
    (+ 1 (recur (- n 1)))))
