;; Walking nested data.
(ns walk)

(defn walk
  "f of a collection like form whose items are inner of form's; f of anything else as it is."
  [inner f form]
  (cond
    (list? form) (f (with-meta (apply list (map inner form)) (meta form)))
    (seq? form) (f (with-meta (doall (map inner form)) (meta form)))
    (record? form) (f (reduce (fn [result entry] (conj result (inner entry))) form form))
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

(defn postwalk-demo
  "Prints every part of form as postwalk meets it; gives form."
  [form]
  (postwalk (fn [part] (print "Walked: ") (prn part) part) form))

(defn prewalk-demo
  "Prints every part of form as prewalk meets it; gives form."
  [form]
  (prewalk (fn [part] (print "Walked: ") (prn part) part) form))

(defn- replaced
  [smap part]
  (if (contains? smap part) (get smap part) part))

(defn postwalk-replace
  "form with every part that is a key of smap replaced by its value, innermost first."
  [smap form]
  (postwalk (fn [part] (replaced smap part)) form))

(defn prewalk-replace
  "form with every part that is a key of smap replaced by its value, outermost first."
  [smap form]
  (prewalk (fn [part] (replaced smap part)) form))

(defn- with-keys
  [change form]
  (postwalk
    (fn [part]
      (if (map? part)
        (reduce-kv (fn [result key value] (assoc result (change key) value)) {} part)
        part))
    form))

(defn keywordize-keys
  "form with the string keys of all maps in it turned into keywords."
  [form]
  (with-keys (fn [key] (if (string? key) (keyword key) key)) form))

(defn stringify-keys
  "form with the keyword keys of all maps in it turned into strings: their names."
  [form]
  (with-keys (fn [key] (if (keyword? key) (name key) key)) form))

(defn macroexpand-all
  "form with all macro calls in it expanded. Does not know which lists are quoted."
  [form]
  (prewalk (fn [part] (if (seq? part) (macroexpand part) part)) form))
