;; Supervisors: actors that start others, and start them again when they end. The rules are those
;; of OTP's `supervisor`: strategies, kinds of restart, intensity, order of starting and stopping.
;; A supervisor is an instance of `machine`; its state is the map that `begin` makes.
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

(defn- reason-of
  "Why a start failed, of what it threw."
  [thrown]
  (match thrown
    {:kind :call :data {:reason reason :supervisor _}} -> reason
    _ -> thrown))

(defn- departure
  "The reason of a linked actor that has ended, out of the mailbox."
  [pid known]
  (let [told (receive [:exit ~pid reason] -> reason)]
    (receive-timeout 0 [:exit ~pid _] -> nil timeout -> nil)
    (if (= told :noproc) known told)))

(defn- shutdown-of
  "How long a child may take to stop."
  [{:keys [shutdown type pid]}]
  (cond
    (some? shutdown) shutdown
    (or (= type :supervisor) (supervisor?* pid)) :infinity
    :else 5000))

(defn- kill
  [pid ref]
  (exit pid :kill)
  (receive [:down ~ref _ reason] -> reason))

(defn- end-child
  "Stops a child that runs and waits for its end."
  [{:keys [pid] :as child}]
  (when (pid? pid)
    (let [ref (monitor pid)]
      (unlink pid)
      (receive-timeout 0 [:exit ~pid _] -> nil timeout -> nil)
      (match (shutdown-of child)
        :brutal-kill -> (kill pid ref)
        :infinity -> (do (exit pid :shutdown)
                       (receive [:down ~ref _ reason] -> reason))
        ms -> (do (exit pid :shutdown)
                (receive-timeout ms
                  [:down ~ref _ reason] -> reason
                  timeout -> (kill pid ref)))))))

(defn- settle
  "Names a child that was just spawned and waits for its init: {:ok pid} or {:error reason}."
  [child pid]
  (let [named (if (some? (:name child)) (attempt (register (:name child) pid)) {:ok :ok})]
    (if (contains? named :error)
      (do (adopt* pid)
        (end-child (assoc child :pid pid))
        {:error (:error named)})
      (match (adopt* pid)
        {:error known} -> {:error (departure pid known)}
        _ -> {:ok pid}))))

(defn- start-one
  "Starts a child: {:ok pid}, {:ok nil} if it says :ignore, or {:error reason}."
  [child]
  (match (attempt (apply (:start child) (:args child)))
    {:error thrown} -> {:error (reason-of thrown)}
    {:ok {:ok pid}} when (pid? pid) -> (settle child pid)
    {:ok {:error reason}} -> {:error reason}
    {:ok :ignore} -> {:ok nil}
    {:ok pid} when (pid? pid) -> (settle child pid)
    {:ok other} -> {:error [:bad-return-value other]}))

(defn- place
  "Where the child for which f is true stands among the children, or nil."
  [state f]
  (first (keep-indexed (fn [at child] (when (f child) at)) (:children state))))

(defn- place-of
  [state id]
  (place state (fn [child] (= id (:id child)))))

(defn- without
  "The items of a vector but the one at a place."
  [items at]
  (into (subvec items 0 at) (subvec items (inc at))))

(defn- end-from
  "Stops the children from a place on, the last first; temporary ones are forgotten."
  [state at]
  (doseq [child (rseq (subvec (:children state) at))]
    (end-child child))
  (let [left (filterv (fn [child] (not= :temporary (:restart child))) (subvec (:children state) at))]
    (assoc state :children
           (into (subvec (:children state) 0 at)
                 (map (fn [child] (assoc child :pid nil)) left)))))

(defn- start-from
  "Starts the children from a place on, in order: [state nil], or [state at reason] when that one
  failed and those behind it were not tried."
  [state at]
  (if (< at (count (:children state)))
    (match (start-one (get-in state [:children at]))
      {:ok pid} -> (recur (assoc-in state [:children at :pid] pid) (inc at))
      {:error reason} -> [state at reason])
    [state nil]))

(defn- now-ms
  []
  (quot (System/nanoTime) 1000000))

(defn- note-restart
  "With one restart more among those that count."
  [state]
  (let [now (now-ms)
        since (- now (* 1000 (:max-seconds state)))]
    (assoc state :restarts (conj (filterv (fn [at] (>= at since)) (:restarts state)) now))))

