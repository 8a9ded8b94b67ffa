;; Taking data apart by its shape.

(defn area [shape]
  (match shape
    [:circle r] -> (* 3 r r)
    [:rectangle a b] when (= a b) -> (str "square of " (* a b))
    [:rectangle a b] -> (* a b)
    {:polygon points} -> (str "polygon of " (count points) " points")
    [] -> "nothing"
    [kind & _] -> (str "no idea about " (name kind))
    _ -> "not a shape"))

(doseq [shape [[:circle 2] [:rectangle 3 4] [:rectangle 5 5] {:polygon [[0 0] [0 1] [1 1]]}
               [] [:blob 1 2 3] 42]]
  (println (pr-str shape) "->" (area shape)))

;; Simplifies sums and products, written as lists.
(defn simplify [e]
  (match e
    (list '+ 0 x) -> (simplify x)
    (list '+ x 0) -> (simplify x)
    (list '* 1 x) -> (simplify x)
    (list '* x 1) -> (simplify x)
    (list op x y) -> (list op (simplify x) (simplify y))
    _ -> e))

(println (simplify '(+ (* 1 a) (+ 0 (* b 1)))))

;; Function clauses match all arguments.
(defn gcd
  [a 0] -> a
  [a b] -> (gcd b (rem a b)))

(println (gcd 1071 462))
