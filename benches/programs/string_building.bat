;; Texts of n numbered items: by a builder and by join; as often as told.
(defn built [n]
  (let [b (string-builder)]
    (loop [i 0]
      (if (= i n)
        (str b)
        (do
          (append! b "item " i ", ")
          (recur (+ i 1)))))))

(defn joined [n]
  (str/join ", " (map (fn [i] (str "item " i)) (range n))))

(defn main [n rounds]
  (let [n (parse-long n)]
    (loop [k (parse-long rounds) size 0]
      (if (= k 0)
        (println size)
        (recur (- k 1) (+ size (count (built n)) (count (joined n))))))))
