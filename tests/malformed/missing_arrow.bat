(defn sign [n]
  (match n
    0 :zero
    _ -> :other))
