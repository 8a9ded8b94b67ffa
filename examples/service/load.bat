;; Clients of the bank, and somebody who kills its actors while they are at it.
(ns load)

(defn free-port
  "A port that nobody listens at and that no client is given."
  []
  (let [port (+ 20000 (rand-int 10000))]
    (match (attempt (http/serve (fn [_] nil) {:port port}))
      {:ok server} -> (do (http/stop server) port)
      {:error _} -> (recur))))

(defn- outcome
  "What came of a request: its value, or :refused if the bank had no time or was closed."
  [send-it]
  (match (attempt (send-it))
    {:ok {:status 200 :body body}} -> (json/read-str body)
    {:ok {:status 503}} -> :refused
    {:error {:kind :io :message text}} when (not (str/includes? text "no answer within")) -> :refused
    other -> (throw [:neither-answered-nor-refused other])))

(defn- patiently
  "What comes of a request that is sent until it is answered, and how often it was refused."
  [send-it]
  (loop [refused 0]
    (let [what (outcome send-it)]
      (if (= what :refused)
        (do (sleep 2) (recur (inc refused)))
        [what refused]))))

(defn balance
  "The balance of an account as the bank tells it at last."
  [url account]
  (first (patiently (fn [] (http/get (str url "/accounts/" account))))))

(defn- client
  "Deposits so many coins one by one, looking at the account in between; how often it was refused.
  Nobody else uses the account, so what it shows may not go back."
  [url account first-id coins]
  (loop [n 0 refused 0 seen (balance url account)]
    (if (= n coins)
      refused
      (let [place (str url "/accounts/" account "?id=" (+ first-id n))
            [answer times] (patiently (fn [] (http/post place {:body "1"})))
            now (balance url account)]
        (assert (= answer "entered"))
        (assert (= now (inc seen)) (str "the account went from " seen " to " now))
        (recur (inc n) (+ refused times) now)))))

(defn- kill-some
  "Kills one of the bank's actors now and then, until told to stop; how often."
  []
  (loop [kills 0]
    (receive-timeout (rand-int 40)
      [:stop asker] -> (send asker [:kills kills])
      timeout -> (if-let [pid (whereis (rand-nth [:database :cache :server]))]
                   (do (exit pid :kill) (recur (inc kills)))
                   (recur kills)))))

(defn run
  "So many clients, each with an account of its own and so many coins, while actors are killed. Gives
  {:refused :kills :balances}."
  [port clients coins first-id]
  (let [url (str "http://127.0.0.1:" port)
        account (fn [n] (str "client-" n))
        killer (spawn kill-some)
        refused (async/map (fn [n] (client url (account n) (+ first-id (* n coins)) coins))
                           (range clients) :max clients)]
    (send killer [:stop (self)])
    {:kills (receive [:kills n] -> n)
     :refused (reduce + refused)
     :balances (mapv (fn [n] (balance url (account n))) (range clients))}))
