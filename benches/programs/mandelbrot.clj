(defn escape ^long [^double cr ^double ci ^long limit]
  (loop [zr 0.0 zi 0.0 i 0]
    (let [r2 (* zr zr)
          i2 (* zi zi)]
      (if (or (= i limit) (> (+ r2 i2) 4.0))
        i
        (recur (+ (- r2 i2) cr) (+ (* 2.0 zr zi) ci) (+ i 1))))))

(defn row ^long [^long y ^long n ^long limit]
  (let [ci (- (/ (* 2.0 y) n) 1.0)]
    (loop [x 0 steps 0]
      (if (= x n)
        steps
        (recur (+ x 1) (+ steps (escape (- (/ (* 2.0 x) n) 1.5) ci limit)))))))

(let [[n limit] (map #(Long/parseLong %) *command-line-args*)
      n (long n)]
  (println (loop [y 0 steps 0]
             (if (= y n)
               steps
               (recur (+ y 1) (+ steps (row y n limit)))))))
