;; The largest singular value of a matrix, by ten power iterations; arrays of doubles.
(defn element [i j]
  (/ 1.0 (+ (quot (* (+ i j) (+ i j 1)) 2) i 1)))

(defn times [v w n]
  (dotimes [i n]
    (aset w i (loop [j 0 sum 0.0]
                (if (= j n)
                  sum
                  (recur (+ j 1) (+ sum (* (element i j) (aget v j)))))))))

(defn transposed-times [v w n]
  (dotimes [i n]
    (aset w i (loop [j 0 sum 0.0]
                (if (= j n)
                  sum
                  (recur (+ j 1) (+ sum (* (element j i) (aget v j)))))))))

(defn dot [v w n]
  (loop [i 0 sum 0.0]
    (if (= i n)
      sum
      (recur (+ i 1) (+ sum (* (aget v i) (aget w i)))))))

(defn spectral-norm [n]
  (let [u (double-array n 1.0)
        v (double-array n)
        w (double-array n)]
    (dotimes [_ 10]
      (times u w n)
      (transposed-times w v n)
      (times v w n)
      (transposed-times w u n))
    (Math/sqrt (/ (dot u v n) (dot v v n)))))

(defn main [n]
  (println (format "%.9f" (spectral-norm (parse-long n)))))
