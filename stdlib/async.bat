;; Tasks: actors that compute one value. `future` starts one, `deref` waits for it.
(ns async)

(defn await
  "Waits for the value of a task, as deref does, or crashes with :timeout after so many
  milliseconds."
  ([task] (deref task))
  ([task timeout-ms]
   (let [late (volatile! nil)
         value (deref-in-time task timeout-ms late)]
     (if (identical? value late)
       (throw :timeout)
       value))))

(defn all
  "A vector of the values of all tasks. Crashes with the reason of the first one that did."
  [tasks]
  (mapv deref tasks))

(defn map
  "A vector of f of each item of coll, each computed in a task of its own, at most :max (else 8) of
  them at a time."
  [f coll & options]
  (let [limit (get (apply hash-map options) :max 8)]
    (loop [results []
           running []
           items (seq coll)]
      (cond
        (and items (< (count running) limit))
        (let [item (first items)]
          (recur results (conj running (future (f item))) (next items)))

        (seq running)
        (recur (conj results (deref (nth running 0))) (subvec running 1) items)

        :else results))))
