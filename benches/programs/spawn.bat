;; A hundred thousand actors, each answering one call.
(defactor echo [n]
  (receive
    [:get] -> (do (reply n) :stop)))

(def actors (mapv (fn [n] (spawn echo n)) (range 100000)))
(println (reduce (fn [sum actor] (+ sum (call actor [:get] 60000))) 0 actors))
