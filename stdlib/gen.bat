;; Generators of random values that know how to shrink. A generator is a map with :gen/run, a
;; function of a source of random numbers and a size that gives a tree: [value trees], where the
;; trees are a lazy sequence of smaller values of the same generator, the simplest first. What is
;; made from generators (`fmap`, `bind`, `vector` …) shrinks by itself.
(ns gen)

(defn- generator
  [run]
  {:gen/run run})

(defn generator?
  "Is it a generator?"
  [x]
  (and (map? x) (contains? x :gen/run)))

(defn- tree-of
  "A tree from a generator."
  [g random size]
  (if (generator? g)
    ((:gen/run g) random size)
    (throw (ex-info (str "a generator is wanted, got " (pr-str g)) {:value g}))))

(defn random-source
  "A source of random numbers, the same ones for the same seed."
  [seed]
  (volatile! (inc (mod (* 7919 (inc (mod seed 2147483646))) 2147483646))))

(defn- draw
  "An integer from 0 up to, not including, 2147483646."
  [random]
  (dec (vswap! random (fn [state] (mod (* 48271 state) 2147483647)))))

(defn- draw-between
  "An integer from low to high, both included."
  [random low high]
  (clojure.core/let [size (inc (- high low))]
    (loop [number (draw random)
           reach 2147483646]
      (if (< reach size)
        (recur (+ (* 2147483646 number) (draw random)) (* 2147483646 reach))
        (+ low (mod number size))))))

(defn- map-tree
  [f tree]
  (clojure.core/let [[value smaller] tree]
    [(f value) (clojure.core/map (fn [tree] (map-tree f tree)) smaller)]))

(defn- filter-tree
  [pred tree]
  (clojure.core/let [[value smaller] tree]
    [value (clojure.core/map (fn [tree] (filter-tree pred tree))
                (filter (fn [tree] (pred (first tree))) smaller))]))

(defn- bind-tree
  "The tree of the trees that f gives for the values of a tree."
  [f tree]
  (clojure.core/let [[value smaller] tree
        [inner inner-smaller] (f value)]
    [inner (concat (clojure.core/map (fn [tree] (bind-tree f tree)) smaller) inner-smaller)]))

(defn- without-each
  "The vectors without one of the items."
  [items]
  (clojure.core/map (fn [place] (into (subvec items 0 place) (subvec items (inc place))))
       (range (count items))))

(defn- with-each-smaller
  "The vectors of trees with one of the trees replaced by a smaller one."
  [trees]
  (mapcat (fn [place] (clojure.core/map (fn [smaller] (assoc trees place smaller))
                           (second (nth trees place))))
          (range (count trees))))

(defn- tuple-tree
  [trees]
  [(mapv first trees) (clojure.core/map tuple-tree (with-each-smaller trees))])

(defn- vector-tree
  "The tree of a vector that may lose items down to a least number."
  [trees least]
  (clojure.core/let [many (count trees)
        half (when (and (> many 3) (>= (quot many 2) least))
               [(subvec trees 0 (quot many 2)) (subvec trees (quot many 2))])]
    [(mapv first trees)
     (clojure.core/map (fn [trees] (vector-tree trees least))
          (concat half
                  (when (> many least) (without-each trees))
                  (with-each-smaller trees)))]))

(defn- integers-towards
  "The tree of an integer that shrinks towards another one."
  [target number]
  [number
   (clojure.core/map (fn [distance] (integers-towards target (- number distance)))
        (take-while (fn [distance] (not (zero? distance)))
                    (iterate (fn [distance] (quot distance 2)) (- number target))))])

(defn return
  "Always this value."
  [value]
  (generator (fn [_ _] [value ()])))

(defn fmap
  "The values of g with f applied."
  [f g]
  (generator (fn [random size] (map-tree f (tree-of g random size)))))

(defn bind
  "The values of the generator that f gives for a value of g."
  [g f]
  (generator
    (fn [random size]
      (clojure.core/let [seed (draw random)]
        (bind-tree (fn [value] (tree-of (f value) (random-source seed) size))
                   (tree-of g random size))))))

(defn such-that
  "The values of g for which pred holds. Crashes if none is found in max-tries (else 100) tries."
  ([pred g] (such-that pred g 100))
  ([pred g max-tries]
   (clojure.core/let [most (if (map? max-tries) (get max-tries :max-tries 100) max-tries)]
     (generator
       (fn [random size]
         (loop [tries 0]
           (clojure.core/let [tree (tree-of g random (+ size tries))]
             (cond
               (pred (first tree)) (filter-tree pred tree)
               (< tries most) (recur (inc tries))
               :else (throw (ex-info (str "`such-that` found no value in " most " tries")
                                     {:pred pred}))))))))))

