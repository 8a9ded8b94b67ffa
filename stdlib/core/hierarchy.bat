(ns batuta.core)

;; Hierarchies of tags: what `derive` says, kept as a map of maps to sets. `isa?` is native.

(defn make-hierarchy
  "A hierarchy in which nothing is derived from anything."
  []
  {:parents {} :descendants {} :ancestors {}})

(defn- hierarchy-part*
  "The set of tags that a hierarchy has for a tag under a key, or nil."
  [h key tag]
  (not-empty (get (get h key) tag)))

(defn parents
  "The tags and types a tag was directly derived from, as a set, or nil."
  ([tag] (parents @(global-hierarchy*) tag))
  ([h tag] (not-empty (into (wider-types* tag) (get (:parents h) tag)))))

(defn ancestors
  "All tags and types a tag is derived from, as a set, or nil."
  ([tag] (ancestors @(global-hierarchy*) tag))
  ([h tag]
   (let [wider (wider-types* tag)]
     (not-empty (reduce (fn [all t] (into all (get (:ancestors h) t)))
                        (into wider (get (:ancestors h) tag))
                        wider)))))

(defn descendants
  "All tags derived from a tag, as a set, or nil."
  ([tag] (descendants @(global-hierarchy*) tag))
  ([h tag] (hierarchy-part* h :descendants tag)))

(defn- derived*
  "The hierarchy in which the tag has this parent too."
  [h tag parent]
  (let [add (fn [m source sources target targets]
              (reduce (fn [all k]
                        (assoc all k
                               (reduce conj (get targets k #{})
                                       (cons target (get targets target)))))
                      m
                      (cons source (get sources source))))]
    (cond
      (contains? (get (:parents h) tag) parent) h
      (contains? (get (:ancestors h) tag) parent)
      (panic (str (pr-str tag) " already has " (pr-str parent) " as an ancestor"))
      (contains? (get (:ancestors h) parent) tag)
      (panic (str "cyclic derivation: " (pr-str parent) " has " (pr-str tag) " as an ancestor"))
      :else
      {:parents (assoc (:parents h) tag (conj (get (:parents h) tag #{}) parent))
       :ancestors (add (:ancestors h) tag (:descendants h) parent (:ancestors h))
       :descendants (add (:descendants h) parent (:ancestors h) tag (:descendants h))})))

(defn- tag?*
  "Can it stand for a set of values?"
  [x]
  (or (keyword? x) (symbol? x)))

(defn derive
  "Lets a tag (or a type) have a parent, in the global hierarchy or in the one given, which is not changed."
  ([tag parent]
   (assert (namespace parent))
   (assert (or (not (empty? (wider-types* tag))) (and (tag?* tag) (namespace tag))))
   (assert (not= tag parent))
   (swap! (global-hierarchy*) derived* tag parent)
   nil)
  ([h tag parent]
   (assert (not= tag parent))
   (assert (tag?* tag))
   (assert (tag?* parent))
   (derived* h tag parent)))

(defn- underived*
  "The hierarchy in which the tag does not have this parent."
  [h tag parent]
  (if (contains? (get (:parents h) tag) parent)
    (let [left (disj (get (:parents h) tag) parent)
          kept (if (empty? left) (dissoc (:parents h) tag) (assoc (:parents h) tag left))]
      (reduce (fn [all [child all-parents]]
                (reduce (fn [all p] (derived* all child p)) all all-parents))
              (make-hierarchy)
              kept))
    h))

(defn underive
  "Takes a parent of a tag back, in the global hierarchy or in the one given, which is not changed."
  ([tag parent]
   (swap! (global-hierarchy*) underived* tag parent)
   nil)
  ([h tag parent] (underived* h tag parent)))
