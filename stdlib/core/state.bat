;; Functions over the cells that hold state: atoms, volatiles, delays.
(ns batuta.core)

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
