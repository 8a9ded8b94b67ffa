;; Sequences cut into pieces, lazily.
(ns batuta.core)

(defn partition
  "The lazy sequence of lists of n items each, step (else n) items apart. Items at the end that
  make no whole list are dropped, or filled up from pad as far as it goes."
  ([n coll] (partition n n coll))
  ([n step coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (let [piece (doall (take n items))]
           (when (= n (count piece))
             (cons piece (partition n step (nthrest items step)))))))))
  ([n step pad coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (let [piece (doall (take n items))]
           (if (= n (count piece))
             (cons piece (partition n step pad (nthrest items step)))
             (list (take n (concat piece pad))))))))))

(defn partitionv
  "As partition, with vectors for the pieces."
  ([n coll] (map vec (partition n coll)))
  ([n step coll] (map vec (partition n step coll)))
  ([n step pad coll] (map vec (partition n step pad coll))))

(defn partition-all
  "As partition, but the last pieces may be shorter. Without coll a transducer of vectors."
  ([n]
   (fn [step]
     (let [piece (volatile! [])]
       (fn
         ([] (step))
         ([result]
          (let [last-piece (deref piece)
                result (if (zero? (count last-piece))
                         result
                         (unreduced (step result last-piece)))]
            (vreset! piece [])
            (step result)))
         ([result input]
          (let [grown (vswap! piece conj input)]
            (if (= n (count grown))
              (do (vreset! piece [])
                  (step result grown))
              result)))))))
  ([n coll] (partition-all n n coll))
  ([n step coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (cons (doall (take n items)) (partition-all n step (nthrest items step))))))))

(defn partitionv-all
  "As partition-all, with vectors for the pieces."
  ([n] (partition-all n))
  ([n coll] (map vec (partition-all n coll)))
  ([n step coll] (map vec (partition-all n step coll))))

(defn partition-by
  "The lazy sequence of the runs of items that give equal results of f. Without coll a transducer
  of vectors."
  ([f]
   (fn [step]
     (let [run (volatile! [])
           mark (volatile! [])]
       (fn
         ([] (step))
         ([result]
          (let [last-run (deref run)
                result (if (zero? (count last-run))
                         result
                         (unreduced (step result last-run)))]
            (vreset! run [])
            (step result)))
         ([result input]
          (let [before (deref mark)
                now (vreset! mark [(f input)])]
            (if (or (= before []) (= before now))
              (do (vswap! run conj input)
                  result)
              (let [ended (deref run)]
                (vreset! run [input])
                (let [result (step result ended)]
                  (when (reduced? result) (vreset! run []))
                  result)))))))))
  ([f coll]
   (lazy-seq
     (let [items (seq coll)]
       (when items
         (let [item (first items)
               mark (f item)
               run (cons item (take-while (fn [other] (= mark (f other))) (rest items)))]
           (cons run (partition-by f (lazy-seq (drop (count run) items))))))))))

(defn split-at
  "[(take n coll) (drop n coll)]"
  [n coll]
  [(take n coll) (drop n coll)])

(defn splitv-at
  "As split-at, with a vector for the first part."
  [n coll]
  [(into [] (take n) coll) (drop n coll)])

(defn split-with
  "[(take-while pred coll) (drop-while pred coll)]"
  [pred coll]
  [(take-while pred coll) (drop-while pred coll)])