(defn sized
  "The values of the generator that f gives for the size."
  [f]
  (generator (fn [random size] (tree-of (f size) random size))))

(defn resize
  "The values of g at another size."
  [size g]
  (generator (fn [random _] (tree-of g random size))))

(defn scale
  "The values of g at f of the size."
  [f g]
  (sized (fn [size] (resize (f size) g))))

(defn no-shrink
  "The values of g, which do not shrink."
  [g]
  (generator (fn [random size] [(first (tree-of g random size)) ()])))

(defn choose
  "The integers from low to high, both included."
  [low high]
  (generator
    (fn [random _]
      (integers-towards (cond (pos? low) low (neg? high) high :else 0)
                        (draw-between random low high)))))

(defn one-of
  "The values of one of the generators."
  [gs]
  (bind (choose 0 (dec (count gs))) (fn [place] (nth (vec gs) place))))

(defn elements
  "The items of coll."
  [coll]
  (clojure.core/let [items (vec coll)]
    (if (zero? (count items))
      (throw (ex-info "`elements` wants at least one item" {:value coll}))
      (fmap (fn [place] (nth items place)) (choose 0 (dec (count items)))))))

(defn frequency
  "The values of one of the generators in [[weight generator] …], by weight."
  [pairs]
  (clojure.core/let [total (reduce + (clojure.core/map first pairs))]
    (bind (choose 0 (dec total))
          (fn [number]
            (loop [number number
                   pairs (seq pairs)]
              (clojure.core/let [[weight g] (first pairs)]
                (if (< number weight) g (recur (- number weight) (next pairs)))))))))

(def small-integer
  "Integers that grow with the size."
  (sized (fn [size] (choose (- size) size))))

(def int
  "Integers that grow with the size."
  small-integer)

(def nat
  "Integers from 0 on that grow with the size."
  (sized (fn [size] (choose 0 size))))

(def pos-int
  "Integers from 0 on that grow with the size."
  nat)

(def s-pos-int
  "Integers from 1 on that grow with the size."
  (fmap inc nat))

(defn large-integer*
  "Integers of up to 64 bits, of every magnitude, between :min and :max."
  [{:keys [min max] :or {min -9223372036854775808 max 9223372036854775807}}]
  (such-that
    (fn [number] (<= min number max))
    (one-of [(choose min max)
             (bind (choose 0 62)
                   (fn [bits]
                     (clojure.core/let [reach (bit-shift-left 1 bits)
                           low (clojure.core/max min (- reach))
                           high (clojure.core/min max reach)]
                       (choose (clojure.core/min low high) (clojure.core/max low high)))))])))

(def large-integer
  "Integers of up to 64 bits, of every magnitude."
  (large-integer* {}))

(def size-bounded-bigint
  "Integers of any number of bits."
  (fmap (fn [[number bits]] (* number (reduce * (repeat bits 4294967296))))
        (bind (choose 0 4) (fn [words] (fmap (fn [n] [n words]) large-integer)))))

(def ratio
  "Ratios and integers."
  (bind int (fn [number] (fmap (fn [divisor] (/ number divisor)) s-pos-int))))

