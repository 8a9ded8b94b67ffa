;; Maps from maps, nested look-up and change.
(ns batuta.core)

(defn get-in
  "The value under a path of keys in nested associative collections, else not-found or nil."
  ([m path] (reduce get m path))
  ([m path not-found]
   (let [missing (volatile! nil)]
     (loop [m m
            path (seq path)]
       (if path
         (let [value (get m (first path) missing)]
           (if (identical? value missing)
             not-found
             (recur value (next path))))
         m)))))

(defn assoc-in
  "m with value under a path of keys; levels that are missing become maps."
  [m path value]
  (let [key (first path)
        more (next path)]
    (if more
      (assoc m key (assoc-in (get m key) more value))
      (assoc m key value))))

(defn update
  "m with the value under key replaced by f of it and further arguments."
  ([m key f] (assoc m key (f (get m key))))
  ([m key f x] (assoc m key (f (get m key) x)))
  ([m key f x y] (assoc m key (f (get m key) x y)))
  ([m key f x y z] (assoc m key (f (get m key) x y z)))
  ([m key f x y z & more] (assoc m key (apply f (get m key) x y z more))))

(defn update-in
  "m with the value under a path of keys replaced by f of it and further arguments."
  [m path f & args]
  (let [key (first path)
        more (next path)]
    (if more
      (assoc m key (apply update-in (get m key) more f args))
      (assoc m key (apply f (get m key) args)))))

(defn merge
  "One map of all entries; later maps win. nil if all are nil."
  ([] nil)
  ([m] m)
  ([m n] (if m (conj m n) (if n (conj {} n) nil)))
  ([m n & more] (reduce merge (merge m n) more)))

(defn merge-with
  "One map of all entries; where a key is in several, f of the values joins them from the left."
  [f & maps]
  (when (some identity maps)
    (reduce
      (fn [result m]
        (reduce-kv
          (fn [result key value]
            (let [entry (find result key)]
              (assoc result key (if entry (f (val entry) value) value))))
          (or result {})
          m))
      maps)))

(defn select-keys
  "The entries of m whose keys are among keys."
  [m keys]
  (reduce
    (fn [result key]
      (let [entry (find m key)]
        (if entry (assoc result key (val entry)) result)))
    (with-meta {} (meta m))
    keys))

(defn update-vals
  "m with f of each value."
  [m f]
  (reduce-kv (fn [result key value] (assoc result key (f value))) (with-meta {} (meta m)) m))

(defn update-keys
  "m with f of each key. f must give different ones for different keys."
  [m f]
  (reduce-kv (fn [result key value] (assoc result (f key) value)) (with-meta {} (meta m)) m))

(defn vary-meta
  "x with f of its metadata and further arguments as metadata."
  [x f & args]
  (with-meta x (apply f (meta x) args)))

(defn diff
  "[only-in-a only-in-b in-both] of two values, going into maps, sets and sequential collections."
  [a b]
  (cond
    (= a b) [nil nil a]
    (and (map? a) (map? b)) (diff-maps a b)
    (and (set? a) (set? b))
    [(not-empty (into #{} (remove b) a)) (not-empty (into #{} (remove a) b))
     (not-empty (into #{} (filter b) a))]
    (and (sequential? a) (sequential? b))
    (let [as-map (fn [coll] (zipmap (range) coll))
          size (max (count a) (count b))
          as-vector (fn [m]
                      (when (seq m)
                        (mapv (fn [place] (get m place))
                              (range (inc (reduce max (keys m)))))))]
      (mapv as-vector (diff-maps (as-map (take size a)) (as-map (take size b)))))
    :else [a b nil]))

(defn- diff-maps
  [a b]
  (mapv not-empty
        (reduce
          (fn [[only-a only-b both] key]
            (let [[x y same] (diff (get a key) (get b key))
                  in-a (contains? a key)
                  in-b (contains? b key)
                  equal (and in-a in-b (= (get a key) (get b key)))]
              [(if (and in-a (not equal) (or (some? x) (not in-b))) (assoc only-a key x) only-a)
               (if (and in-b (not equal) (or (some? y) (not in-a))) (assoc only-b key y) only-b)
               (if (or equal (some? same)) (assoc both key same) both)]))
          [{} {} {}]
          (distinct (concat (keys a) (keys b))))))
