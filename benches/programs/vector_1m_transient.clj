;; With a transient: a vector of n integers: made by conj, then added up; as often as told.
(defn build [n]
  (loop [i 0 v (transient [])]
    (if (= i n)
      (persistent! v)
      (recur (+ i 1) (conj! v i)))))

(defn main [n rounds]
  (let [n (Long/parseLong n)]
    (loop [k (Long/parseLong rounds) sum 0]
      (if (= k 0)
        (println sum)
        (recur (- k 1) (+ sum (reduce + (build n))))))))

(apply main *command-line-args*)