(def double
  "Floats: small ones, large ones, and the special ones."
  (frequency
    [[6 (bind int (fn [number] (fmap (fn [part] (+ number (/ part 16.0))) (choose 0 15))))]
     [3 (bind large-integer (fn [number]
                              (fmap (fn [bits] (/ number (clojure.core/double (bit-shift-left 1 bits))))
                                    (choose 0 62))))]
     [1 (elements [0.0 -0.0 1.0 ##Inf ##-Inf ##NaN])]]))

(def boolean
  "false and true."
  (elements [false true]))

(def char-ascii
  "Printable ASCII characters."
  (fmap clojure.core/char (choose 32 126)))

(def char-alpha
  "ASCII letters."
  (fmap clojure.core/char (one-of [(choose 97 122) (choose 65 90)])))

(def char-alphanumeric
  "ASCII letters and digits."
  (fmap clojure.core/char (one-of [(choose 97 122) (choose 65 90) (choose 48 57)])))

(def char
  "Characters of every plane, ASCII more often."
  (fmap clojure.core/char
        (frequency [[6 (choose 32 126)] [2 (choose 0 255)] [1 (choose 256 55295)]
                    [1 (choose 65536 1114111)]])))

(defn vector
  "Vectors of values of g: as long as the size, of exactly n items, or of low to high items."
  ([g] (sized (fn [size] (vector g 0 size))))
  ([g n] (vector g n n))
  ([g low high]
   (generator
     (fn [random size]
       (clojure.core/let [many (draw-between random low high)]
         (vector-tree (mapv (fn [_] (tree-of g random size)) (range many)) low))))))

(defn tuple
  "Vectors with one value of each generator."
  [& gs]
  (generator (fn [random size] (tuple-tree (mapv (fn [g] (tree-of g random size)) gs)))))

(defn list
  "Lists of values of g."
  [g]
  (fmap (fn [items] (apply clojure.core/list items)) (vector g)))

(defn set
  "Sets of values of g."
  [g]
  (fmap clojure.core/set (vector g)))

(defn map
  "Maps from values of one generator to values of another."
  [keys vals]
  (fmap (fn [pairs] (into {} pairs)) (vector (tuple keys vals))))

(defn hash-map
  "Maps with these keys, each with a value of its generator."
  [& keys-and-gs]
  (clojure.core/let [keys (take-nth 2 keys-and-gs)]
    (fmap (fn [values] (zipmap keys values)) (apply tuple (take-nth 2 (rest keys-and-gs))))))

(defn not-empty
  "The values of g that are not empty."
  [g]
  (such-that seq g))

(defn shuffle
  "The items of coll as vectors in every order."
  [coll]
  (clojure.core/let [items (vec coll)
        last-place (dec (count items))]
    (if (pos? last-place)
      (fmap (fn [swaps]
              (reduce (fn [items [a b]] (assoc items a (nth items b) b (nth items a))) items swaps))
            (vector (tuple (choose 0 last-place) (choose 0 last-place)) 0 (* 2 (count items))))
      (return items))))

(defn vector-distinct
  "Vectors of values of g, no two equal."
  [g]
  (fmap (fn [items] (vec (distinct items))) (vector g)))

(def string-ascii
  "Strings of printable ASCII characters."
  (fmap str/join (vector char-ascii)))

(def string-alphanumeric
  "Strings of ASCII letters and digits."
  (fmap str/join (vector char-alphanumeric)))

(def string
  "Strings of every kind of characters."
  (fmap str/join (vector char)))

(def ^:private word
  (fmap (fn [[letter more]] (str letter (str/join more)))
        (tuple char-alpha (vector char-alphanumeric 0 8))))

(def keyword
  "Keywords without namespace."
  (fmap clojure.core/keyword word))

(def keyword-ns
  "Keywords with a namespace."
  (fmap (fn [[space name]] (clojure.core/keyword space name)) (tuple word word)))

(def symbol
  "Symbols without namespace."
  (fmap clojure.core/symbol word))

(def simple-type
  "Values that are no collections."
  (one-of [int large-integer double char string ratio boolean keyword keyword-ns symbol]))

(def simple-type-printable
  "Values that are no collections, of printable ASCII."
  (one-of [int large-integer char-ascii string-ascii ratio boolean keyword keyword-ns symbol]))

(defn recursive-gen
  "Values of leaf, and of what container makes of a generator, nested."
  [container leaf]
  (sized (fn [size]
           (if (< size 2)
             leaf
             (frequency [[2 leaf]
                         [1 (resize (quot size 4)
                                    (container (scale (fn [size] (quot size 2))
                                                      (recursive-gen container leaf))))]])))))

(defn- collections
  [g]
  (one-of [(vector g) (list g) (set g) (map g g)]))

(def any
  "Every kind of data."
  (recursive-gen collections simple-type))

(def any-printable
  "Every kind of data, of printable ASCII."
  (recursive-gen collections simple-type-printable))

(defmacro let
  "A generator of the body's value for names bound to values of generators, the later of which may
  use the earlier names."
  [bindings & body]
  (if (seq bindings)
    (clojure.core/let [[name g & more] bindings]
      `(bind ~g (fn [~name] (gen/let [~@more] ~@body))))
    `(clojure.core/let [result# (do ~@body)]
       (if (generator? result#) result# (return result#)))))

(defn tree
  "A value of g for a source of random numbers and a size, with its smaller ones:
  [value trees]."
  [g random size]
  (tree-of g random size))

(defn generate
  "A random value of g, of size 30 unless told; the same one for the same seed."
  ([g] (generate g 30))
  ([g size] (generate g size (rand-int 2147483646)))
  ([g size seed] (first (tree-of g (random-source seed) size))))

(defn sample
  "Ten, or n, random values of g of growing size."
  ([g] (sample g 10))
  ([g n]
   (clojure.core/map (fn [size] (generate g size)) (range n))))
