;; Lazy sequences from sequences, one item at a time, each with its transducer. No function here
;; realises an item before it is asked for, and none holds the head of what it walks: a search that has
;; passed over 64 items gives a lazy sequence for the others, in whose place it is then realised.
(ns batuta.core)

(defn map
  "The lazy sequence of f of the items of coll; with several collections f takes one item of each,
  up to the end of the shortest. Without a collection a transducer."
  ([f]
   (fn [step]
     (fn
       ([] (step))
       ([result] (step result))
       ([result input] (step result (f input)))
       ([result input & inputs] (step result (apply f input inputs))))))
  ([f coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (cons (f (first items)) (map f (rest items)))))))
  ([f c1 c2]
   (lazy-seq
     (let [s1 (seq c1)
           s2 (seq c2)]
       (when (and s1 s2)
         (cons (f (first s1) (first s2)) (map f (rest s1) (rest s2)))))))
  ([f c1 c2 c3]
   (lazy-seq
     (let [s1 (seq c1)
           s2 (seq c2)
           s3 (seq c3)]
       (when (and s1 s2 s3)
         (cons (f (first s1) (first s2) (first s3))
               (map f (rest s1) (rest s2) (rest s3)))))))
  ([f c1 c2 c3 & more]
   (map-all f (list* c1 c2 c3 more))))

(defn- map-all
  [f colls]
  (lazy-seq
    (let [seqs (mapv seq colls)]
      (when (every? identity seqs)
        (cons (apply f (mapv first seqs)) (map-all f (mapv rest seqs)))))))

(defn filter
  "The lazy sequence of the items of coll for which pred holds. Without coll a transducer."
  ([pred]
   (fn [step]
     (fn
       ([] (step))
       ([result] (step result))
       ([result input] (if (pred input) (step result input) result)))))
  ([pred coll]
   (lazy-seq
     (loop [items (seq coll)
            turns 64]
       (when items
         (let [item (first items)]
           (cond
             (pred item) (cons item (filter pred (rest items)))
             (zero? turns) (filter pred (rest items))
             :else (recur (next items) (dec turns)))))))))

(defn remove
  "The lazy sequence of the items of coll for which pred does not hold. Without coll a transducer."
  ([pred] (filter (complement pred)))
  ([pred coll]
   (lazy-seq
     (loop [items (seq coll)
            turns 64]
       (when items
         (let [item (first items)]
           (cond
             (not (pred item)) (cons item (remove pred (rest items)))
             (zero? turns) (remove pred (rest items))
             :else (recur (next items) (dec turns)))))))))

(defn keep
  "The lazy sequence of those results of f of the items of coll that are not nil. Without coll a
  transducer."
  ([f]
   (fn [step]
     (fn
       ([] (step))
       ([result] (step result))
       ([result input]
        (let [kept (f input)]
          (if (nil? kept) result (step result kept)))))))
  ([f coll]
   (lazy-seq
     (loop [items (seq coll)
            turns 64]
       (when items
         (let [kept (f (first items))]
           (cond
             (some? kept) (cons kept (keep f (rest items)))
             (zero? turns) (keep f (rest items))
             :else (recur (next items) (dec turns)))))))))

(defn map-indexed
  "The lazy sequence of f of index and item for the items of coll. Without coll a transducer."
  ([f]
   (fn [step]
     (let [place (volatile! -1)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input] (step result (f (vswap! place inc) input)))))))
  ([f coll] (map f (range) coll)))

(defn keep-indexed
  "As map-indexed, without the results that are nil."
  ([f]
   (fn [step]
     (let [place (volatile! -1)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (let [kept (f (vswap! place inc) input)]
            (if (nil? kept) result (step result kept))))))))
  ([f coll] (filter some? (map f (range) coll))))

(defn- joined
  "The items of s, then those of each of colls, lazily."
  [s colls]
  (lazy-seq
    (loop [items (seq s)
           colls colls
           turns 64]
      (if items
        (cons (first items) (joined (rest items) colls))
        (let [more (seq colls)]
          (cond
            (nil? more) nil
            (zero? turns) (joined nil more)
            :else (recur (seq (first more)) (rest more) (dec turns))))))))

(defn concat
  "The lazy sequence of the items of all collections, one after the other."
  ([] (lazy-seq nil))
  ([x] (lazy-seq x))
  ([x y]
   (lazy-seq
     (let [items (seq x)]
       (if items
         (cons (first items) (concat (rest items) y))
         y))))
  ([x y & more] (joined x (cons y more))))

(defn cat
  "A transducer that hands on the items of each collection it gets."
  [step]
  (let [inner (fn [result input]
                (let [next-result (step result input)]
                  (if (reduced? next-result) (reduced next-result) next-result)))]
    (fn
      ([] (step))
      ([result] (step result))
      ([result input] (reduce inner result input)))))

