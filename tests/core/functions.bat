;; Functions of functions, and the macros that decide, bind and repeat.
(ns core.functions)

(deftest juxt-
  (is (= [1] ((juxt identity) 1)))
  (is (= [2 0] ((juxt inc dec) 1)))
  (is (= [3 1 2] ((juxt + first-of max) 1 2)))
  (is (= [nil] ((juxt :a) nil)))
  (is (= [1 2] ((juxt :a :b) {:a 1 :b 2})))
  (is (= [0 [] nil ""] ((juxt + vector (constantly nil) str))))
  (is (= [10 24] ((juxt + *) 1 2 3 4)))
  (is (vector? ((juxt inc) 1)))
  (is (thrown? Exception ((juxt inc) nil)))
  (is (thrown? Exception ((juxt 5) 1)))
  (is (thrown? Exception (apply juxt []))))

(defn first-of [x & _] x)

(deftest partial-
  (is (= 3 ((partial + 1) 2)))
  (is (= 1 ((partial + 1))))
  (is (= 15 ((partial + 1 2 3) 4 5)))
  (is (= 10 ((partial + 1 2 3 4))))
  (is (= 21 ((partial + 1 2 3 4) 5 6)))
  (is (= 1 ((partial :a) {:a 1})))
  (is (= [nil 1] ((partial vector nil) 1)))
  (is (= inc (partial inc)))
  (is (thrown? Exception ((partial + 1) nil)))
  (is (thrown? Exception ((partial 5 1) 2)))
  (is (thrown? Exception (apply partial []))))

(deftest fnil-
  (is (= 1 ((fnil inc 0) nil)))
  (is (= 6 ((fnil inc 0) 5)))
  (is (= [1] ((fnil conj []) nil 1)))
  (is (= 3 ((fnil + 1 2) nil nil)))
  (is (= 6 ((fnil + 1 2 3) nil nil nil)))
  (is (= [1 nil] ((fnil vector 1) nil nil)))
  (is (= [false] ((fnil vector 1) false)))
  (is (thrown? Exception ((fnil + 1) nil nil)))
  (is (thrown? Exception ((fnil 5 1) nil))))

(deftest some-fn-
  (is (true? ((some-fn odd?) 2 3)))
  (is (false? ((some-fn odd?) 2)))
  (is (nil? ((some-fn odd?))))
  (is (= 1 ((some-fn :a :b) {:b 1})))
  (is (nil? ((some-fn :a :b) {})))
  (is (nil? ((some-fn :a :b :c :d) {} {})))
  (is (true? ((some-fn odd? neg? zero?) 2 4 0)))
  (is (thrown? Exception ((some-fn odd?) nil)))
  (is (thrown? Exception (apply some-fn [])))
  (is (true? ((every-pred odd? pos?) 1 3)))
  (is (false? ((every-pred odd? pos?) 1 -3)))
  (is (true? ((every-pred odd?)))))

(deftest others
  (is (= 4 ((comp inc inc) 2)))
  (is (= 1 ((comp) 1)))
  (is (false? ((complement nil?) nil)))
  (is (= 5 ((constantly 5) 1 2 3)))
  (is (= 6 (apply + 1 2 [3])))
  (is (= 0 (apply + nil)))
  (is (= 3 (trampoline (fn [x] (fn [] (inc x))) 2)))
  (is (= 1 (let [calls (atom 0)
                 f (memoize (fn [x] (swap! calls inc) x))]
             (f nil) (f nil) @calls)))
  (is (thrown? Exception (apply + 1))))

(deftest and-or
  (is (true? (and)))
  (is (nil? (or)))
  (is (= 1 (and 1)))
  (is (= 2 (and 1 2)))
  (is (nil? (and nil 2)))
  (is (false? (and 1 false (throw (ex-info "never" {})))))
  (is (= [] (and [] [])))
  (is (= 1 (or nil false 1 (throw (ex-info "never" {})))))
  (is (false? (or nil false))))

