;; Supervised trees under random kills at full load. The arguments are how many workers there are and
;; for how many seconds it goes on. Every call must end in one of the ways there are, nobody may be
;; left over, and memory may not grow.
(ns soak)

(def team-size 50)

(defactor worker [n]
  (receive
    [:ask x] -> (do (reply [n x]) nil)
    :crash -> (exit :crashed)))

(defn team
  "A supervisor of workers."
  [number]
  (supervisor/start-link
   {:max-restarts 1000000
    :strategy (if (zero? (mod number 10)) :rest-for-one :one-for-one)
    :children (mapv (fn [n] {:id n :start (fn [] (spawn-link worker n))}) (range team-size))}))

(defn region
  "A supervisor of teams."
  [numbers]
  (supervisor/start-link
   {:max-restarts 1000000
    :children (mapv (fn [number] {:id number :type :supervisor :start (fn [] (team number))}) numbers)}))

(defn forest
  "The supervisor of all regions, for so many workers."
  [workers]
  (let [teams (range (quot (+ workers (dec team-size)) team-size))]
    (supervisor/start-link
     {:max-restarts 1000000
      :children (mapv (fn [numbers] {:id (first numbers) :type :supervisor :start (fn [] (region numbers))})
                      (partition-all 100 teams))})))

(defn outcome
  "How a call ended: :reply, :noproc, :timeout, :exit, or else what came."
  [pid x]
  (match (attempt (call pid [:ask x] 5000))
    {:ok [_ y]} when (= x y) -> :reply
    {:error {:kind :call :data {:reason :noproc}}} -> :noproc
    {:error {:kind :call :data {:reason :timeout}}} -> :timeout
    {:error {:kind :call :data {:reason reason}}} when (contains? #{:killed :crashed :broken :shutdown} reason) -> :exit
    other -> other))

(defn ask-on
  "Calls workers until told to stop; gives how often calls ended in which way."
  [pids]
  (loop [n 0 outcomes {}]
    (if (= :stop (receive-timeout 0 :stop -> :stop timeout -> :on))
      (do
        (assert (zero? (mailbox-size (self))) "an answer came that nobody waited for")
        outcomes)
      (recur (inc n) (update outcomes (outcome (rand-nth @pids) n) (fnil inc 0))))))

(defn kill-on
  "Ends workers in several ways until told to stop."
  [pids]
  (loop [kills 0]
    (if (= :stop (receive-timeout 1 :stop -> :stop timeout -> :on))
      {:kills kills}
      (let [pid (rand-nth @pids)]
        (case (rand-int 3)
          0 (exit pid :kill)
          1 (exit pid :broken)
          2 (send pid :crash))
        (recur (inc kills))))))

(defn resident
  "Bytes of memory that the process holds."
  []
  (* 4096 (parse-long (second (str/split (slurp "/proc/self/statm") #" ")))))

(defn all-there?
  "Do all workers answer?"
  [workers]
  (let [pids (find-actors :worker)]
    (and (= workers (count pids))
         (every? (fn [pid] (contains? (try-call pid [:ask 1] 60000) :ok)) pids))))

(defn begin
  "Starts an actor that gives what f gives to this one."
  [f pids]
  (let [me (self)]
    (spawn-link (fn [] (send me [:done (self) (f pids)])))))

(defn under-load
  "The sum of what callers and killers saw in so many milliseconds, and the memory at half time."
  [milliseconds]
  (let [pids (atom (find-actors :worker))
        started (into (mapv (fn [_] (begin ask-on pids)) (range 8))
                      (mapv (fn [_] (begin kill-on pids)) (range 2)))
        pause (fn [ms] (dotimes [_ 10] (sleep (quot ms 10)) (reset! pids (find-actors :worker))))]
    (pause (quot milliseconds 2))
    (let [half-time (resident)]
      (pause (quot milliseconds 2))
      (doseq [pid started] (send pid :stop))
      [half-time (apply merge-with + (map (fn [pid] (receive [:done ~pid seen] -> seen)) started))])))

(defn main
  [workers seconds]
  (let [top (forest (parse-long workers))
        before (count (actors))
        wanted (count (find-actors :worker))
        [half-time seen] (under-load (* 1000 (parse-long seconds)))]
    (loop [left 600]
      (when-not (all-there? wanted)
        (assert (pos? left) "not all workers are started again")
        (sleep 100)
        (recur (dec left))))
    (println "outcomes:" (sort-by str seen))
    (println "memory:" (quot half-time 1048576) "MB at half time," (quot (resident) 1048576) "MB at the end")
    (assert (= before (count (actors))) (str (count (actors)) " actors, not " before))
    (assert (every? #{:reply :noproc :timeout :exit :kills} (keys seen)))
    (assert (pos? (:kills seen)))
    (assert (< (resident) (+ half-time (quot half-time 4) 67108864)) "memory grows")
    (unlink top)
    (exit top :shutdown)
    (wait top)
    (assert (= [] (find-actors :worker)))
    (println "all is well")))
