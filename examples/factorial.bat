;; Integers grow as large as they must.

(defn factorial
  [0] -> 1
  [n] when (pos? n) -> (* n (factorial (dec n))))

(doseq [n [0 1 5 20 30]]
  (println n "! =" (factorial n)))

;; The same as a fold.
(println (= (factorial 200) (reduce * (range 1 201))))

;; Recursion that is not in tail position may go deep.
(println (count (str (factorial 1000))) "digits")