(defn- stopping
  [state reason]
  (assoc state :stop reason))

(defn- report
  "Tells on standard error."
  [state & parts]
  (binding [*out* *err*]
    (println (apply str "supervisor " (:name state) ": " parts))
    (flush)))

(defn- try-again
  "A restart failed: the next attempt is one more restart."
  [state at]
  (send (self) [:supervisor/again (get-in state [:children at :id])])
  (assoc-in state [:children at :pid] :restarting))

(defn- start-again-from
  [state at]
  (match (start-from state at)
    [state failed _] -> (try-again state failed)
    [state _] -> state))

(defn- start-worker-again
  "Of a :simple-one-for-one: the worker of a pid, or of the pid it had."
  [state key worker]
  (let [state (update state :workers dissoc key)]
    (match (start-one worker)
      {:ok nil} -> state
      {:ok pid} -> (assoc-in state [:workers pid] worker)
      {:error _} -> (do (send (self) [:supervisor/again key])
                      (assoc-in state [:workers key] (assoc worker :pid :restarting))))))

(defn- start-again
  "What the strategy does when the child at a place must start again."
  [state at]
  (match (:strategy state)
    :one-for-one ->
    (match (start-one (get-in state [:children at]))
      {:ok pid} -> (assoc-in state [:children at :pid] pid)
      {:error _} -> (try-again state at))
    :rest-for-one -> (start-again-from (end-from (assoc-in state [:children at :pid] nil) at) at)
    :one-for-all -> (start-again-from (end-from (assoc-in state [:children at :pid] nil) 0) 0)))

(defn- within-intensity
  "Counts a restart, then does it, or gives up."
  [state child reason restart]
  (let [state (note-restart state)]
    (if (<= (count (:restarts state)) (:max-restarts state))
      (restart state)
      (do
        (report state "child " (pr-str (:id child)) " ended with " (pr-str reason) "; more than "
                (:max-restarts state) " restarts within " (:max-seconds state) " s, so the supervisor ends")
        (stopping state :shutdown)))))

(defn- ordinary?
  "Is it a reason for which a transient child stays ended?"
  [reason]
  (match reason
    (or :normal :shutdown) -> true
    [:shutdown & _] -> true
    _ -> false))

(defn- wanted-again?
  [child reason]
  (match (:restart child)
    :permanent -> true
    :temporary -> false
    :transient -> (not (ordinary? reason))))

(defn- child-ended
  [state at reason]
  (let [child (get-in state [:children at])]
    (cond
      (wanted-again? child reason)
      (within-intensity state child reason (fn [state] (start-again state at)))

      (= :temporary (:restart child))
      (update state :children without at)

      :else
      (assoc-in state [:children at :pid] nil))))

(defn- worker-ended
  [state pid reason]
  (let [worker (get-in state [:workers pid])]
    (if (wanted-again? worker reason)
      (within-intensity (update state :workers dissoc pid) worker reason
                        (fn [state] (start-worker-again state pid worker)))
      (update state :workers dissoc pid))))

(defn- ended
  "An exit signal: a child has ended, or somebody wants the supervisor to end."
  [state pid reason]
  (if (contains? (:workers state) pid)
    (worker-ended state pid reason)
    (let [at (place state (fn [child] (= pid (:pid child))))]
      (cond
        at (child-ended state at reason)
        (and (= reason :normal) (not (contains? (:parents state) pid))) state
        :else (stopping state reason)))))

(defn- again
  "Another attempt to start a child whose restart failed."
  [state id]
  (let [worker (get-in state [:workers id])
        at (place-of state id)
        child (when at (get-in state [:children at]))]
    (cond
      (= :restarting (:pid worker))
      (within-intensity state worker :failed-to-start (fn [state] (start-worker-again state id worker)))

      (= :restarting (:pid child))
      (within-intensity state child :failed-to-start (fn [state] (start-again state at)))

      :else state)))

(defn- simple?
  [state]
  (= :simple-one-for-one (:strategy state)))

(defn- shown
  "What which-children tells of a child."
  [{:keys [id pid restart name] :as child}]
  (into {:id id
         :pid pid
         :restart restart
         :type (if (or (= :supervisor (:type child)) (and (pid? pid) (supervisor?* pid))) :supervisor :worker)}
        (when (some? name) {:name name})))

