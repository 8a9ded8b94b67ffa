;; walk.bat
[(walk/walk inc sum [1 2]) (walk/postwalk (fn [x] (if (int? x) (* 2 x) x)) [1 {:a 2} '(3 #{4})])] ; => [5 [2 {:a 4} (6 #{8})]]
(walk/prewalk (fn [x] (if (= x [1]) [2 [1]] x)) [:a [1 2]]) ; => [:a [1 2]]
[(walk/postwalk-replace {:a :b} [:a {:a :a}]) (walk/prewalk-replace {:a [:b] :b :c} [:a])] ; => [[:b {:b :b}] [[:c]]]
[(walk/keywordize-keys {"a" [{"b" 1 2 3}]}) (walk/stringify-keys {:a {:n/b 1}})] ; => [{:a [{:b 1, 2 3}]} {"a" {"b" 1}}]
