;; The sun and four planets; each body is a persistent vector of place, speed and mass.
(def days 365.24)
(def solar-mass (* 4 Math/PI Math/PI))

(defn body [x y z vx vy vz mass]
  [x y z (* vx days) (* vy days) (* vz days) (* mass solar-mass)])

(def bodies
  [(body 0.0 0.0 0.0 0.0 0.0 0.0 1.0)
   (body 4.84143144246472090 -1.16032004402742839 -0.103622044471123109
         0.00166007664274403694 0.00769901118419740425 -0.0000690460016972063023
         0.000954791938424326609)
   (body 8.34336671824457987 4.12479856412430479 -0.403523417114321381
         -0.00276742510726411 0.00499852801234917238 0.0000230417297573763929
         0.000285885980666130812)
   (body 12.8943695621391310 -15.1111514016986312 -0.223307578892655734
         0.00296460137564761618 0.00237847173959480950 -0.0000296589568540237556
         0.0000436624404335156298)
   (body 15.3796971148509165 -25.9193146099879641 0.179258772950371181
         0.00268067772490389322 0.00162824170038242295 -0.0000951592254519715870
         0.0000515138902046611451)])

(defn offset-momentum [bodies]
  (letfn [(total [k] (reduce + (map (fn [b] (* (nth b k) (nth b 6))) bodies)))]
    (assoc bodies 0 (assoc (nth bodies 0)
                           3 (/ (- (total 3)) solar-mass)
                           4 (/ (- (total 4)) solar-mass)
                           5 (/ (- (total 5)) solar-mass)))))

(defn pull [bodies i j dt]
  (let [a (nth bodies i)
        b (nth bodies j)
        dx (- (nth a 0) (nth b 0))
        dy (- (nth a 1) (nth b 1))
        dz (- (nth a 2) (nth b 2))
        square (+ (* dx dx) (* dy dy) (* dz dz))
        strength (/ dt (* square (Math/sqrt square)))
        by-b (* (nth b 6) strength)
        by-a (* (nth a 6) strength)]
    (assoc bodies
           i (assoc a
                    3 (- (nth a 3) (* dx by-b))
                    4 (- (nth a 4) (* dy by-b))
                    5 (- (nth a 5) (* dz by-b)))
           j (assoc b
                    3 (+ (nth b 3) (* dx by-a))
                    4 (+ (nth b 4) (* dy by-a))
                    5 (+ (nth b 5) (* dz by-a))))))

(defn pull-rest [bodies i n dt]
  (loop [j (+ i 1) bodies bodies]
    (if (= j n)
      bodies
      (recur (+ j 1) (pull bodies i j dt)))))

(defn move [b dt]
  (assoc b
         0 (+ (nth b 0) (* dt (nth b 3)))
         1 (+ (nth b 1) (* dt (nth b 4)))
         2 (+ (nth b 2) (* dt (nth b 5)))))

(defn advance [bodies dt]
  (let [n (count bodies)]
    (loop [i 0 bodies bodies]
      (if (= i n)
        bodies
        (let [bodies (pull-rest bodies i n dt)]
          (recur (+ i 1) (assoc bodies i (move (nth bodies i) dt))))))))

(defn energy-of-pair [a b]
  (let [dx (- (nth a 0) (nth b 0))
        dy (- (nth a 1) (nth b 1))
        dz (- (nth a 2) (nth b 2))]
    (/ (* (nth a 6) (nth b 6)) (Math/sqrt (+ (* dx dx) (* dy dy) (* dz dz))))))

(defn energy [bodies]
  (loop [i 0 sum 0.0]
    (if (= i (count bodies))
      sum
      (let [[_ _ _ vx vy vz mass :as a] (nth bodies i)
            own (* 0.5 mass (+ (* vx vx) (* vy vy) (* vz vz)))]
        (recur (+ i 1)
               (loop [j (+ i 1) sum (+ sum own)]
                 (if (= j (count bodies))
                   sum
                   (recur (+ j 1) (- sum (energy-of-pair a (nth bodies j)))))))))))

(defn main [steps]
  (let [steps (parse-long steps)
        start (offset-momentum bodies)]
    (println (format "%.9f" (energy start)))
    (loop [k 0 bodies start]
      (if (= k steps)
        (println (format "%.9f" (energy bodies)))
        (recur (+ k 1) (advance bodies 0.01))))))
