;; One array of doubles, primitive hints.
(def days 365.24)
(def ^:const solar-mass (* 4 Math/PI Math/PI))

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

(defn total ^double [^doubles b ^long k ^long n]
  (loop [i 0 sum 0.0]
    (if (= i n)
      sum
      (recur (+ i 7) (+ sum (* (aget b (+ i k)) (aget b (+ i 6))))))))

(defn offset-momentum [^doubles b ^long n]
  (let [x (total b 3 n)
        y (total b 4 n)
        z (total b 5 n)]
    (aset b 3 (/ (- x) solar-mass))
    (aset b 4 (/ (- y) solar-mass))
    (aset b 5 (/ (- z) solar-mass))))

(defn pull [^doubles b ^long i ^long j ^double dt]
  (let [dx (- (aget b i) (aget b j))
        dy (- (aget b (+ i 1)) (aget b (+ j 1)))
        dz (- (aget b (+ i 2)) (aget b (+ j 2)))
        square (+ (* dx dx) (* dy dy) (* dz dz))
        strength (/ dt (* square (Math/sqrt square)))
        by-j (* (aget b (+ j 6)) strength)
        by-i (* (aget b (+ i 6)) strength)]
    (aset b (+ i 3) (- (aget b (+ i 3)) (* dx by-j)))
    (aset b (+ i 4) (- (aget b (+ i 4)) (* dy by-j)))
    (aset b (+ i 5) (- (aget b (+ i 5)) (* dz by-j)))
    (aset b (+ j 3) (+ (aget b (+ j 3)) (* dx by-i)))
    (aset b (+ j 4) (+ (aget b (+ j 4)) (* dy by-i)))
    (aset b (+ j 5) (+ (aget b (+ j 5)) (* dz by-i)))))

(defn move [^doubles b ^long i ^double dt]
  (aset b i (+ (aget b i) (* dt (aget b (+ i 3)))))
  (aset b (+ i 1) (+ (aget b (+ i 1)) (* dt (aget b (+ i 4)))))
  (aset b (+ i 2) (+ (aget b (+ i 2)) (* dt (aget b (+ i 5))))))

(defn advance [^doubles b ^long n ^double dt]
  (loop [i 0]
    (when (< i n)
      (loop [j (+ i 7)]
        (when (< j n)
          (pull b i j dt)
          (recur (+ j 7))))
      (move b i dt)
      (recur (+ i 7)))))

(defn energy-of-pair ^double [^doubles b ^long i ^long j]
  (let [dx (- (aget b i) (aget b j))
        dy (- (aget b (+ i 1)) (aget b (+ j 1)))
        dz (- (aget b (+ i 2)) (aget b (+ j 2)))]
    (/ (* (aget b (+ i 6)) (aget b (+ j 6))) (Math/sqrt (+ (* dx dx) (* dy dy) (* dz dz))))))

(defn energy-of-body ^double [^doubles b ^long i]
  (let [vx (aget b (+ i 3))
        vy (aget b (+ i 4))
        vz (aget b (+ i 5))]
    (* 0.5 (aget b (+ i 6)) (+ (* vx vx) (* vy vy) (* vz vz)))))

(defn energy ^double [^doubles b ^long n]
  (loop [i 0 sum 0.0]
    (if (= i n)
      sum
      (recur (+ i 7)
             (loop [j (+ i 7) sum (+ sum (energy-of-body b i))]
               (if (= j n)
                 sum
                 (recur (+ j 7) (- sum (energy-of-pair b i j)))))))))

(defn main [steps]
  (let [steps (Long/parseLong steps)
        b (double-array (reduce into [] bodies))
        n (alength b)]
    (offset-momentum b n)
    (println (format "%.9f" (energy b n)))
    (dotimes [_ steps]
      (advance b n 0.01))
    (println (format "%.9f" (energy b n)))))

(main (first *command-line-args*))
