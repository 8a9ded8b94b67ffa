;; Tasks: actors that compute one value. `future` starts one, `deref` waits for it. A task ends
;; with the actor that started it; its own failure waits for who asks for the value.
(ns async)

(defmacro task
  "Evaluates the forms in a task of its own, as `future` does; await gives the value."
  [& forms]
  `(future ~@forms))

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

(defn- cancel
  [tasks]
  (doseq [task tasks]
    (when (future? task) (future-cancel task))))

(defn all
  "A vector of the values of all tasks. Crashes with the reason of the first of them that did, and
  ends the others."
  [tasks]
  (try
    (mapv deref tasks)
    (catch reason -> (do (cancel tasks) (throw reason)))))

(defn race
  "The value of the task that has one first, or its crash; the others are ended."
  [tasks]
  (when (empty? tasks)
    (throw (IllegalArgumentException. "async/race wants at least one task")))
  (let [first-result (promise)
        watchers (mapv (fn [task] (future (deliver first-result (attempt (deref task))))) tasks)
        result (deref first-result)]
    (cancel watchers)
    (cancel tasks)
    (! result)))

(defn- map-from
  "The values of f for the items, `limit` of them being computed at a time."
  [f limit items]
  (loop [results []
         running PersistentQueue/EMPTY
         items (seq items)]
    (cond
      (and items (< (count running) limit))
      (let [item (first items)]
        (recur results (conj running (future (f item))) (next items)))

      (seq running)
      (let [value (try
                    (deref (peek running))
                    (catch reason -> (do (cancel running) (throw reason))))]
        (recur (conj results value) (pop running) items))

      :else results)))

(defn map
  "A vector of f of each item of coll, each computed in a task of its own, at most :max (else 8) of
  them at a time. If one crashes, so does the map, and the others are ended."
  [f coll & {:keys [max] :or {max 8}}]
  (when-not (and (integer? max) (pos? max))
    (throw (IllegalArgumentException. (str "async/map wants a :max of 1 or more, not " (pr-str max)))))
  (map-from f max coll))
