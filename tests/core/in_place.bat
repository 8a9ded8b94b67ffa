;; Elements of vectors, conj and assoc in loops, at the sizes where the vector takes another shape;
;; equality of all kinds in loops; loops that fold over vectors.
(ns core.in-place)

(defn numbers [n]
  (loop [i 0 v []]
    (if (= i n) v (recur (+ i 1) (conj v i)))))

(defn sum-by-nth [v]
  (loop [i 0 sum 0]
    (if (= i (count v)) sum (recur (+ i 1) (+ sum (nth v i))))))

(defn doubled [v]
  (loop [i 0 v v]
    (if (= i (count v)) v (recur (+ i 1) (assoc v i (* 2 (nth v i)))))))

(defn triangle [n] (quot (* n (- n 1)) 2))

(def sizes [0 1 3 4 5 31 32 33 63 64 65 1023 1024 1025 1055 1056 1057 1058 32767 32768 32800 32801 40000])

(deftest vectors-of-all-depths
  (doseq [n sizes]
    (let [v (numbers n)]
      (is (= n (count v)) n)
      (is (= (triangle n) (sum-by-nth v)) n)
      (is (= (triangle n) (reduce + v)) n)
      (is (= v (vec (range n))) n)
      (let [twice (doubled v)]
        (is (= (* 2 (triangle n)) (sum-by-nth twice)) n)
        (is (= (triangle n) (sum-by-nth v)) n)))))

(deftest what-is-held-stays
  (doseq [n sizes]
    (let [v (numbers n)
          more (conj v :last)
          other (conj v :other)]
      (is (= n (count v)) n)
      (is (= [:last :other] [(peek more) (peek other)]) n)
      (when (pos? n)
        (let [first-changed (assoc v 0 :new)
              last-changed (assoc v (- n 1) :new)]
          (is (= 0 (nth v 0)) n)
          (is (= (- n 1) (nth v (- n 1))) n)
          (is (= :new (nth first-changed 0) (nth last-changed (- n 1))) n))))))

(defn filled [n x]
  (loop [i 0 v []]
    (if (= i n) v (recur (+ i 1) (conj v x)))))

(deftest elements-are-counted
  (let [x (str "a" "b")
        v (filled 100 x)
        w (loop [i 0 w v] (if (= i 100) w (recur (+ i 1) (assoc w i (str i)))))]
    (is (= 100 (count (filter (fn [y] (identical? x y)) v))))
    (is (= "99" (nth w 99)))
    (is (= 10000 (reduce + (map count (filled 5000 x)))))))

(deftest outside
  (is (thrown? Exception (nth (numbers 40) 40)))
  (is (thrown? Exception (nth (numbers 40) -1)))
  (is (thrown? Exception (assoc (numbers 40) 41 0)))
  (is (= 41 (count (assoc (numbers 40) 40 0))))
  (is (thrown? Exception (nth (numbers 40) 1.0e10)))
  (is (= :none (nth (numbers 40) 40 :none)))
  (is (= {0 :a} (assoc nil 0 :a)))
  (is (= '(1) (conj nil 1)))
  (is (= #{1} (conj #{} 1)))
  (is (= {:a 1} (conj {} [:a 1]))))

(defn places [x xs]
  (loop [i 0 found []]
    (if (= i (count xs))
      found
      (recur (+ i 1) (if (= (nth xs i) x) (conj found i) found)))))

(deftest equality-in-loops
  (let [xs [1 1.0 1N 1M 1/2 :a 'a "a" \a nil true false [1] '(1) #{1} {1 1} 0.5 ##NaN 100000000000000000000]]
    (is (= [0 2] (places 1 xs)))
    (is (= [1] (places 1.0 xs)))
    (is (= [3] (places 1M xs)))
    (is (= [4] (places 1/2 xs)))
    (is (= [5] (places :a xs)))
    (is (= [6] (places 'a xs)))
    (is (= [7] (places "a" xs)))
    (is (= [8] (places \a xs)))
    (is (= [9] (places nil xs)))
    (is (= [10] (places true xs)))
    (is (= [12 13] (places [1] xs)))
    (is (= [12 13] (places '(1) xs)))
    (is (= [14] (places #{1} xs)))
    (is (= [15] (places {1 1} xs)))
    (is (= [16] (places 0.5 xs)))
    (is (= [] (places ##NaN xs)))
    (is (= [18] (places (* 10000000000 10000000000) xs)))))

(deftest objects-say-what-equals-them
  (let [any (reify Object (equals [_ other] true))
        three (reify Object (equals [_ other] (= other 3)))]
    (is (= any 1))
    (is (= any :a))
    (is (= any nil))
    (is (= three 3))
    (is (not= three 4))
    (is (not= 3 three))
    (is (= [any] [1]))))

(defn both [a b] (and (= a b) (not (= b :x))))
(defn either [a b c] (or (= a b) (< a c) false))

(deftest truth-values
  (is (= [true false false] [(both 1 1) (both 1 2) (both :x :x)]))
  (is (= [true true false] [(either 1 1 0) (either 1 2 3) (either 3 2 1)])))

(deftest folds-over-parts-of-vectors
  (let [v (numbers 2000)]
    (is (= (triangle 2000) (reduce + 0 v)))
    (is (= (- (triangle 2000) 0) (reduce + (rest v))))
    (is (= (- (triangle 1500) (triangle 700)) (reduce + (subvec v 700 1500))))
    (is (= (triangle 2000) (transduce (map inc) + -2000 v)))
    (is (= 1000 (count (into [] (filter even?) v))))
    (is (= 45 (reduce (fn [sum x] (if (= x 10) (reduced sum) (+ sum x))) v)))
    (is (= (triangle 2000) (reduce + (apply list v))))))

(defn grown [v n]
  (loop [i 0 v v]
    (if (= i n) v (recur (+ i 1) (conj v i)))))

(defn first-replaced [n]
  (assoc (grown [] n) 0 :new))

(deftest core-functions-may-be-replaced
  (is (= [0 1 2] (grown [] 3)))
  (with-redefs [conj (fn [v x] (+ v x))]
    (is (= 6 (grown 0 4))))
  (with-redefs [assoc (fn [v k x] [k x])]
    (is (= [0 :new] (first-replaced 3))))
  (is (= [0 1 2] (grown [] 3)))
  (is (= [:new 1 2] (first-replaced 3))))