(defn mapcat
  "The lazy sequence of the items of all collections that f gives for the items of coll. Without
  coll a transducer."
  ([f] (comp (map f) cat))
  ([f coll] (joined nil (map f coll)))
  ([f coll & colls] (joined nil (apply map f coll colls))))

(defn flat-map
  "The same function as mapcat."
  ([f] (mapcat f))
  ([f coll] (mapcat f coll)))

(defn take
  "The lazy sequence of the first n items of coll. Without coll a transducer."
  ([n]
   (fn [step]
     (let [left (volatile! n)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (let [before (deref left)
                after (vreset! left (dec before))
                result (if (pos? before) (step result input) result)]
            (if (pos? after) result (ensure-reduced result))))))))
  ([n coll]
   (lazy-seq
     (when (pos? n)
       (let [items (seq coll)]
         (when items
           (cons (first items) (take (dec n) (rest items)))))))))

(defn take-while
  "The lazy sequence of the items of coll before the first for which pred does not hold. Without
  coll a transducer."
  ([pred]
   (fn [step]
     (fn
       ([] (step))
       ([result] (step result))
       ([result input] (if (pred input) (step result input) (reduced result))))))
  ([pred coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (let [item (first items)]
           (when (pred item)
             (cons item (take-while pred (rest items))))))))))

(defn take-nth
  "The lazy sequence of every n-th item of coll, beginning with the first. Without coll a
  transducer."
  ([n]
   (fn [step]
     (let [place (volatile! -1)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (if (zero? (rem (vswap! place inc) n)) (step result input) result))))))
  ([n coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (cons (first items) (take-nth n (drop n items))))))))

(defn drop
  "The lazy sequence of all but the first n items of coll. Without coll a transducer."
  ([n]
   (fn [step]
     (let [left (volatile! n)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (let [before (deref left)]
            (if (pos? before)
              (do (vreset! left (dec before)) result)
              (step result input))))))))
  ([n coll]
   (lazy-seq
     (loop [left n
            items (seq coll)
            turns 64]
       (cond
         (not (and items (pos? left))) items
         (zero? turns) (drop left items)
         :else (recur (dec left) (next items) (dec turns)))))))

(defn drop-while
  "The lazy sequence of the items of coll from the first on for which pred does not hold. Without
  coll a transducer."
  ([pred]
   (fn [step]
     (let [dropping (volatile! true)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (if (and (deref dropping) (pred input))
            result
            (do (vreset! dropping false)
                (step result input))))))))
  ([pred coll]
   (lazy-seq
     (loop [items (seq coll)
            turns 64]
       (cond
         (not (and items (pred (first items)))) items
         (zero? turns) (drop-while pred (rest items))
         :else (recur (next items) (dec turns)))))))

(defn take-last
  "A sequence of the last n items of coll, nil if there are none. Walks it once."
  [n coll]
  (loop [result (seq coll)
         ahead (seq (drop n coll))]
    (if ahead
      (recur (next result) (next ahead))
      result)))

(defn drop-last
  "The lazy sequence of all but the last n (else one) items of coll."
  ([coll] (drop-last 1 coll))
  ([n coll] (map (fn [item _] item) coll (drop n coll))))

(defn interleave
  "The lazy sequence of the first item of each collection, then the second ones, and so on, up to
  the end of the shortest."
  ([] (lazy-seq nil))
  ([c1] (lazy-seq c1))
  ([c1 c2]
   (lazy-seq
     (let [s1 (seq c1)
           s2 (seq c2)]
       (when (and s1 s2)
         (cons (first s1) (cons (first s2) (interleave (rest s1) (rest s2))))))))
  ([c1 c2 & more]
   (lazy-seq
     (let [seqs (mapv seq (list* c1 c2 more))]
       (when (every? identity seqs)
         (concat (mapv first seqs) (apply interleave (mapv rest seqs))))))))

(defn interpose
  "The lazy sequence of the items of coll with separator between them. Without coll a transducer."
  ([separator]
   (fn [step]
     (let [started (volatile! false)]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (if (deref started)
            (let [separated (step result separator)]
              (if (reduced? separated) separated (step separated input)))
            (do (vreset! started true)
                (step result input))))))))
  ([separator coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (cons (first items) (separated separator (rest items))))))))

(defn- separated
  [separator coll]
  (lazy-seq
    (let [items (seq coll)]
      (when items
        (cons separator (cons (first items) (separated separator (rest items))))))))

(defn replace
  "coll with each item that is a key of smap replaced by its value: a vector for a vector, else a
  lazy sequence. Without coll a transducer."
  ([smap] (map (fn [item] (get smap item item))))
  ([smap coll]
   (let [replaced (fn [item] (get smap item item))]
     (if (vector? coll) (mapv replaced coll) (map replaced coll)))))

