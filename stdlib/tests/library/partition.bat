;; core/partition.bat
[(partition 2 []) (partition 2 (range 5)) (partition 2 3 (range 8)) (partition 3 1 (range 4))] ; => [() ((0 1) (2 3)) ((0 1) (3 4) (6 7)) ((0 1 2) (1 2 3))]
[(partition 2 2 [:x] (range 3)) (partition 3 3 [] (range 4)) (take 2 (partition 2 (range)))] ; => [((0 1) (2 :x)) ((0 1 2) (3)) ((0 1) (2 3))]
[(partition-all 2 (range 3)) (partition-all 2 1 (range 3)) (partition-all 2 nil)] ; => [((0 1) (2)) ((0 1) (1 2) (2)) ()]
[(partitionv 2 (range 4)) (partitionv-all 2 (range 3))] ; => [([0 1] [2 3]) ([0 1] [2])]
[(partition-by identity "aab") (partition-by odd? nil) (map first (take 2 (partition-by (fn [n] (quot n 3)) (range))))] ; => [((\a \a) (\b)) () (0 3)]
[(split-at 2 (range 4)) (splitv-at 2 (range 4)) (split-with even? [0 2 3 4])] ; => [[(0 1) (2 3)] [[0 1] (2 3)] [(0 2) (3 4)]]
