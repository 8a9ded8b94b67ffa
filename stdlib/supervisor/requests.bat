;; What programs call: definitions of supervisors, and questions and requests to running ones.
(ns supervisor)

(defn definition
  "A supervisor as an actor definition, as `defsupervisor` makes it, from a name and a map of
  options whose children have functions as :start."
  [name options]
  (supervisor-definition* machine (str name) [(checked name options)]))

(defn start-link
  "Starts a supervisor that is linked to the running actor, from a map of options whose children
  have functions as :start. Gives its pid when the children have started."
  [options]
  (spawn-link (definition "anonymous" options)))

(defn- delayed
  "The form of a :start as one that gives a function."
  [form]
  (let [head (when (seq? form) (first form))
        plain (when (symbol? head) (name head))]
    (cond
      (not (seq? form)) form
      (some #{plain} ["fn" "fn*"]) form
      (some #{plain} ["spawn" "spawn-link"]) `(fn [& more#] (apply spawn-link ~@(rest form) more#))
      :else `(fn [] ~form))))

(defn child-form
  "The form of a child's specification with its :start delayed. Written by `defsupervisor`."
  [form]
  (if (and (map? form) (contains? form :start))
    (assoc form :start (delayed (:start form)))
    form))

(defn definition-form
  "What `defsupervisor` becomes. Written by `defsupervisor`."
  [space name options]
  (let [full (str space "/" name)
        doc (when (string? (first options)) (first options))
        options (if doc (rest options) options)]
    (when-not (even? (count options))
      (complain full "options are pairs: a key, a value"))
    (when-let [[twice] (first-twice (map first (partition 2 options)))]
      (complain full (pr-str twice) " stands there twice"))
    (let [options (apply hash-map options)
          children (:children options)]
      (check-keys full "it" options option-keys)
      (when (keyword? (:strategy options))
        (check-choice full ":strategy" (:strategy options) strategies))
      (when (vector? children)
        (doseq [child (filter map? children)]
          (check-keys full (str "child " (pr-str (:id child))) child child-keys)
          (when-not (contains? child :start)
            (complain full "child " (pr-str (:id child)) " has no :start"))))
      (let [options (if (vector? children) (assoc options :children (mapv child-form children)) options)
            value `(definition ~full ~options)]
        (if doc (list 'def name doc value) (list 'def name value))))))

(defn- ask
  [supervisor message]
  (when-not (supervisor?* supervisor)
    (throw (IllegalArgumentException. (str (pr-str supervisor) " is no supervisor that is alive"))))
  (call supervisor [:supervisor/request message] nil))

(defn start-child*
  "`start-child` of specifications with functions as :start."
  [supervisor & args]
  (ask supervisor [:start-child (vec args)]))

(defmacro start-child
  "Starts one more child: with a specification as in `defsupervisor`, or, under
  :simple-one-for-one, with further arguments of its start. Gives {:ok pid},
  {:error [:already-started pid]}, {:error :already-present} or {:error reason}."
  [supervisor & args]
  `(start-child* ~supervisor ~@(map child-form args)))

(defn stop-child
  "Stops the child of an :id (of a pid under :simple-one-for-one): :ok or {:error :not-found}. It
  stays known, for restart-child, unless it is temporary."
  [supervisor id]
  (ask supervisor [:stop-child id]))

(defn restart-child
  "Starts a child that was stopped: {:ok pid}, or {:error reason} where the reason may be
  :not-found, :running or :restarting."
  [supervisor id]
  (ask supervisor [:restart-child id]))

(defn delete-child
  "Forgets a child that was stopped: :ok, or {:error reason} where the reason is :not-found,
  :running or :restarting."
  [supervisor id]
  (ask supervisor [:delete-child id]))

(defn which-children
  "The children in the order of their start, each a map with :id, :pid (nil if stopped,
  :restarting while starts fail), :restart, :type and, if it has one, :name."
  [supervisor]
  (ask supervisor :which-children))

(defn count-children
  "How many children there are: {:specs :active :supervisors :workers}."
  [supervisor]
  (let [children (which-children supervisor)
        strategy (:strategy (ask supervisor :describe))]
    {:specs (if (= strategy :simple-one-for-one) 1 (count children))
     :active (count (filter (fn [child] (pid? (:pid child))) children))
     :supervisors (count (filter (fn [child] (= :supervisor (:type child))) children))
     :workers (count (filter (fn [child] (= :worker (:type child))) children))}))

(defn- child-line
  [{:keys [id pid restart name]}]
  (str/join " " (remove nil? [(if (nil? id) (when (pid? pid) (actor-kind* pid)) (pr-str id))
                              (when (some? name) (str "as " (pr-str name)))
                              (cond (nil? pid) "stopped" (pid? pid) (str pid) :else "restarting")
                              (subs (str restart) 1)])))

(declare branches)

(defn- branch
  "The lines of a child and of what is below it."
  [child last? indent]
  (let [line (str indent (if last? "└─ " "├─ ") (child-line child))
        below (str indent (if last? "   " "│  "))]
    (if (and (pid? (:pid child)) (supervisor?* (:pid child)))
      (let [{:keys [strategy]} (ask (:pid child) :describe)]
        (cons (str line ", " (subs (str strategy) 1)) (branches (:pid child) below)))
      [line])))

(defn- branches
  [supervisor indent]
  (let [children (which-children supervisor)
        last-place (dec (count children))]
    (mapcat (fn [at child] (branch child (= at last-place) indent)) (range) children)))

(defn tree-str
  "What tree prints, as a string."
  [supervisor]
  (let [{:keys [name strategy]} (ask supervisor :describe)]
    (str/join "\n" (cons (str name " " supervisor ", " (subs (str strategy) 1))
                         (branches supervisor "")))))

(defn tree
  "Prints a supervisor and what is below it as a tree; without one, all that nobody supervises."
  ([] (doseq [root (supervisors*)] (tree root)))
  ([supervisor] (println (tree-str supervisor))))
