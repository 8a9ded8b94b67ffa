;; Loops over arrays.
(ns batuta.core)

(defmacro areduce
  "Folds array a: expr is evaluated for each index idx with ret bound to what it gave before, at first
  init."
  [a idx ret init expr]
  `(let [a# ~a
         end# (alength a#)]
     (loop [~idx 0
            ~ret ~init]
       (if (< ~idx end#)
         (recur (inc ~idx) ~expr)
         ~ret))))

(defmacro amap
  "A copy of array a, ret, whose elements are replaced by what expr gives for each index idx."
  [a idx ret expr]
  `(let [a# ~a
         end# (alength a#)
         ~ret (aclone a#)]
     (loop [~idx 0]
       (if (< ~idx end#)
         (do
           (aset ~ret ~idx ~expr)
           (recur (inc ~idx)))
         ~ret))))

(defn to-array-2d
  "An array of arrays of the items of the collections in coll."
  [coll]
  (to-array (map to-array coll)))

(defn chunk-buffer
  "A place for the items of a chunk, which chunk-append adds and chunk makes one of."
  [_capacity]
  (transient []))

(defn chunk-append
  "Adds x to a chunk buffer. Returns nil."
  [buffer x]
  (conj! buffer x)
  nil)

(defn chunk
  "The chunk of what was added to a chunk buffer, which ends with this."
  [buffer]
  (persistent! buffer))

(defn vector-of
  "A vector of xs cast to a type such as :long, :int, :double or :char."
  [type & xs]
  (vec (into-array type xs)))
