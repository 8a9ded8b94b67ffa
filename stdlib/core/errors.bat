;; What can be told of failures.
(ns batuta.core)

(defn Throwable->map
  "An error value as data: its message under :cause, its data, and the chain of its causes under
  :via, outermost first."
  [e]
  (let [chain (take-while some? (iterate ex-cause e))
        root (last chain)
        shown (fn [e]
                (if (error? e)
                  (into {:type (get e :kind) :message (ex-message e)}
                        (when (ex-data e) {:data (ex-data e)}))
                  {:type (type e) :message (pr-str e)}))]
    (into {:via (mapv shown chain) :trace [] :cause (get (shown root) :message)}
          (when (and (error? root) (ex-data root)) {:data (ex-data root)}))))