(defn- all-shown
  [state]
  (if (simple? state)
    (mapv (fn [[key worker]] (shown (assoc worker :id nil :pid (or (:pid worker) key)))) (:workers state))
    (mapv shown (:children state))))

(defn- start-worker
  [state args]
  (let [worker (assoc (get-in state [:children 0]) :args args)]
    (match (start-one worker)
      {:ok nil} -> [state {:ok nil}]
      {:ok pid} -> [(assoc-in state [:workers pid] worker) {:ok pid}]
      {:error reason} -> [state {:error reason}])))

(defn- start-new
  [state spec]
  (let [child (attempt (checked-child (:name state) spec))
        at (when (contains? child :ok) (place-of state (:id (:ok child))))
        present (when at (get-in state [:children at :pid]))]
    (cond
      (contains? child :error) [state child]
      (pid? present) [state {:error [:already-started present]}]
      at [state {:error :already-present}]
      :else (let [child (:ok child)]
              (match (start-one child)
                {:ok nil} when (= :temporary (:restart child)) -> [state {:ok nil}]
                {:ok pid} -> [(update state :children conj (assoc child :pid pid)) {:ok pid}]
                {:error reason} -> [state {:error reason}])))))

(defn- stop-one
  [state id]
  (let [at (place-of state id)]
    (cond
      (contains? (:workers state) id)
      (do (end-child {:pid id :shutdown (:shutdown (get-in state [:workers id]))})
        [(update state :workers dissoc id) :ok])

      (simple? state) [state {:error :not-found}]
      (nil? at) [state {:error :not-found}]

      :else
      (let [child (get-in state [:children at])]
        (end-child child)
        [(if (= :temporary (:restart child))
           (update state :children without at)
           (assoc-in state [:children at :pid] nil))
         :ok]))))

(defn- with-stopped
  "What f gives for the place of a child that is stopped, else an error."
  [state id f]
  (let [at (place-of state id)
        pid (when at (get-in state [:children at :pid]))]
    (cond
      (simple? state) [state {:error :simple-one-for-one}]
      (nil? at) [state {:error :not-found}]
      (= pid :restarting) [state {:error :restarting}]
      (some? pid) [state {:error :running}]
      :else (f at))))

(defn- restart-one
  [state id]
  (with-stopped state id
    (fn [at]
      (match (start-one (get-in state [:children at]))
        {:ok pid} -> [(assoc-in state [:children at :pid] pid) {:ok pid}]
        {:error reason} -> [state {:error reason}]))))

(defn- delete-one
  [state id]
  (with-stopped state id
    (fn [at] [(update state :children without at) :ok])))

(defn- request
  "[state answer] of what another actor asks."
  [state message]
  (match message
    :which-children -> [state (all-shown state)]
    :describe -> [state (select-keys state [:name :strategy])]
    [:start-child args] -> (cond
                             (simple? state) (start-worker state args)
                             (= 1 (count args)) (start-new state (first args))
                             :else [state {:error [:one-specification-wanted args]}])
    [:stop-child id] -> (stop-one state id)
    [:restart-child id] -> (restart-one state id)
    [:delete-child id] -> (delete-one state id)))

(defn- handle
  "The state after a message."
  [state message]
  (match message
    [:exit pid reason] -> (ended state pid reason)
    [:supervisor/again id] -> (again state id)
    [:supervisor/request asked] -> (let [[state answer] (request state asked)]
                                     (reply answer)
                                     state)
    _ -> state))

(defn- end-all
  "Stops everything, the last first."
  [state]
  (end-from (assoc state :children (if (simple? state) [] (:children state))) 0)
  (doseq [[pid worker] (:workers state)]
    (end-child {:pid pid :shutdown (:shutdown worker)})))

(defn- begin
  "Starts the children; the first state."
  [options]
  (trap-exit true)
  (let [state (assoc options :restarts [] :workers {} :parents (set (links*)))]
    (if (simple? state)
      state
      (match (start-from state 0)
        [state failed reason] -> (do
                                   (end-all state)
                                   (exit [:shutdown [:failed-to-start-child (get-in state [:children failed :id]) reason]]))
        [state _] -> state))))

(defactor ^:private machine [state]
  (init [options] (begin options))
  (receive
    message -> (let [state (handle state message)]
                 (if (contains? state :stop)
                   (do (end-all state) (exit (:stop state)))
                   (recur state)))))

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
