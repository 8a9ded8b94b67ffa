;; Sorts n integers out of a generator; as often as told.
(defn following [x]
  (rem (* x 16807) 2147483647))

(defn numbers [n seed]
  (loop [i 0 x seed v []]
    (if (= i n)
      v
      (recur (+ i 1) (following x) (conj v x)))))

(defn main [n rounds]
  (let [n (Long/parseLong n)]
    (loop [k (Long/parseLong rounds) sum 0]
      (if (= k 0)
        (println sum)
        (let [sorted (vec (sort (numbers n k)))]
          (recur (- k 1) (+ sum (nth sorted 0) (nth sorted (quot n 2)))))))))

(apply main *command-line-args*)
