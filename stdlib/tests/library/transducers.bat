;; The transducers of core/lazy.bat and core/partition.bat, each through into.
(into [] (map inc) [1 2]) ; => [2 3]
[(into [] (filter odd?) (range 5)) (into [] (remove odd?) (range 5)) (into [] (keep first) [[1] []])] ; => [[1 3] [0 2 4] [1]]
[(into [] (map-indexed vector) [:a :b]) (into [] (keep-indexed (fn [i x] (when (odd? i) x))) [:a :b])] ; => [[[0 :a] [1 :b]] [:b]]
[(into [] cat [[1] [2 3]]) (into [] (mapcat range) [1 2]) (into [] (comp cat (take 2)) [[1 2] [3]])] ; => [[1 2 3] [0 0 1] [1 2]]
[(into [] (take 2) (range)) (into [] (take 0) [1]) (into [] (take-while pos?) [1 -1 1]) (into [] (take-nth 2) (range 5))] ; => [[0 1] [] [1] [0 2 4]]
[(into [] (drop 2) (range 4)) (into [] (drop-while neg?) [-1 1 -1])] ; => [[2 3] [1 -1]]
[(into [] (interpose 0) [1 2]) (into [] (replace {1 :one}) [1 2])] ; => [[1 0 2] [:one 2]]
[(into [] (distinct) [1 1 2 nil nil]) (into [] (dedupe) [nil nil 1 1 nil])] ; => [[1 2 nil] [nil 1 nil]]
[(into [] (partition-all 2) (range 5)) (into [] (partition-by odd?) [1 3 2]) (into [] (comp (partition-all 2) (take 1)) (range 5))] ; => [[[0 1] [2 3] [4]] [[1 3] [2]] [[0 1]]]
(transduce (comp (map inc) (filter even?) (take 2)) + (range)) ; => 6
