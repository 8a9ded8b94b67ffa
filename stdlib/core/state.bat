;; Functions over the cells that hold state: atoms, volatiles, delays.
(ns batuta.core)

(defn atom
  "A cell that holds x and is changed by `swap!` and `reset!`. Options: `:validator`, a function
  that must hold of every value, and `:meta`."
  ([x] (atom* x))
  ([x & options]
   (let [{:keys [validator meta]} (apply hash-map options)
         cell (atom* x)]
     (set-beside!* cell nil (when meta {:meta meta}))
     (when validator (set-validator! cell validator))
     cell)))

(defn- change-beside*
  "Replaces what stands beside the value of an atom by f of it and further arguments."
  [cell f & args]
  (let [before (beside* cell)
        after (apply f before args)]
    (if (set-beside!* cell before after)
      after
      (recur cell f args))))

(defn- validate*
  "Crashes if the validator of an atom does not take the value."
  [cell value]
  (let [validator (get (beside* cell) :validator)]
    (when (and validator (not (validator value)))
      (throw (new-exception* "IllegalStateException" "Invalid reference state")))))

(defn- tell-watches*
  "Tells the watches of an atom that its value has changed."
  [cell before after]
  (reduce-kv (fn [_ key f] (f key cell before after)) nil (get (beside* cell) :watches)))

(defn compare-and-set-watched*
  "`compare-and-set!` of an atom with validator or watches."
  [cell before after]
  (validate* cell after)
  (if (compare-and-set!* cell before after)
    (do (tell-watches* cell before after) true)
    false))

(defn reset-watched*
  "`reset!` of an atom with validator or watches."
  [cell value]
  (if (compare-and-set-watched* cell (deref cell) value) value (recur cell value)))

(defn add-watch
  "Has f called with key, atom, value before and value after whenever the atom, or the value of a
  var for all actors, changes. Gives the atom."
  [cell key f]
  (if (var? cell)
    (set-var-watches* cell (assoc (var-watches* cell) key f))
    (change-beside* cell assoc-in [:watches key] f))
  cell)

(defn remove-watch
  "Takes the watch of a key away. Gives the atom."
  [cell key]
  (if (var? cell)
    (set-var-watches* cell (dissoc (var-watches* cell) key))
    (change-beside* cell update :watches dissoc key))
  cell)

(defn set-validator!
  "Lets only values into the atom for which f is true; its present value must be one. Nil takes the
  validator away."
  [cell f]
  (when (and f (not (f (deref cell))))
    (throw (new-exception* "IllegalStateException" "Invalid reference state")))
  (change-beside* cell assoc :validator f)
  nil)

(defn get-validator
  "The validator of an atom, or nil."
  [cell]
  (get (beside* cell) :validator))

(defn monitor-enter
  "Nothing: values do not change, so there is nothing to lock. Gives nil."
  [x]
  nil)

(defn monitor-exit
  "Nothing, as `monitor-enter`. Gives nil."
  [x]
  nil)

(defn swap!
  "Sets an atom to f of its value and further arguments, and returns that. f may run again if
  another actor set the atom meanwhile."
  ([cell f]
   (let [before (deref cell)
         after (f before)]
     (if (compare-and-set! cell before after) after (recur cell f))))
  ([cell f x]
   (let [before (deref cell)
         after (f before x)]
     (if (compare-and-set! cell before after) after (recur cell f x))))
  ([cell f x y]
   (let [before (deref cell)
         after (f before x y)]
     (if (compare-and-set! cell before after) after (recur cell f x y))))
  ([cell f x y & more]
   (swap! cell (fn [value] (apply f value x y more)))))

(defn swap-vals!
  "As swap!, but returns [value-before value-after]."
  [cell f & args]
  (let [before (deref cell)
        after (apply f before args)]
    (if (compare-and-set! cell before after)
      [before after]
      (apply swap-vals! cell f args))))

(defn reset-vals!
  "Sets an atom and returns [value-before value-after]."
  [cell value]
  (let [before (deref cell)]
    (if (compare-and-set! cell before value)
      [before value]
      (recur cell value))))

(defn vswap!
  "Sets a volatile to f of its value and further arguments, and returns that."
  ([cell f] (vreset! cell (f (deref cell))))
  ([cell f x] (vreset! cell (f (deref cell) x)))
  ([cell f x & more] (vreset! cell (apply f (deref cell) x more))))

(defn force
  "The value of a delay; any other value itself."
  [x]
  (if (delay? x) (deref x) x))
