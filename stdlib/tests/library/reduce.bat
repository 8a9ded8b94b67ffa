;; core/reduce.bat
[(reduce + []) (reduce + [5]) (reduce + nil) (reduce + 1 nil) (reduce + 1 [2 3])] ; => [0 5 0 1 6]
(reduce (fn [_ x] (if (= x 3) (reduced :three) x)) [1 2 3 4]) ; => :three
(reduce (fn [total [k v]] (+ total v)) 0 {:a 1 :b 2}) ; => 3
(reduce conj [] "abc") ; => [\a \b \c]
(reduce + (map inc (range 5))) ; => 15
(try (reduce + 1 5) (catch {:kind k} -> k)) ; => :type
[(unreduced (reduced 1)) (unreduced 1) @(ensure-reduced (reduced 1)) @(ensure-reduced 1)] ; => [1 1 1 1]
[(reduce-kv (fn [m k v] (assoc m v k)) {} {:a 1 :b 2}) (reduce-kv + 0 [10 20]) (reduce-kv + 0 nil)] ; => [{1 :a, 2 :b} 31 0]
(reduce-kv (fn [_ k v] (reduced k)) nil {:a 1 :b 2}) ; => :a
[(reductions + []) (reductions + [1 2 3]) (reductions conj [] (list 1 2)) (take 3 (reductions + (range)))] ; => [(0) (1 3 6) ([] [1] [1 2]) (0 1 3)]
(reductions (fn [a x] (if (> x 1) (reduced :end) (+ a x))) 0 (range)) ; => (0 0 1 :end)
[(transduce (map inc) + [1 2]) (transduce (map inc) + 10 [1 2]) (transduce (map inc) conj [1])] ; => [5 15 [2]]
(transduce (take 2) (completing conj count) [] (range)) ; => 2
[(into) (into [1]) (into [] nil) (into nil [1 2]) (into #{} [1 1]) (into {:a 1} {:b 2}) (into () [1 2])] ; => [[] [1] [] (2 1) #{1} {:a 1, :b 2} (2 1)]
(meta (into ^{:kept true} [] [1])) ; => {:kept true}
[(mapv inc nil) (mapv + [1 2] [10 20 30]) (mapv vector [1] [2] [3] [4])] ; => [[] [11 22] [[1 2 3 4]]]
(filterv odd? (range 6)) ; => [1 3 5]
(let [seen (atom [])] [(run! (fn [x] (swap! seen conj x)) [1 2]) @seen]) ; => [nil [1 2]]
[(group-by odd? [1 2 3]) (group-by count nil)] ; => [{true [1 3], false [2]} {}]
(frequencies [1 1 nil]) ; => {1 2, nil 1}
[(zipmap [:a :b :c] [1 2]) (zipmap nil [1])] ; => [{:a 1, :b 2} {}]
[(reverse [1 2]) (reverse nil)] ; => [(2 1) ()]
[(sum [1 2 1/2]) (sum count ["a" "bb"]) (sum []) (avg [1 2]) (avg [1.0 2]) (avg []) (avg count ["a" "bbb"])] ; => [7/2 3 0 3/2 1.5 nil 2]
