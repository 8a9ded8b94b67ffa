;; Functions made from functions. Every returned function has direct arities for up to three
;; arguments, so that calls on hot paths build no argument list.
(ns batuta.core)

(defn identity
  "Returns its argument."
  [x]
  x)

(defn constantly
  "Returns a function that takes any arguments and returns x."
  [x]
  (fn ([] x) ([_] x) ([_ _] x) ([_ _ & _] x)))

(defn complement
  "Returns a function that takes what f takes and returns the opposite truth value."
  [f]
  (fn
    ([] (not (f)))
    ([x] (not (f x)))
    ([x y] (not (f x y)))
    ([x y & more] (not (apply f x y more)))))

(defn comp
  "Returns the composition of functions: the last one takes the arguments, the others go on from
  right to left with its result."
  ([] identity)
  ([f] f)
  ([f g]
   (fn
     ([] (f (g)))
     ([x] (f (g x)))
     ([x y] (f (g x y)))
     ([x y z] (f (g x y z)))
     ([x y z & more] (f (apply g x y z more)))))
  ([f g h] (comp f (comp g h)))
  ([f g h & more] (comp f (comp g (apply comp h more)))))

(defn partial
  "Returns a function that calls f with the given arguments followed by its own."
  ([f] f)
  ([f a]
   (fn
     ([] (f a))
     ([x] (f a x))
     ([x y] (f a x y))
     ([x y z] (f a x y z))
     ([x y z & more] (apply f a x y z more))))
  ([f a b]
   (fn
     ([] (f a b))
     ([x] (f a b x))
     ([x y] (f a b x y))
     ([x y z] (f a b x y z))
     ([x y z & more] (apply f a b x y z more))))
  ([f a b & more]
   (fn [& args] (apply f a b (concat more args)))))

(defn juxt
  "Returns a function that gives a vector of the results of all functions for its arguments."
  ([f]
   (fn
     ([] [(f)])
     ([x] [(f x)])
     ([x y] [(f x y)])
     ([x y & more] [(apply f x y more)])))
  ([f g]
   (fn
     ([] [(f) (g)])
     ([x] [(f x) (g x)])
     ([x y] [(f x y) (g x y)])
     ([x y & more] [(apply f x y more) (apply g x y more)])))
  ([f g & more]
   (let [fs (list* f g more)]
     (fn
       ([x] (mapv (fn [h] (h x)) fs))
       ([& args] (mapv (fn [h] (apply h args)) fs))))))

(defn fnil
  "Returns f with its first one to three arguments replaced by the given ones where they are nil."
  ([f a]
   (fn
     ([x] (f (if (nil? x) a x)))
     ([x y] (f (if (nil? x) a x) y))
     ([x y & more] (apply f (if (nil? x) a x) y more))))
  ([f a b]
   (fn
     ([x y] (f (if (nil? x) a x) (if (nil? y) b y)))
     ([x y & more] (apply f (if (nil? x) a x) (if (nil? y) b y) more))))
  ([f a b c]
   (fn
     ([x y] (f (if (nil? x) a x) (if (nil? y) b y)))
     ([x y z] (f (if (nil? x) a x) (if (nil? y) b y) (if (nil? z) c z)))
     ([x y z & more]
      (apply f (if (nil? x) a x) (if (nil? y) b y) (if (nil? z) c z) more)))))

(defn every-pred
  "Returns a function that is true if every predicate holds for every one of its arguments."
  ([p]
   (fn
     ([] true)
     ([x] (boolean (p x)))
     ([x & more] (boolean (and (p x) (every? p more))))))
  ([p q]
   (fn
     ([] true)
     ([x] (boolean (and (p x) (q x))))
     ([x & more]
      (let [args (cons x more)]
        (boolean (and (every? p args) (every? q args)))))))
  ([p q & more]
   (let [ps (list* p q more)]
     (fn [& args] (every? (fn [h] (every? h args)) ps)))))

(defn some-fn
  "Returns a function that gives the first true result of any predicate for any of its arguments."
  ([p]
   (fn
     ([] nil)
     ([x] (p x))
     ([x & more] (or (p x) (some p more)))))
  ([p q]
   (fn
     ([] nil)
     ([x] (or (p x) (q x)))
     ([x & more]
      (let [args (cons x more)]
        (or (some p args) (some q args))))))
  ([p q & more]
   (let [ps (list* p q more)]
     (fn [& args] (some (fn [h] (some h args)) ps)))))

(defn memoize
  "Returns f with its results remembered by argument list. What is remembered is never dropped."
  [f]
  (let [known (atom {})]
    (fn [& args]
      (let [entry (find (deref known) args)]
        (if entry
          (val entry)
          (let [result (apply f args)]
            (swap! known assoc args result)
            result))))))

(defn trampoline
  "Calls f, and as long as the result is a function, calls that without arguments."
  ([f]
   (let [result (f)]
     (if (fn? result) (recur result) result)))
  ([f & args]
   (trampoline (fn [] (apply f args)))))

(defn comparator
  "Returns a comparison function from a predicate that says whether x comes before y."
  [before?]
  (fn [x y]
    (cond
      (before? x y) -1
      (before? y x) 1
      :else 0)))

(defn cast
  "x, if it is nil or of the type; else a crash."
  [type x]
  (if (or (nil? x) (instance? type x))
    x
    (throw (ex-info (str "`cast`: " (pr-str x) " is not of the type " (pr-str type))
                    {:type type :value x}))))
