(require '[clojure.string :as str])

(defn built [^long n]
  (let [b (StringBuilder.)]
    (loop [i 0]
      (if (= i n)
        (str b)
        (do
          (-> b (.append "item ") (.append i) (.append ", "))
          (recur (+ i 1)))))))

(defn joined [n]
  (str/join ", " (map (fn [i] (str "item " i)) (range n))))

(defn main [n rounds]
  (let [n (Long/parseLong n)]
    (loop [k (Long/parseLong rounds) size 0]
      (if (= k 0)
        (println size)
        (recur (- k 1) (+ size (count (built n)) (count (joined n))))))))

(apply main *command-line-args*)
