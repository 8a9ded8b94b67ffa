(defn between [a :: Float b :: Float t :: Float]
  (+ (* a (- 1.0 t)) (* b t)))

(defn powers [n :: I64 limit :: I64]
  (loop [i 0 n n]
    (if (< n limit)
      (recur (+ i 1) (* 2 n))
      i)))
