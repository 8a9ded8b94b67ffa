;; core/generate.bat
[(range 0) (range 3) (range 1 3) (range 3 1) (range 5 0 -2)] ; => [() (0 1 2) (1 2) () (5 3 1)]
[(take 2 (range)) (range 0 1 0.25) (range 1.0 3) (range 0 1 1/3) (take 2 (range 1 5 0)) (range 2 0 -0.5)] ; => [(0 1) (0 0.25 0.5 0.75) (1.0 2.0) (0 1/3 2/3) (1 1) (2 1.5 1.0 0.5)]
(take 2 (range 9223372036854775807 9223372036854775810)) ; => (9223372036854775807 9223372036854775808)
[(take 3 (iterate inc 0)) (first (iterate (fn [_] (throw :not-reached)) 1))] ; => [(0 1 2) 1]
[(take 2 (repeat :x)) (repeat 2 nil) (repeat 0 1) (count (repeatedly 3 (fn [] 1)))] ; => [(:x :x) (nil nil) () 3]
[(cycle []) (take 5 (cycle [1 2])) (take 3 (cycle (list nil)))] ; => [() (1 2 1 2 1) (nil nil nil)]
(iteration (fn [k] {:v k :next (when (< k 3) (inc k))}) :vf :v :kf :next :initk 1) ; => (1 2 3)
