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
    (cond
      (nil? more) (assoc m key value)
      (detachable* m key) (let [m (detach* m key)
                                inner (detached*)]
                            (assoc m key (assoc-in inner more value)))
      :else (assoc m key (assoc-in (get m key) more value)))))

;; The functions that change what stands under a key take it out of its collection first: so who has
;; the only reference to the whole has the only one to the part, and both change in place.
(defn update
  "m with the value under key replaced by f of it and further arguments."
  ([m key f]
   (if (detachable* m key)
     (let [m (detach* m key)
           value (detached*)]
       (assoc m key (f value)))
     (assoc m key (f (get m key)))))
  ([m key f x]
   (if (detachable* m key)
     (let [m (detach* m key)
           value (detached*)]
       (assoc m key (f value x)))
     (assoc m key (f (get m key) x))))
  ([m key f x y]
   (if (detachable* m key)
     (let [m (detach* m key)
           value (detached*)]
       (assoc m key (f value x y)))
     (assoc m key (f (get m key) x y))))
  ([m key f x y z] (update m key (fn [value] (f value x y z))))
  ([m key f x y z & more] (update m key (fn [value] (apply f value x y z more)))))

(defn update-in
  "m with the value under a path of keys replaced by f of it and further arguments."
  ([m path f]
   (let [key (first path)
         more (next path)]
     (if (detachable* m key)
       (let [m (detach* m key)
             value (detached*)]
         (assoc m key (if more (update-in value more f) (f value))))
       (assoc m key (if more (update-in (get m key) more f) (f (get m key)))))))
  ([m path f x] (update-in m path (fn [value] (f value x))))
  ([m path f x y] (update-in m path (fn [value] (f value x y))))
  ([m path f x y & more] (update-in m path (fn [value] (apply f value x y more)))))

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
    (mapv items-by-place (diff-maps (zipmap (range) a) (zipmap (range) b)))
    :else [a b nil]))

(defn- items-by-place
  "The vector of the items of a map from places, nil where there is none; nil for no map."
  [items]
  (when (seq items)
    (mapv (fn [place] (get items place)) (range (inc (reduce max (keys items)))))))

(defn- diff-maps
  "diff over the values of all keys of two associative collections."
  [a b]
  (reduce
    (fn [[only-a only-b both] key]
      (let [x (get a key)
            y (get b key)
            [x-only y-only same] (diff x y)
            in-a (contains? a key)
            in-b (contains? b key)
            agree (and in-a in-b (or (some? same) (and (nil? x) (nil? y))))]
        [(if (and in-a (or (some? x-only) (not agree))) (assoc only-a key x-only) only-a)
         (if (and in-b (or (some? y-only) (not agree))) (assoc only-b key y-only) only-b)
         (if agree (assoc both key same) both)]))
    [nil nil nil]
    (distinct (concat (keys a) (keys b)))))

(defn seq-to-map-for-destructuring
  "The map that keyword arguments stand for: pairs, perhaps with a map behind them, or one map."
  [args]
  (if (next args)
    (loop [result {}
           items (seq args)]
      (cond
        (nil? items) result
        (next items) (recur (assoc result (first items) (second items)) (nnext items))
        :else (conj result (first items))))
    (if (seq args) (first args) {})))
