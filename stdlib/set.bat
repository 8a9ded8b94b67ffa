;; Sets, and relations: sets of maps with the same keys.
(ns set)

(defn union
  "The items that are in any of the sets."
  ([] #{})
  ([s] s)
  ([s t]
   (if (< (count s) (count t))
     (into t s)
     (into s t)))
  ([s t & more] (reduce union (union s t) more)))

(defn intersection
  "The items that are in all sets."
  ([s] s)
  ([s t]
   (if (< (count t) (count s))
     (recur t s)
     (reduce (fn [result item] (if (contains? t item) result (disj result item))) s s)))
  ([s t & more] (reduce intersection (intersection s t) more)))

(defn difference
  "The items of the first set that are in none of the others."
  ([s] s)
  ([s t]
   (if (< (count s) (count t))
     (reduce (fn [result item] (if (contains? t item) (disj result item) result)) s s)
     (reduce disj s t)))
  ([s t & more] (reduce difference (difference s t) more)))

(defn subset?
  "Is every item of s in t?"
  [s t]
  (and (<= (count s) (count t))
       (every? (fn [item] (contains? t item)) s)))

(defn superset?
  "Is every item of t in s?"
  [s t]
  (subset? t s))

(defn select
  "The items of s for which pred holds."
  [pred s]
  (reduce (fn [result item] (if (pred item) result (disj result item))) s s))

(defn project
  "A relation of the maps of rel with only those keys."
  [rel keys]
  (with-meta (into #{} (map (fn [row] (select-keys row keys))) rel) (meta rel)))

(defn rename-keys
  "m with its keys renamed as the map names says."
  [m names]
  (reduce-kv
    (fn [result old new]
      (if (contains? m old)
        (assoc result new (get m old))
        result))
    (apply dissoc m (keys names))
    names))

(defn rename
  "A relation with the keys of its maps renamed as the map names says."
  [rel names]
  (with-meta (into #{} (map (fn [row] (rename-keys row names))) rel) (meta rel)))

(defn index
  "A map from the distinct values of those keys in rel to the set of the maps that have them."
  [rel keys]
  (reduce
    (fn [result row]
      (let [key (select-keys row keys)]
        (assoc result key (conj (get result key #{}) row))))
    {}
    rel))

(defn map-invert
  "m with its values as keys and its keys as values."
  [m]
  (reduce-kv (fn [result key value] (assoc result value key)) {} m))

(defn join
  "The natural join of two relations, or the join over a map from keys of the first to keys of the
  second."
  ([left right]
   (if (and (seq left) (seq right))
     (let [shared (intersection (set (keys (first left))) (set (keys (first right))))]
       (join left right (zipmap shared shared)))
     #{}))
  ([left right key-map]
   (let [indexed (index left (keys key-map))
         back (map-invert key-map)]
     (reduce
       (fn [result row]
         (reduce
           (fn [result found] (conj result (merge found row)))
           result
           (get indexed (rename-keys (select-keys row (vals key-map)) back))))
       #{}
       right))))
