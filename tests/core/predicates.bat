;; What a value is, over one value of each kind.
(ns core.predicates)

(def values
  {:nil nil :true true :false false :int 1 :big 100000000000000000000 :float 1.5 :ratio 1/2
   :decimal 1.5M :char \a :string "ab" :empty-string "" :keyword :k :qualified-keyword :a/k
   :symbol 's :qualified-symbol 'a/s :vector [1] :empty-vector [] :list '(1) :empty-list ()
   :map {:a 1} :set #{1} :sorted-map (sorted-map 1 2) :sorted-set (sorted-set 1)
   :lazy (map inc [1]) :cons (cons 1 [2]) :range (range 3) :fn inc :var #'inc :atom (atom 1)
   :regex #"a" :uuid #uuid "6ba7b810-9dad-11d1-80b4-00c04fd430c8"})

(defn which
  "The names of the values for which pred gives true; it must give true or false for all."
  [pred]
  (set (keep (fn [[name value]]
               (let [answer (pred value)]
                 (cond
                   (true? answer) name
                   (false? answer) nil
                   :else [:neither-true-nor-false name answer])))
             values)))

(deftest each-predicate
  (are [names pred] (= names (which pred))
    (set (keys values)) any?
    #{:nil} nil?
    (disj (set (keys values)) :nil) some?
    #{:true} true?
    #{:false} false?
    #{:true :false} boolean?
    #{:int :big :float :ratio :decimal} number?
    #{:ratio} ratio?
    #{:decimal} decimal?
    #{:float} float?
    #{:char} char?
    #{:string :empty-string} string?
    #{:keyword :qualified-keyword} keyword?
    #{:keyword} simple-keyword?
    #{:qualified-keyword} qualified-keyword?
    #{:symbol :qualified-symbol} symbol?
    #{:symbol} simple-symbol?
    #{:qualified-symbol} qualified-symbol?
    #{:keyword :qualified-keyword :symbol :qualified-symbol} ident?
    #{:keyword :symbol} simple-ident?
    #{:qualified-keyword :qualified-symbol} qualified-ident?
    #{:vector :empty-vector} vector?
    #{:map :sorted-map} map?
    #{:set :sorted-set} set?
    #{:list :empty-list} list?
    #{:list :empty-list :lazy :cons :range} seq?
    #{:list :empty-list :lazy :cons :range :vector :empty-vector} sequential?
    #{:list :empty-list :lazy :cons :range :vector :empty-vector :map :set :sorted-map :sorted-set}
    coll?
    #{:nil :string :empty-string :list :empty-list :lazy :cons :range :vector :empty-vector :map
      :set :sorted-map :sorted-set}
    seqable?
    #{:vector :empty-vector :map :sorted-map} associative?
    #{:sorted-map :sorted-set} sorted?
    #{:vector :empty-vector :sorted-map :sorted-set} reversible?
    #{:fn} fn?
    #{:uuid} uuid?))

(deftest truth
  (is (true? (boolean 1)))
  (is (false? (boolean nil)))
  (is (true? (not nil)))
  (is (false? (not [])))
  (is (thrown? Exception (apply nil? [])))
  (is (thrown? Exception (apply true? [1 2]))))

(deftest special-symbols
  (is (special-symbol? 'if))
  (is (special-symbol? 'def))
  (is (special-symbol? 'recur))
  (is (not (special-symbol? 'inc)))
  (is (not (special-symbol? "if")))
  (is (not (special-symbol? nil))))

(deftest comparing
  (is (zero? (compare nil nil)))
  (is (neg? (compare nil 1)))
  (is (pos? (compare 1 nil)))
  (is (neg? (compare 1 2)))
  (is (zero? (compare 1 1.0)))
  (is (neg? (compare 1/2 0.75)))
  (is (pos? (compare 100000000000000000000 1)))
  (is (neg? (compare "a" "b")))
  (is (neg? (compare \a \b)))
  (is (neg? (compare :a :b)))
  (is (neg? (compare 'a 'b)))
  (is (neg? (compare false true)))
  (is (neg? (compare [1 2] [1 3])))
  (is (neg? (compare [2] [1 1])))
  (is (thrown? Exception (compare 1 "a")))
  (is (thrown? Exception (compare [] ())))
  (is (thrown? Exception (compare {} {}))))

(deftest are-no-two-equal
  (is (true? (distinct? 1)))
  (is (true? (distinct? 1 2 3)))
  (is (false? (distinct? 1 2 1)))
  (is (false? (distinct? nil nil)))
  (is (true? (distinct? 1 1.0)))
  (is (false? (distinct? [1] '(1)))))
