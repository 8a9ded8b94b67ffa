;; core/maps.bat
[(get-in {:a [{:b 1}]} [:a 0 :b]) (get-in {:a 1} [:b :c]) (get-in {:a nil} [:a] :none) (get-in {:a 1} [] :none) (get-in {} [:a] :none)] ; => [1 nil nil {:a 1} :none]
[(assoc-in {} [:a :b] 1) (assoc-in [1 2] [0] 3) (assoc-in nil [:a] 1)] ; => [{:a {:b 1}} [3 2] {:a 1}]
[(update {:a 1} :a inc) (update {} :a (fnil inc 0)) (update {:a 1} :a + 1 2 3 4)] ; => [{:a 2} {:a 1} {:a 11}]
[(update-in {:a {:b 1}} [:a :b] + 10) (update-in {} [:a] (fnil conj []) 1)] ; => [{:a {:b 11}} {:a [1]}]
[(merge) (merge nil nil) (merge {:a 1} nil) (merge nil {:a 1}) (merge {:a 1} {:a 2 :b 3} {:c 4})] ; => [nil nil {:a 1} {:a 1} {:a 2, :b 3, :c 4}]
[(merge-with + {:a 1} {:a 2 :b 3} {:b 1}) (merge-with + nil nil) (merge-with into {:a [1]} {:a [2]})] ; => [{:a 3, :b 4} nil {:a [1 2]}]
[(select-keys {:a 1 :b nil} [:b :c]) (select-keys nil [:a]) (meta (select-keys ^{:m 1} {:a 1} [:a]))] ; => [{:b nil} {} {:m 1}]
[(update-vals {:a 1} inc) (update-keys {:a 1} name) (update-vals nil inc)] ; => [{:a 2} {"a" 1} {}]
(meta (vary-meta ^{:a 1} [] assoc :b 2)) ; => {:a 1, :b 2}
[(diff 1 1) (diff 1 2) (diff {:a 1 :b 2} {:b 3 :c 4}) (diff #{1 2} #{2 3})] ; => [[nil nil 1] [1 2 nil] [{:a 1, :b 2} {:b 3, :c 4} nil] [#{1} #{3} #{2}]]
[(diff [1 2 3] [1 5]) (diff {:a {:b 1 :c 2}} {:a {:b 1}})] ; => [[[nil 2 3] [nil 5] [1]] [{:a {:c 2}} nil {:a {:b 1}}]]
