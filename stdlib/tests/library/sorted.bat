;; core/sorted.bat and the native sorted collections
[(sorted-map) (sorted-set) (sorted-map nil 1 :a 2) (sorted-set nil)] ; => [{} #{} {nil 1, :a 2} #{nil}]
[(sorted-map 2 :b 1 :a 2 :c) (sorted-set 3 1 3 2)] ; => [{1 :a, 2 :c} #{1 2 3}]
(into (sorted-map) (map (fn [n] [n (* n n)]) (range 40))) ; => {0 0, 1 1, 2 4, 3 9, 4 16, 5 25, 6 36, 7 49, 8 64, 9 81, 10 100, 11 121, 12 144, 13 169, 14 196, 15 225, 16 256, 17 289, 18 324, 19 361, 20 400, 21 441, 22 484, 23 529, 24 576, 25 625, 26 676, 27 729, 28 784, 29 841, 30 900, 31 961, 32 1024, 33 1089, 34 1156, 35 1225, 36 1296, 37 1369, 38 1444, 39 1521}
(sorted-set 1 3/2 1.25 1.75M 100000000000000000000) ; => #{1 1.25 3/2 1.75M 100000000000000000000}
(sorted-set "b" "a" "B") ; => #{"B" "a" "b"}
(sorted-set [2] [1 2] [] [1]) ; => #{[] [1] [2] [1 2]}
(let [back (sorted-set-by > 1 2 3)] [(seq back) (conj back 0 5) (disj back 2 9) (contains? back 2) (get back 7 :none)]) ; => [(3 2 1) #{5 3 2 1 0} #{3 1} true :none]
(let [by-size (sorted-map-by (fn [a b] (compare (count a) (count b))) "aa" 1 "b" 2)] [by-size (get by-size "zz") (assoc by-size "cc" 9) (find by-size "z")]) ; => [{"b" 2, "aa" 1} 1 {"b" 2, "aa" 9} ["b" 2]]
(let [seen (atom 0) s (into (sorted-set-by (fn [a b] (swap! seen inc) (compare a b))) (range 100))] [(count s) (first s) (< @seen 1000)]) ; => [100 0 true]
(reduce disj (into (sorted-set) (range 1000)) (range 1 1000)) ; => #{0}
(let [old (sorted-map 1 :a) new (assoc old 2 :b)] [old new (dissoc new 1)]) ; => [{1 :a} {1 :a, 2 :b} {2 :b}]
[(= (sorted-map 1 2) {1 2}) (= {1 2} (sorted-map 1 2)) (= #{1 2} (sorted-set 2 1)) (= (sorted-set 1) [1]) (= (sorted-set-by > 1 2) (sorted-set 1 2))] ; => [true true true false true]
(= (hash {:a 1 :b 2}) (hash (sorted-map :b 2 :a 1))) ; => true
(get {(sorted-map :a 1) :found} {:a 1}) ; => :found
[((sorted-map :a 1) :a) (:a (sorted-map :a 1)) ((sorted-set 1 2) 2) ((sorted-map :a 1) :b :none)] ; => [1 1 2 :none]
[(meta (with-meta (sorted-map 1 2) {:m 1})) (meta (empty (with-meta (sorted-set 1) {:m 1})))] ; => [{:m 1} {:m 1}]
(conj (empty (sorted-map-by > 1 2)) [1 1] {2 2}) ; => {2 2, 1 1}
[(keys (sorted-map 2 :b 1 :a)) (vals (sorted-map 2 :b 1 :a)) (reduce-kv (fn [r k v] (conj r k v)) [] (sorted-map 2 :b 1 :a))] ; => [(1 2) (:a :b) [1 :a 2 :b]]
[(rseq (sorted-set 1 2 3)) (rseq (sorted-map 1 :a 2 :b)) (rseq (sorted-set))] ; => [(3 2 1) ([2 :b] [1 :a]) nil]
(merge (sorted-map 3 :c) {1 :a} nil) ; => {1 :a, 3 :c}
(match (sorted-map :a 1 :b 2) {:a a} -> a) ; => 1
(def evens (into (sorted-set) (range 0 200 2))) ; => #'user/evens
[(subseq evens > 195) (subseq evens >= 196) (take 2 (subseq evens > 99)) (subseq evens < 3) (subseq evens <= 4)] ; => [(196 198) (196 198) (100 102) (0 2) (0 2 4)]
[(rsubseq evens > 195) (take 2 (rsubseq evens <= 100)) (rsubseq evens < 0) (subseq evens > 300)] ; => [(198 196) (100 98) nil nil]
[(subseq evens >= 10 < 16) (rsubseq evens > 10 <= 16) (subseq evens > 10 < 12) (subseq evens > 50 < 10)] ; => [(10 12 14) (16 14 12) nil nil]
(subseq (sorted-map-by > 1 :a 2 :b 3 :c) >= 2) ; => ([2 :b] [1 :a])
[(sorted? (sorted-map)) (sorted? (sorted-set)) (sorted? {}) (sorted? nil)] ; => [true true false false]
(try (sorted-map 1 :a "x" :b) (catch {:kind k} -> k)) ; => :type
(try (sorted-map 1) (catch {:kind k} -> k)) ; => :arity
(try (get (sorted-set 1) :a) (catch {:kind k} -> k)) ; => :type
(try (sorted-set-by (fn [a b] :odd) 1 2) (catch {:kind k} -> k)) ; => :type
(try (subseq #{1} > 0) (catch {:kind k} -> k)) ; => :type
(try (transient (sorted-set)) (catch {:kind k} -> k)) ; => :type
