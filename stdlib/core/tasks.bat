;; Work spread over tasks.
(ns batuta.core)

(defn future-call
  "Calls f without arguments in a task of its own; deref waits for its value."
  [f]
  (future (f)))

(defn pmap
  "The results of f for the items of coll, or of several collections, computed in tasks of their
  own, eight at a time."
  ([f coll] (seq (async/map f coll)))
  ([f coll & colls]
   (seq (async/map (fn [args] (apply f args)) (apply map list coll colls)))))

(defn pcalls
  "The results of calling each function without arguments, in tasks of their own."
  [& fs]
  (pmap (fn [f] (f)) fs))

(defmacro pvalues
  "The values of the expressions, each computed in a task of its own."
  [& expressions]
  `(pcalls ~@(map (fn [expression] `(fn [] ~expression)) expressions)))

(def ^:private taps
  (atom #{}))

(defn add-tap
  "Lets f hear of every value that tap> is given."
  [f]
  (swap! taps conj f)
  nil)

(defn remove-tap
  "Lets f hear of no more values that tap> is given."
  [f]
  (swap! taps disj f)
  nil)

(defn tap>
  "Hands x to every function of add-tap, in a task of its own. true."
  [x]
  (future (run! (fn [f] (attempt (f x))) @taps))
  true)
