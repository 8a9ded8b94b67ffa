;; Sequences from nothing but a rule, most of them without end.
(ns batuta.core)

(defn range
  "The numbers from start (else 0) up to, not including, end (else without end), step (else 1)
  apart. Ranges of integers take no memory for their items."
  ([] (iterate inc 0))
  ([end] (range 0 end 1))
  ([start end] (range start end 1))
  ([start end step]
   (cond
     (and (word? start) (word? end) (word? step) (not (zero? step))) (int-range start end step)
     (zero? step) (if (== start end) () (repeat start))
     (pos? step) (numbers-up start end step)
     :else (numbers-down start end step))))

(defn- word?
  "Is x an integer of at most 64 bits?"
  [x]
  (and (int? x) (<= -9223372036854775808 x 9223372036854775807)))

(defn- numbers-up
  [start end step]
  (lazy-seq
    (when (< start end)
      (cons start (numbers-up (+ start step) end step)))))

(defn- numbers-down
  [start end step]
  (lazy-seq
    (when (> start end)
      (cons start (numbers-down (+ start step) end step)))))

(defn iterate
  "The endless lazy sequence of x, (f x), (f (f x)), …"
  [f x]
  (cons x (lazy-seq (iterate f (f x)))))

(defn repeat
  "The lazy sequence of x, without end or n times."
  ([x] (lazy-seq (cons x (repeat x))))
  ([n x] (take n (repeat x))))

(defn replicate
  "The lazy sequence of n times x; the older name of (repeat n x)."
  [n x]
  (repeat n x))

(defn repeatedly
  "The lazy sequence of the results of calling f, without end or n times."
  ([f] (lazy-seq (cons (f) (repeatedly f))))
  ([n f] (take n (repeatedly f))))

(defn cycle
  "The endless lazy sequence of the items of coll again and again; () if it is empty."
  [coll]
  (lazy-seq
    (let [items (seq coll)]
      (when items
        (cycle-from items items)))))

(defn- cycle-from
  [items all]
  (lazy-seq
    (let [items (or (seq items) all)]
      (cons (first items) (cycle-from (rest items) all)))))

(defn iteration
  "The lazy sequence of what successive calls of step give, each called with the continuation the
  one before gave: :vf takes the value from a result, :kf the continuation, which ends the
  sequence if it is nil, :somef says whether there is a value, :initk is the first continuation."
  [step & {:keys [vf kf somef initk] :or {vf identity kf identity somef some? initk nil}}]
  (let [results (fn results [result]
                  (lazy-seq
                    (when (somef result)
                      (cons (vf result)
                            (let [continuation (kf result)]
                              (when (some? continuation)
                                (results (step continuation))))))))]
    (lazy-seq (results (step initk)))))
