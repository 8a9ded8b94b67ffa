;; Actors beyond what the runtime does itself.
(ns batuta.core)

(defmacro defsupervisor
  "Defines a supervisor: an actor definition whose spawn starts its children in order and returns
  when their inits have. Options are :strategy (:one-for-one, :one-for-all, :rest-for-one or
  :simple-one-for-one), :max-restarts (3) within :max-seconds (5), and :children, maps with :id,
  :start, which is run at each start, :restart (:permanent, :transient or :temporary), :shutdown
  (milliseconds, :brutal-kill or :infinity) and :name."
  [name & options]
  (supervisor/definition-form (ns-name *ns*) name options))

(defn tumbling-window
  "For stream/window: windows of so many milliseconds, one after the other. :time gives the time of
  an item (an instant or milliseconds; else it is when the item came), :lateness how many
  milliseconds a window waits for items that come late; later ones are left out."
  [size & {:keys [time lateness] :or {lateness 0}}]
  (when-not (and (integer? size) (pos? size))
    (throw (IllegalArgumentException. (str "tumbling-window wants milliseconds, not " (pr-str size)))))
  {:size size :time time :lateness lateness})

(defn for-each
  "Calls f with each item of a source: a collection, a stream, the rows of a query. Gives :ok."
  [source f]
  (stream/for-each f source))

(defn- told-of*
  "One event of a trace in words."
  [event]
  (match event
    [:trace pid :receive message] -> (str pid " <- " (pr-str message))
    [:trace pid :send message to] -> (str pid " -> " (pr-str to) " " (pr-str message))
    [:trace pid :exit reason] -> (str pid " ended: " (pr-str reason))))

(defn- hand-on*
  "Prints the events of a trace that are wanted, or sends them on, until the last one."
  [only to]
  (receive
    event -> (do
               (when (only event)
                 (if to (send to event) (println (told-of* event))))
               (when-not (= :exit (nth event 2))
                 (hand-on* only to)))))

(defn trace
  "Prints what an actor receives and sends, and its end, until untrace. With :only, just the events
  for which that function is true; with :to, they are sent to that actor and not printed:
  [:trace pid :receive message], [:trace pid :send message to], [:trace pid :exit reason]."
  [pid & {:keys [only to]}]
  (set-tracer* pid (if (and to (nil? only))
                     to
                     (spawn hand-on* (or only (fn [_] true)) to))))

(defn untrace
  "Ends what trace began."
  [pid]
  (set-tracer* pid nil))
