(defmacro doubled [form]
  `(* 2 ~form))

(defn price [item]
  (doubled (+ 1 (:price item))))

(defn total [items]
  (reduce + 0 (mapv price items)))

(defactor till []
  (receive
    {:add items} -> (do (println "total:" (total items))
                        (recur))))

(def counter (spawn till))
(send counter {:add [{:price 1}]})
(send counter {:add [{:price "ten"}]})
(println (wait counter))
(throw :done)
