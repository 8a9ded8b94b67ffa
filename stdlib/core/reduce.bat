;; Folding sequences and what is defined by it. The loops go over chunks: the items of a vector are
;; taken from the vector itself, others from vectors of up to 32 that are there already.
(ns batuta.core)

(defn unreduced
  "The value in a reduced one; any other value itself."
  [x]
  (if (reduced? x) (deref x) x))

(defn ensure-reduced
  "x as a reduced value: itself if it is one."
  [x]
  (if (reduced? x) x (reduced x)))

(defn- reduce-from
  "Folds a sequence value, which may be nil."
  [f init items]
  (if items
    (let [chunk (chunk-items* items)]
      (loop [items items
             chunk chunk
             place (chunk-start* items)
             end (chunk-count* chunk)
             result init]
        (if (< place end)
          (let [result (f result (chunk-nth* chunk place))]
            (if (reduced? result)
              (deref result)
              (recur items chunk (inc place) end result)))
          (let [following (chunk-next* items chunk)]
            (if following
              (let [chunk (chunk-items* following)]
                (recur following chunk (chunk-start* following) (chunk-count* chunk) result))
              result)))))
    init))

(defn reduce
  "Folds coll with f from the left, starting with init or else with its first item. Without init
  an empty coll gives (f), one item gives itself. A reduced result ends it. An object with a reduce
  method (IReduce, IReduceInit) folds itself."
  ([f coll]
   (let [own (reducer* coll)]
     (if own
       (own coll f)
       (let [items (seq coll)]
         (if items
           (reduce-from f (first items) (next items))
           (f))))))
  ([f init coll]
   (let [own (reducer* coll)]
     (if own
       (own coll f init)
       (reduce-from f init (seq coll))))))

(defn reduce-kv
  "Folds a map or vector with f of result, key or index, and value. nil gives init."
  [f init coll]
  (if (vector? coll)
    (let [size (count coll)]
      (loop [result init
             index 0]
        (if (< index size)
          (let [result (f result index (nth coll index))]
            (if (reduced? result)
              (deref result)
              (recur result (inc index))))
          result)))
    (reduce-from (fn [result entry] (f result (nth entry 0) (nth entry 1))) init (seq coll))))

(defn reductions
  "The lazy sequence of all intermediate results of (reduce f init coll)."
  ([f coll]
   (lazy-seq
     (let [items (seq coll)]
       (if items
         (reductions f (first items) (rest items))
         (list (f))))))
  ([f init coll]
   (if (reduced? init)
     (list (deref init))
     (cons init
           (lazy-seq
             (let [items (seq coll)]
               (when items
                 (reductions f (f init (first items)) (rest items)))))))))

(defn completing
  "f as a reducing function whose completion is done, or nothing."
  ([f] (completing f identity))
  ([f done]
   (fn
     ([] (f))
     ([result] (done result))
     ([result input] (f result input)))))

(defn transduce
  "Folds coll with f through the transducer xform, then completes. Without init it begins with (f)."
  ([xform f coll] (transduce xform f (f) coll))
  ([xform f init coll]
   (let [step (xform f)]
     (step (reduce step init coll)))))

(defn into
  "to with all items of from conjoined, through the transducer xform if one is given."
  ([] [])
  ([to] to)
  ([to from]
   (reduce (fn [result item] (conj result item)) to from))
  ([to xform from]
   (transduce xform conj to from)))

(defn mapv
  "A vector of f of the items of coll, or of the first, second … items of several collections."
  ([f coll]
   (reduce (fn [result item] (conj result (f item))) [] coll))
  ([f c1 c2]
   (loop [result []
          s1 (seq c1)
          s2 (seq c2)]
     (if (and s1 s2)
       (recur (conj result (f (first s1) (first s2))) (next s1) (next s2))
       result)))
  ([f c1 c2 & more]
   (into [] (apply map f c1 c2 more))))

(defn filterv
  "A vector of the items of coll for which pred holds."
  [pred coll]
  (reduce (fn [result item] (if (pred item) (conj result item) result)) [] coll))

(defn run!
  "Calls f with each item of coll for its effects. Returns nil."
  [f coll]
  (reduce (fn [_ item] (when (reduced? (f item)) (reduced nil))) nil coll))

(defn- with-item
  [items item]
  (if (nil? items) [item] (conj items item)))

(defn group-by
  "A map from each result of f to the vector of the items that gave it, in order."
  [f coll]
  (reduce (fn [groups item] (update groups (f item) with-item item)) {} coll))

(defn frequencies
  "A map from each distinct item of coll to how often it occurs."
  [coll]
  (reduce (fn [counts item] (count-item* counts item)) {} coll))

(defn zipmap
  "A map of the keys to the values at the same place, as long as there are both."
  [keys vals]
  (loop [result {}
         ks (seq keys)
         vs (seq vals)]
    (if (and ks vs)
      (recur (assoc result (first ks) (first vs)) (next ks) (next vs))
      result)))

(defn reverse
  "A list of the items of coll in reverse order. Not lazy."
  [coll]
  (into () coll))

(defn sum
  "The sum of the numbers of coll, or of f of its items; 0 if it is empty."
  ([coll] (reduce (fn [total item] (+ total item)) 0 coll))
  ([f coll]
   (reduce (fn [total item] (+ total (f item))) 0 coll)))

(defn avg
  "The mean of the numbers of coll, or of f of its items, exact for exact numbers; nil if it is
  empty."
  ([coll] (avg identity coll))
  ([f coll]
   (loop [total 0
          size 0
          items (seq coll)]
     (cond
       items (recur (+ total (f (first items))) (inc size) (next items))
       (zero? size) nil
       :else (/ total size)))))
