;; Steps until a point of the plane leaves the circle of radius 2, summed over a square of points.
(defn escape [cr ci limit]
  (loop [zr 0.0 zi 0.0 i 0]
    (let [r2 (* zr zr)
          i2 (* zi zi)]
      (if (or (= i limit) (> (+ r2 i2) 4.0))
        i
        (recur (+ (- r2 i2) cr) (+ (* 2.0 zr zi) ci) (+ i 1))))))

(defn row [y n limit]
  (let [ci (- (/ (* 2.0 y) n) 1.0)]
    (loop [x 0 steps 0]
      (if (= x n)
        steps
        (recur (+ x 1) (+ steps (escape (- (/ (* 2.0 x) n) 1.5) ci limit)))))))

(defn picture [n limit]
  (loop [y 0 steps 0]
    (if (= y n)
      steps
      (recur (+ y 1) (+ steps (row y n limit))))))

(defn main [n limit]
  (println (picture (parse-long n) (parse-long limit))))
