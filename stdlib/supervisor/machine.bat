;; The supervisor itself: an actor that starts others, and starts them again when they end. The rules
;; are those of OTP's `supervisor`: strategies, kinds of restart, intensity, order of starting and
;; stopping. Its state is the map that `begin` makes. To answer something new, add to `request`.
(ns supervisor)

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

(defn- ask-to-end
  "A supervisor ends itself in order; a worker that traps exits ends between two messages."
  [pid]
  (if (supervisor?* pid) (exit pid :shutdown) (retire* pid)))

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
        :infinity -> (do (ask-to-end pid)
                       (receive [:down ~ref _ reason] -> reason))
        ms -> (do (ask-to-end pid)
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
