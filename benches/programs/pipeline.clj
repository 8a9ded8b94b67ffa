;; One pipeline over n integers; as often as told.
(defn total [n]
  (->> (range n)
       (map inc)
       (filter odd?)
       (map (fn [x] (* x 3)))
       (reduce +)))

(defn main [n rounds]
  (let [n (Long/parseLong n)]
    (loop [k (Long/parseLong rounds) sum 0]
      (if (= k 0)
        (println (quot sum (Long/parseLong rounds)))
        (recur (- k 1) (+ sum (total n)))))))

(apply main *command-line-args*)
