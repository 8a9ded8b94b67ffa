;; A state that lives in an actor, as Elixir's Agent: functions are sent to it and run there, one
;; after the other. A function that crashes ends the actor.
(ns gen-state)

(defactor ^:private holder [state]
  (receive
    [:gen-state/get f] -> (reply (f state))
    [:gen-state/update f] -> (let [state (f state)]
                               (reply :ok)
                               (recur state))
    [:gen-state/get-and-update f] -> (let [[answer state] (f state)]
                                       (reply answer)
                                       (recur state))
    [:gen-state/cast f] -> (recur (f state))
    :gen-state/stop -> (do (reply :ok) :stop)))

(defn start
  "Starts an actor that holds a state. Gives its pid."
  [state]
  (spawn holder state))

(defn start-link
  "Starts an actor that holds a state and is linked to the running one. Gives its pid."
  [state]
  (spawn-link holder state))

(defn get
  "f of the state, else the state itself."
  ([pid] (call pid [:gen-state/get identity]))
  ([pid f] (call pid [:gen-state/get f])))

(defn update
  "Makes f of the state, and further arguments, the new state. Gives :ok when that is done."
  [pid f & args]
  (call pid [:gen-state/update (fn [state] (apply f state args))]))

(defn get-and-update
  "f gives [answer state]: the state is the new one, the answer is given."
  [pid f]
  (call pid [:gen-state/get-and-update f]))

(defn cast
  "As update, but does not wait. Gives :ok."
  [pid f & args]
  (send pid [:gen-state/cast (fn [state] (apply f state args))]))

(defn stop
  "Ends the actor. Gives :ok."
  [pid]
  (call pid :gen-state/stop))
