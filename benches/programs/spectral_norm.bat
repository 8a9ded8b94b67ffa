;; The largest singular value of a matrix, by ten power iterations; persistent vectors.
(defn element [i j]
  (/ 1.0 (+ (quot (* (+ i j) (+ i j 1)) 2) i 1)))

(defn row [v i n]
  (loop [j 0 sum 0.0]
    (if (= j n)
      sum
      (recur (+ j 1) (+ sum (* (element i j) (nth v j)))))))

(defn column [v i n]
  (loop [j 0 sum 0.0]
    (if (= j n)
      sum
      (recur (+ j 1) (+ sum (* (element j i) (nth v j)))))))

(defn times [v n]
  (loop [i 0 w []]
    (if (= i n)
      w
      (recur (+ i 1) (conj w (row v i n))))))

(defn transposed-times [v n]
  (loop [i 0 w []]
    (if (= i n)
      w
      (recur (+ i 1) (conj w (column v i n))))))

(defn dot [v w n]
  (loop [i 0 sum 0.0]
    (if (= i n)
      sum
      (recur (+ i 1) (+ sum (* (nth v i) (nth w i)))))))

(defn spectral-norm [n]
  (loop [k 0 u (vec (repeat n 1.0)) v nil]
    (if (= k 10)
      (Math/sqrt (/ (dot u v n) (dot v v n)))
      (let [v (transposed-times (times u n) n)]
        (recur (+ k 1) (transposed-times (times v n) n) v)))))

(defn main [n]
  (println (format "%.9f" (spectral-norm (parse-long n)))))
