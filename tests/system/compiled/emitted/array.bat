(defn sum [numbers :: long-array]
  (loop [i 0 sum 0]
    (if (< i (alength numbers))
      (recur (+ i 1) (+ sum (aget numbers i)))
      sum)))

(defn scale [numbers :: double-array by :: Float]
  (loop [i 0]
    (when (< i (alength numbers))
      (aset numbers i (* by (aget numbers i)))
      (recur (+ i 1)))))