(defn distinct
  "The lazy sequence of the items of coll without repetitions. Without coll a transducer."
  ([]
   (fn [step]
     (let [seen (volatile! #{})]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (if (contains? (deref seen) input)
            result
            (do (vswap! seen conj input)
                (step result input))))))))
  ([coll] (distinct-from #{} coll)))

(defn- distinct-from
  [seen coll]
  (lazy-seq
    (loop [items (seq coll)
           turns 64]
      (when items
        (let [item (first items)]
          (cond
            (not (contains? seen item)) (cons item (distinct-from (conj seen item) (rest items)))
            (zero? turns) (distinct-from seen (rest items))
            :else (recur (next items) (dec turns))))))))

(defn dedupe
  "The lazy sequence of the items of coll without those equal to the one before. Without coll a
  transducer."
  ([]
   (fn [step]
     (let [before (volatile! [])]
       (fn
         ([] (step))
         ([result] (step result))
         ([result input]
          (let [known (deref before)]
            (vreset! before [input])
            (if (= known [input]) result (step result input))))))))
  ([coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (cons (first items) (dedupe-after (first items) (rest items))))))))

(defn- dedupe-after
  [before coll]
  (lazy-seq
    (loop [items (seq coll)
           turns 64]
      (when items
        (let [item (first items)]
          (cond
            (not= item before) (cons item (dedupe-after item (rest items)))
            (zero? turns) (dedupe-after before (rest items))
            :else (recur (next items) (dec turns))))))))

(defn random-sample
  "The items of coll, each with probability p. Without coll a transducer."
  ([p] (filter (fn [_] (< (rand) p))))
  ([p coll] (filter (fn [_] (< (rand) p)) coll)))

(defn flatten
  "The lazy sequence of all items in nested sequential collections. What is not sequential gives
  ()."
  [x]
  (remove sequential? (rest (tree-seq sequential? seq x))))

(defn tree-seq
  "The lazy sequence of the nodes of a tree, parents before children. branch? says whether a node
  may have children; children gives them."
  [branch? children root]
  (lazy-seq
    (cons root
          (when (branch? root)
            (mapcat (fn [node] (tree-seq branch? children node)) (children root))))))

(defn sequence
  "coll as a sequence, () if it is empty; with a transducer the lazy sequence of what it gives."
  ([coll]
   (if (seq? coll)
     coll
     (or (seq coll) ())))
  ([xform coll]
   (or (seq (lazily-through xform coll)) ()))
  ([xform coll & colls]
   (let [step (xform gather)]
     (or (seq (sequence-from step
                             (fn [outputs inputs] (apply step outputs inputs))
                             (apply map list coll colls)))
         ()))))

(defn- lazily-through
  "What the transducer gives for coll, nothing of it computed yet."
  [xform coll]
  (lazy-seq
    (let [step (xform gather)]
      (sequence-from step step coll))))

(defn- gather
  "The reducing function behind sequence: it collects what one input gives."
  ([outputs] outputs)
  ([outputs output] (conj outputs output)))

(defn- sequence-from
  "feed runs an item of coll through the transducer; step completes it."
  [step feed coll]
  (lazy-seq
    (loop [items (seq coll)
           turns 64]
      (if items
        (let [outputs (feed [] (first items))]
          (cond
            (reduced? outputs) (seq (step (deref outputs)))
            (pos? (count outputs)) (concat outputs (sequence-from step feed (rest items)))
            (zero? turns) (sequence-from step feed (rest items))
            :else (recur (next items) (dec turns))))
        (seq (step []))))))

(defn eduction
  "The lazy sequence of the last argument through the transducers before it."
  [& xforms-and-coll]
  (lazily-through (apply comp (butlast xforms-and-coll)) (last xforms-and-coll)))

(defn ->Eduction
  "The lazy sequence of coll through a transducer."
  [xform coll]
  (lazily-through xform coll))

(defn xml-seq
  "The nodes of an XML tree of maps with :content, parents before children."
  [root]
  (tree-seq (complement string?) (fn [node] (seq (:content node))) root))

(defn halt-when
  "A transducer that ends the whole when pred holds for an input. The result is that input, or
  (f result input) of the completed result."
  ([pred] (halt-when pred nil))
  ([pred f]
   (fn [step]
     (fn
       ([] (step))
       ([result]
        (if (and (map? result) (contains? result :batuta.core/halted))
          (get result :batuta.core/halted)
          (step result)))
       ([result input]
        (if (pred input)
          (reduced {:batuta.core/halted (if f (f (step result) input) input)})
          (step result input)))))))
