;; set.bat
[(set/union) (set/union #{1} #{2}) (count (set/union #{1} #{2} #{1 3})) (set/union #{1} nil)] ; => [#{} #{1 2} 3 #{1}]
[(set/intersection #{1 2} #{2 3}) (set/intersection #{1 2} #{2 3} #{3}) (set/difference #{1 2} #{2}) (set/difference #{1 2 3} #{1} #{2 9})] ; => [#{2} #{} #{1} #{3}]
[(set/subset? #{1} #{1 2}) (set/subset? #{} #{}) (set/superset? #{1 2} #{3})] ; => [true true false]
[(set/select odd? #{1 2 4}) (set/map-invert {:a 1}) (set/rename-keys {:a 1 :b 2} {:a :b :b :a}) (set/rename-keys {:a 1} {:x :y})] ; => [#{1} {1 :a} {:b 1, :a 2} {:a 1}]
[(set/project #{{:a 1 :b 2}} [:a]) (set/rename #{{:a 1}} {:a :z}) (set/index #{{:a 1 :b 2}} [:a])] ; => [#{{:a 1}} #{{:z 1}} {{:a 1} #{{:a 1, :b 2}}}]
(set/join #{{:id 1 :name "a"}} #{{:id 1 :age 5} {:id 2 :age 6}}) ; => #{{:id 1, :name "a", :age 5}}
(set/join #{{:id 1}} #{{:ref 1 :x 2}} {:id :ref}) ; => #{{:id 1, :ref 1, :x 2}}
