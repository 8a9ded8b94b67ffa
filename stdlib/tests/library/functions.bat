;; core/functions.bat
[(identity 1) ((constantly 5)) ((constantly 5) 1 2 3)] ; => [1 5 5]
[((complement odd?) 2) ((complement <) 1 2) ((complement (fn [] nil)))] ; => [true false true]
[((comp) 1) ((comp inc) 1) ((comp inc inc) 1) ((comp str inc +) 1 2 3 4)] ; => [1 2 3 "11"]
((comp inc inc inc inc inc) 0) ; => 5
[((partial +) 1) ((partial + 1)) ((partial + 1) 2 3) ((partial + 1 2) 3 4 5 6) ((partial + 1 2 3) 4)] ; => [1 1 6 21 10]
[((juxt inc) 1) ((juxt + -) 3 2) ((juxt :a :b :c) {:a 1 :c 3})] ; => [[2] [5 1] [1 nil 3]]
[((fnil inc 0) nil) ((fnil + 1 2) nil nil 3) ((fnil vector 1 2 3) nil :b nil nil)] ; => [1 6 [1 :b 3 nil]]
[((every-pred pos? odd?) 1 3) ((every-pred pos? odd?) 1 2) ((every-pred pos?)) ((every-pred int? pos? odd?) 1 3.0)] ; => [true false true false]
[((some-fn :a :b) {:b 2}) ((some-fn even?) 1 3) ((some-fn even? neg? zero?) 1 -1)] ; => [2 nil true]
(let [calls (atom 0)
      slow (memoize (fn [x] (swap! calls inc) (* x x)))]
  [(slow 3) (slow 3) (slow 4) @calls]) ; => [9 9 16 2]
(let [calls (atom 0) nothing (memoize (fn [] (swap! calls inc) nil))] (nothing) (nothing) @calls) ; => 1
(trampoline (fn f [n] (if (zero? n) :done (fn [] (f (dec n))))) 1000) ; => :done
(sort (comparator >) [1 3 2]) ; => (3 2 1)
