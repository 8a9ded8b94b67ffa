;; Flocks: groups of actors that work together, found by what they are.
(ns batuta.core)

(def ^:private flocks
  (atom {}))

(defn- fits?
  "Does a name or kind fit what a pattern wants: itself, one of a set, a regex, a predicate?"
  [wanted value]
  (cond
    (regex? wanted) (and (some? value) (some? (re-find wanted (if (keyword? value) (subs (str value) 1) (str value)))))
    (set? wanted) (contains? wanted value)
    (fn? wanted) (boolean (wanted value))
    :else (= wanted value)))

(defn- member?
  "Does an actor fit a pattern? A kind may be told without its namespace."
  [pattern {:keys [kind] :as actor}]
  (every? (fn [[key wanted]]
            (or (fits? wanted (get actor key))
                (and (= key :kind) (some? kind) (fits? wanted (keyword (name kind))))))
          pattern))

(defn register-flock*
  "Notes a flock under its name. Written by `defflock`."
  [key options]
  (let [{:keys [pattern discover-via]} options]
    (doseq [option (keys options)]
      (when-not (some #{option} [:pattern :discover-via])
        (throw (IllegalArgumentException.
                (str "flock " key " has no option " (pr-str option) "; there are :pattern, :discover-via")))))
    (when-not (and (map? pattern) (every? #{:kind :name} (keys pattern)) (seq pattern))
      (throw (IllegalArgumentException.
              (str "the :pattern of flock " key " is a map with :kind or :name, not " (pr-str pattern)))))
    (when-not (every? #{:local} discover-via)
      (throw (IllegalArgumentException.
              (str "flock " key ": actors are found on this node only, so :discover-via is [:local], not "
                   (pr-str discover-via)))))
    (swap! flocks assoc key {:flock key :pattern pattern})
    {:flock key :pattern pattern}))

(defmacro defflock
  "Defines a flock: the living actors that fit :pattern, a map with :kind (the name of their
  definition) or :name (their registered name), each a value, a set, a regex or a predicate."
  [name & options]
  `(def ~name (register-flock* ~(keyword (str name)) ~(apply hash-map options))))

(defn flock
  "The pids of the members that a flock, or the one of this name, has now."
  [name]
  (let [found (if (map? name) name (get @flocks name))]
    (when-not (map? (:pattern found))
      (throw (IllegalArgumentException. (str "there is no flock " (pr-str name)))))
    (into []
          (comp (filter (fn [actor] (member? (:pattern found) actor))) (map :pid))
          (actors))))

(defn- members
  "Pids, a flock or its name as the pids that live now."
  [pids]
  (filterv alive? (if (or (keyword? pids) (and (map? pids) (contains? pids :flock))) (flock pids) pids)))

(defn- some-members*
  "As members, but the members of a flock may be starting again: it waits for one, some seconds."
  [pids]
  (loop [naps (if (sequential? pids) 0 500)]
    (let [living (members pids)]
      (cond
        (seq living) living
        (zero? naps) (throw :no-members)
        :else (do (sleep 10) (recur (dec naps)))))))

(defn- take-item*
  "The place of the next item to do, or nil."
  [queue]
  (first (first (swap-vals! queue rest))))

(defn- work*
  "What one member makes of items, by place; a member that ends leaves its item to others."
  [pid f items queue]
  (loop [done {}]
    (let [at (take-item* queue)]
      (if (nil? at)
        done
        (match (attempt (f pid (nth items at)))
          {:ok value} -> (recur (assoc done at value))
          {:error reason} -> (if (alive? pid) (throw reason) done))))))

(defn deploy-map
  "A vector of (f pid item) for each item of data, each pid being asked for one at a time; an item
  whose actor ends is given to another. `pids` are actors, a flock or its name. Crashes with
  :no-members if nobody is left, of a flock if nobody comes for 5 seconds."
  [pids f data]
  (let [items (vec data)]
    (loop [done {}]
      (let [left (remove (fn [at] (contains? done at)) (range (count items)))]
        (if (empty? left)
          (mapv done (range (count items)))
          (let [living (some-members* pids)
                queue (atom left)]
            (recur (into done
                         (async/map (fn [pid] (work* pid f items queue)) living :max (count living))))))))))

(defn deploy-reduce
  "Folds (f pid) of each member with op, init first. Members that end on the way are left out."
  [pids op init f]
  (let [living (members pids)
        answers (when (seq living)
                  (async/map (fn [pid]
                               (match (attempt (f pid))
                                 {:ok value} -> [value]
                                 {:error reason} -> (if (alive? pid) (throw reason) [])))
                             living :max (count living)))]
    (reduce op init (apply concat answers))))

(defn receive-all
  "Waits for a message [pid value] of each of the actors: a vector of (f value) in the order of
  pids. Crashes with the reason of one that ends before."
  [pids f]
  (let [refs (zipmap (map monitor pids) pids)]
    (loop [values {}]
      (if (= (count values) (count refs))
        (do (doseq [ref (keys refs)] (demonitor ref :flush))
          (mapv (fn [pid] (f (get values pid))) pids))
        (receive
          [pid value] when (and (pid? pid) (some #{pid} pids) (not (contains? values pid))) -> (recur (assoc values pid value))
          [:down ref _ reason] when (and (contains? refs ref) (not (contains? values (get refs ref)))) ->
          (do (doseq [ref (keys refs)] (demonitor ref :flush))
            (throw reason)))))))