(deftest case-
  (is (= :one (case 1 1 :one 2 :two)))
  (is (= :else (case 5 1 :one :else)))
  (is (= :nil (case nil nil :nil :else)))
  (is (= :either (case 2 (1 2) :either :else)))
  (is (= :string (case "a" "a" :string :else)))
  (is (= :char (case \a \a :char :else)))
  (is (= :keyword (case :a :a :keyword :else)))
  (is (= :symbol (case 'a a :symbol :else)))
  (is (= :vector (case [1 2] [1 2] :vector :else)))
  (is (= :map (case {:a 1} {:a 1} :map :else)))
  (is (= :set (case #{1} #{1} :set :else)))
  (is (= :else (case 1.0 1 :int :else)))
  (is (= :big (case 100000000000000000000 100000000000000000000 :big :else)))
  (is (= :empty (case [] [] :empty :else)))
  (is (thrown? Exception (case 3 1 :one))))

(deftest when-forms
  (is (nil? (when-first [x nil] x)))
  (is (nil? (when-first [x []] :never)))
  (is (= 1 (when-first [x [1 2]] x)))
  (is (= [nil] (when-first [x [nil]] [x])))
  (is (= \a (when-first [x "abc"] x)))
  (is (= 0 (when-first [x (range)] x)))
  (is (= [:a 1] (when-first [e {:a 1}] e)))
  (is (nil? (when-let [x nil] :never)))
  (is (nil? (when-let [x false] :never)))
  (is (= 1 (when-let [x 1] x)))
  (is (= [] (when-let [x []] x)))
  (is (= 1 (when-let [[a] [1 2]] a)))
  (is (= 1 (when-not nil 1)))
  (is (nil? (when-not 1 :never)))
  (is (= 2 (when-not false 1 2)))
  (is (nil? (when-not nil)))
  (is (= :else (if-let [x nil] x :else)))
  (is (false? (when-some [x false] x)))
  (is (= 2 (if-some [x nil] x 2)))
  (is (thrown? Exception (when-first [x 5] x))))

(deftest doseq-
  (is (nil? (doseq [x nil] x)))
  (is (= [1 2] (let [seen (atom [])] (doseq [x [1 2]] (swap! seen conj x)) @seen)))
  (is (= [[1 :a] [1 :b] [2 :a] [2 :b]]
         (let [seen (atom [])] (doseq [x [1 2] y [:a :b]] (swap! seen conj [x y])) @seen)))
  (is (= [1 3] (let [seen (atom [])] (doseq [x (range) :while (< x 5) :when (odd? x)]
                                       (swap! seen conj x)) @seen)))
  (is (= [2] (let [seen (atom [])] (doseq [x [1] :let [y (inc x)]] (swap! seen conj y)) @seen)))
  (is (= [[:a 1]] (let [seen (atom [])] (doseq [[k v] {:a 1}] (swap! seen conj [k v])) @seen)))
  (is (= [\a] (let [seen (atom [])] (doseq [c "a"] (swap! seen conj c)) @seen)))
  (is (thrown? Exception (doseq [x 5] x))))

(def ^:dynamic *bound* 1)

(deftest bound-functions
  (is (= 2 ((binding [*bound* 2] (bound-fn [] *bound*)))))
  (is (= [2 3] ((binding [*bound* 2] (bound-fn [x] [*bound* x])) 3)))
  (is (= 2 ((binding [*bound* 2] (bound-fn* (fn [] *bound*))))))
  (is (= 5 ((bound-fn* +) 2 3)))
  (is (= 1 ((bound-fn [] *bound*)))))

(defmulti shape-of (fn [x] (if (map? x) (:shape x) :none)))
(defmethod shape-of :square [{:keys [side]}] (* side side))
(defmethod shape-of :default [_] :unknown)

(derive ::square ::rect)
(derive ::rect ::shape)

(deftest multimethods
  (is (= 9 (shape-of {:shape :square :side 3})))
  (is (= :unknown (shape-of {:shape :circle})))
  (is (= :unknown (shape-of nil)))
  (is (= :unknown (shape-of 5)))
  (is (= #{::rect ::shape} (ancestors ::square)))
  (is (= #{::square ::rect} (descendants ::shape)))
  (is (= #{::rect} (parents ::square)))
  (is (nil? (ancestors ::unheard-of)))
  (is (isa? ::square ::shape))
  (is (not (isa? ::shape ::square)))
  (is (isa? [::square ::rect] [::rect ::shape]))
  (is (isa? 5 5)))

(deftest watches
  (is (= [[:k 1 2]]
         (let [a (atom 1)
               seen (atom [])]
           (add-watch a :k (fn [k _ before after] (swap! seen conj [k before after])))
           (swap! a inc)
           (remove-watch a :k)
           (swap! a inc)
           @seen)))
  (is (= 1 @(remove-watch (atom 1) :none)))
  (is (thrown? Exception (add-watch 5 :k inc)))
  (is (thrown? Exception (remove-watch nil :k))))
