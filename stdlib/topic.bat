;; Topics: whoever publishes under a name reaches all who have subscribed to it.
(ns topic)

(def ^:private topics
  (atom {}))

(defn subscribers
  "The living actors that have subscribed to a topic."
  [topic]
  (set (clojure.core/filter alive? (get @topics topic))))

(defn subscribe
  "Lets the running actor, or the one given, get what is published under a topic. Gives :ok."
  ([topic] (subscribe topic (self)))
  ([topic pid]
   (swap! topics update topic (fn [pids] (conj (set (clojure.core/filter alive? pids)) pid)))
   :ok))

(defn unsubscribe
  "Ends what subscribe began. Gives :ok."
  ([topic] (unsubscribe topic (self)))
  ([topic pid]
   (swap! topics (fn [all]
                   (let [left (disj (set (get all topic)) pid)]
                     (if (empty? left) (dissoc all topic) (assoc all topic left)))))
   :ok))

(defn publish
  "Sends a message to all who have subscribed to the topic. Gives how many they are."
  [topic message]
  (let [pids (subscribers topic)]
    (doseq [pid pids] (send pid message))
    (count pids)))
