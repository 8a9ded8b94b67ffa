;; Walking nested data.
(ns walk)

(defn walk
  "f of inner applied to each item of a collection, or of anything else as it is."
  [inner f form]
  (cond
    (list? form) (f (with-meta (apply list (map inner form)) (meta form)))
    (seq? form) (f (doall (map inner form)))
    (coll? form) (f (into (empty form) (map inner) form))
    :else (f form)))

(defn postwalk
  "form with f applied to every part of it, innermost first."
  [f form]
  (walk (fn [part] (postwalk f part)) f form))

(defn prewalk
  "form with f applied to every part of it, outermost first."
  [f form]
  (walk (fn [part] (prewalk f part)) identity (f form)))

(defn postwalk-replace
  "form with every part that is a key of smap replaced by its value, innermost first."
  [smap form]
  (postwalk (fn [part] (get smap part part)) form))

(defn prewalk-replace
  "form with every part that is a key of smap replaced by its value, outermost first."
  [smap form]
  (prewalk (fn [part] (get smap part part)) form))

(defn- with-keys
  [change form]
  (postwalk (fn [part] (if (map? part) (update-keys part change) part)) form))

(defn keywordize-keys
  "form with the string keys of all maps in it turned into keywords."
  [form]
  (with-keys (fn [key] (if (string? key) (keyword key) key)) form))

(defn stringify-keys
  "form with the keyword keys of all maps in it turned into strings."
  [form]
  (with-keys (fn [key] (if (keyword? key) (subs (str key) 1) key)) form))
