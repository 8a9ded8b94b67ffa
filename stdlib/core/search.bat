;; Questions about sequences, and walking them for their effects.
(ns batuta.core)

(defn some
  "The first true result of pred for an item of coll, else nil."
  [pred coll]
  (loop [items (seq coll)]
    (when items
      (or (pred (first items))
          (recur (next items))))))

(defn every?
  "Does pred hold for every item of coll?"
  [pred coll]
  (loop [items (seq coll)]
    (cond
      (nil? items) true
      (pred (first items)) (recur (next items))
      :else false)))

(defn not-any?
  "Does pred hold for no item of coll?"
  [pred coll]
  (not (some pred coll)))

(defn not-every?
  "Is there an item of coll for which pred does not hold?"
  [pred coll]
  (not (every? pred coll)))

(defn not-empty
  "coll, or nil if it is empty."
  [coll]
  (when (seq coll) coll))

(defn distinct?
  "Are no two of the arguments equal?"
  ([_] true)
  ([x y] (not (= x y)))
  ([x y & more]
   (loop [seen #{x}
          items (cons y more)]
     (cond
       (nil? items) true
       (contains? seen (first items)) false
       :else (recur (conj seen (first items)) (next items))))))

(defn last
  "The last item of coll, nil if it is empty."
  [coll]
  (if (vector? coll)
    (peek coll)
    (loop [items (seq coll)]
      (let [more (next items)]
        (if more (recur more) (first items))))))

(defn butlast
  "A sequence of all items of coll but the last, nil if there are none."
  [coll]
  (loop [result []
         items (seq coll)]
    (let [more (next items)]
      (if more
        (recur (conj result (first items)) more)
        (seq result)))))

(defn ffirst
  "(first (first coll))"
  [coll]
  (first (first coll)))

(defn nfirst
  "(next (first coll))"
  [coll]
  (next (first coll)))

(defn fnext
  "(first (next coll))"
  [coll]
  (first (next coll)))

(defn nnext
  "(next (next coll))"
  [coll]
  (next (next coll)))

(defn nthnext
  "The sequence of coll without its first n items, nil if there are no more."
  [coll n]
  (when (some? coll)
    (seq (nthrest coll n))))

(defn bounded-count
  "The number of items of coll, counted up to n where counting means walking."
  [n coll]
  (if (counted? coll)
    (count coll)
    (count (take n coll))))

(defn dorun
  "Walks coll, or its first n items, for the effects of realising it. Returns nil."
  ([coll]
   (loop [items (seq coll)]
     (when items
       (recur (next items)))))
  ([n coll]
   (loop [left n
          items (seq coll)]
     (when (and items (pos? left))
       (recur (dec left) (next items))))))

(defn doall
  "Realises coll, or its first n items, and returns it."
  ([coll]
   (dorun coll)
   coll)
  ([n coll]
   (dorun n coll)
   coll))

(defn- best-by
  "The last of the items whose number under k beats every other one."
  [beats? k items]
  (loop [best (first items)
         best-key (k (first items))
         items (next items)]
    (if items
      (let [item (first items)
            key (k item)]
        (if (beats? best-key key)
          (recur best best-key (next items))
          (recur item key (next items))))
      best)))

(defn max-key
  "The argument for which k is greatest; the last one of several."
  ([_ x] x)
  ([k x y] (if (> (k x) (k y)) x y))
  ([k x y & more] (best-by > k (list* x y more))))

(defn min-key
  "The argument for which k is least; the last one of several."
  ([_ x] x)
  ([k x y] (if (< (k x) (k y)) x y))
  ([k x y & more] (best-by < k (list* x y more))))

(defn sort-by
  "A sorted sequence of the items of coll, compared by f of them with compare, or with another
  comparison. Equal ones keep their order; f is called once for each."
  ([f coll]
   (let [items (vec coll)
         keys (mapv f items)]
     (or (sort-by-keys* keys items)
         (map third (sort (map-indexed (fn [place item] [(nth keys place) place item]) items))))))
  ([f comparison coll]
   (let [comparison (if (fn? comparison) comparison (fn [x y] (comparison x y)))]
     (map second
          (sort (fn [x y] (comparison (nth x 0) (nth y 0)))
                (map (fn [item] [(f item) item]) coll))))))

(defn- third
  [triple]
  (nth triple 2))

(defn shuffle
  "A vector of the items of coll, which is no map or string, in random order."
  [coll]
  (if (and (coll? coll) (not (map? coll)))
    (let [items (vec coll)]
      (loop [items items
             place (dec (count items))]
        (if (pos? place)
          (let [other (rand-int (inc place))
                item (nth items place)]
            (recur (assoc items place (nth items other) other item) (dec place)))
          items)))
    (throw (ex-info (str "`shuffle` wants a sequential collection or a set, got " (pr-str coll))
                    {:value coll}))))

(defn rand-nth
  "An item of coll at random."
  [coll]
  (nth coll (rand-int (count coll))))

(defn between
  "Is x at least low and at most high, as compare orders them?"
  [x low high]
  (and (not (neg? (compare x low)))
       (not (pos? (compare x high)))))
