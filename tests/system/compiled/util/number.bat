(ns util.number)

(def limit (apply + (range 10)))
(def counter (atom 0))
(swap! counter inc)

(defn twice [x] (* 2 x))

(defn pick [items index]
  (nth items index))
