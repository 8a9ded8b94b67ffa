;; A map of n integer keys: made, then every key looked up; as often as told.
(defn build [n]
  (loop [i 0 m {}]
    (if (= i n)
      m
      (recur (+ i 1) (assoc m (* i 7) i)))))

(defn total [m n]
  (loop [i 0 sum 0]
    (if (= i n)
      sum
      (recur (+ i 1) (+ sum (get m (* i 7)))))))

(defn main [n rounds]
  (let [n (parse-long n)]
    (loop [k (parse-long rounds) sum 0]
      (if (= k 0)
        (println sum)
        (recur (- k 1) (+ sum (total (build n) n)))))))
