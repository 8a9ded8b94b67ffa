;; Properties: what holds for all values of generators, and looking for values it does not hold for.
(ns prop)

(defn for-all*
  "The property that f holds for all values of the generators."
  [gs f]
  {:prop/arguments (apply gen/tuple gs) :prop/function f})

(defmacro for-all
  "The property that the body is true for all values of the generators the names are bound to."
  [bindings & body]
  (let [pairs (partition 2 bindings)]
    `(for-all* [~@(map second pairs)] (fn [~@(map first pairs)] ~@body))))

(defn- outcome
  "[held? result] of a property for arguments; a crash gives its reason."
  [property arguments]
  (try
    (let [result (apply (:prop/function property) arguments)]
      [(boolean result) result])
    (catch e -> [false e])))

(defn- smallest
  "Follows failing trees downwards: the last arguments that fail, how deep, how many were tried."
  [property tree result]
  (loop [arguments (first tree)
         result result
         trees (seq (second tree))
         depth 0
         tried 0]
    (if (or (nil? trees) (> tried 5000))
      {:smallest arguments :result result :depth depth :total-nodes-visited tried}
      (let [[held smaller-result] (outcome property (first (first trees)))]
        (if held
          (recur arguments result (next trees) depth (inc tried))
          (recur (first (first trees)) smaller-result (seq (second (first trees)))
                 (inc depth) (inc tried)))))))

(defn quick-check
  "Tries a property n times with growing arguments: {:pass? true …}, or the arguments that :fail
  and the :smallest ones under :shrunk. Options: :seed, :max-size (else 200)."
  [n property & {:keys [seed max-size] :or {max-size 200}}]
  (let [seed (or seed (rand-int 2147483646))
        random (gen/random-source seed)]
    (loop [done 0]
      (if (= done n)
        {:pass? true :result true :num-tests n :seed seed}
        (let [tree (gen/tree (:prop/arguments property) random (mod done max-size))
              [held result] (outcome property (first tree))]
          (if held
            (recur (inc done))
            {:pass? false
             :result result
             :num-tests (inc done)
             :seed seed
             :failing-size (mod done max-size)
             :fail (first tree)
             :shrunk (smallest property tree result)}))))))
