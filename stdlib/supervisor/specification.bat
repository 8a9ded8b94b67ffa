;; What a supervisor is told about itself and its children, checked and completed.
(ns supervisor)

(def ^:private option-keys
  [:strategy :max-restarts :max-seconds :children])

(def ^:private child-keys
  [:id :start :restart :shutdown :name :type])

(def ^:private strategies
  [:one-for-one :one-for-all :rest-for-one :simple-one-for-one])

(def ^:private restart-kinds
  [:permanent :transient :temporary])

(defn- distance
  "How many letters must change to make one word of the other."
  [a b]
  (peek (reduce (fn [row x]
                  (reduce (fn [next [y corner above]]
                            (conj next (min (inc (peek next))
                                            (inc above)
                                            (if (= x y) corner (inc corner)))))
                          [(inc (first row))]
                          (map vector b row (rest row))))
                (vec (range (inc (count b))))
                a)))

(defn- hint
  "\"; did you mean :x?\" if one of the known keywords is near."
  [word known]
  (let [near (fn [candidate] (distance (str word) (str candidate)))
        best (first (sort-by near known))]
    (if (and (keyword? word) (<= (near best) 3))
      (str "; did you mean " best "?")
      (str "; there are " (str/join ", " known)))))

(defn- complain
  "Crashes with a fault about the supervisor of this name."
  [name & parts]
  (throw (IllegalArgumentException. (apply str "supervisor `" name "`: " parts))))

(defn- check-keys
  [name what given known]
  (doseq [key (keys given)]
    (when-not (some #{key} known)
      (complain name what " has no " (pr-str key) (hint key known)))))

(defn- check-choice
  [name what value known]
  (when-not (some #{value} known)
    (complain name what " is " (pr-str value) (hint value known))))

(defn- check-number
  [name what value least]
  (when-not (and (number? value) (>= value least))
    (complain name what " is " (pr-str value) ", not a number from " least " on")))

(defn- checked-child
  "The specification of a child with what it leaves out, or a fault."
  [name spec]
  (when-not (map? spec)
    (complain name "a child is a map with :id and :start, not " (pr-str spec)))
  (when-not (contains? spec :id)
    (complain name "a child has no :id" (when (seq spec) (str ": its keys are " (str/join ", " (keys spec))))))
  (let [{:keys [id start restart shutdown type]} spec
        what (fn [key] (str key " of child " (pr-str id)))]
    (check-keys name (str "child " (pr-str id)) spec child-keys)
    (when-not (contains? spec :start)
      (complain name "child " (pr-str id) " has no :start"))
    (when-not (or (fn? start) (actor-definition?* start))
      (complain name (what :start) " is " (pr-str start) ", not (spawn …), a function or an actor definition"))
    (when (contains? spec :restart) (check-choice name (what :restart) restart restart-kinds))
    (when (contains? spec :type) (check-choice name (what :type) type [:worker :supervisor]))
    (when (contains? spec :shutdown)
      (when-not (or (= shutdown :brutal-kill) (= shutdown :infinity) (and (integer? shutdown) (>= shutdown 0)))
        (complain name (what :shutdown) " is " (pr-str shutdown) ", not milliseconds, :brutal-kill or :infinity")))
    {:id id
     :start (if (fn? start) start (fn [& args] (apply spawn-link start args)))
     :restart (get spec :restart :permanent)
     :shutdown shutdown
     :name (:name spec)
     :type type
     :pid nil}))

(defn- first-twice
  "[x] for the first x that stands twice in xs, else nil."
  [xs]
  (loop [seen #{} xs (seq xs)]
    (when xs
      (if (contains? seen (first xs))
        [(first xs)]
        (recur (conj seen (first xs)) (next xs))))))

(defn- checked
  "Options with what they leave out, or a fault."
  [name options]
  (check-keys name "it" options option-keys)
  (let [{:keys [strategy max-restarts max-seconds children]
         :or {strategy :one-for-one max-restarts 3 max-seconds 5 children []}} options
        simple? (= strategy :simple-one-for-one)]
    (check-choice name ":strategy" strategy strategies)
    (check-number name ":max-restarts" max-restarts 0)
    (check-number name ":max-seconds" max-seconds 1)
    (when-not (sequential? children)
      (complain name ":children is " (pr-str children) ", not a vector of maps"))
    (when (and simple? (not= 1 (count children)))
      (complain name ":simple-one-for-one has one child, the pattern of all, not " (count children)))
    (let [children (mapv (fn [spec] (checked-child name spec)) children)]
      (when-let [[id] (first-twice (map :id children))]
        (complain name "two children have the :id " (pr-str id)))
      (when-let [[taken] (first-twice (keep :name children))]
        (complain name "two children have the :name " (pr-str taken)))
      {:name name
       :strategy strategy
       :max-restarts max-restarts
       :max-seconds max-seconds
       :children children})))
