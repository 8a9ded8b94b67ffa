;; A bank that stays up: an HTTP server, a database and a cache, each an actor, under supervisors.
;; Whichever of them is killed is started again; the database finds its state in its journal.
;;
;;   GET  /accounts/ann         the balance
;;   POST /accounts/ann?id=7    deposits the amount in the body
;;
;; A deposit has a number, so that a client that was refused, or heard nothing, may send it again: it
;; counts once. A journal is a map of two functions: :append makes a row durable, :rows gives all.
(ns bank)

(defn- entered
  "The books with one more row of the journal."
  [books {:keys [id account amount]}]
  (-> books
      (update-in [:balances account] (fnil + 0) amount)
      (update :known conj id)))

(defn- forget-balance
  [account]
  (when-let [cache (whereis :cache)]
    (send cache [:changed account])))

;; What it has answered stands in the journal.
(defactor database [journal books]
  (init [journal] [journal (reduce entered {:balances {} :known #{}} ((:rows journal)))])
  (receive
    [:balance account] -> (reply (get-in books [:balances account] 0))
    [:deposit row] when (contains? (:known books) (:id row)) -> (reply :entered)
    [:deposit row] -> (do ((:append journal) row)
                        (forget-balance (:account row))
                        (reply :entered)
                        (recur journal (entered books row)))))

;; It is started again with the database, because a message about a change may have ended with that.
(defactor cache [balances]
  (receive
    [:changed account] -> (recur (dissoc balances account))
    [:balance account] -> (if (contains? balances account)
                            (reply {:ok (get balances account)})
                            (let [answer (try-call :database [:balance account] 2000)]
                              (reply answer)
                              (recur (if (contains? answer :ok)
                                       (assoc balances account (:ok answer))
                                       balances))))))

(defn- response
  "The response that tells what an actor answered, or that it could not."
  [answer]
  (match answer
    {:ok value} -> (http/json-response value)
    {:error _} -> (assoc-in (http/json-response "try again" 503) [:headers "retry-after"] "1")))

(defn- handle
  [{:keys [request-method uri query-params body]}]
  (let [[_ kind account] (str/split uri #"/")
        id (parse-long (get query-params "id" ""))
        amount (parse-long (or body ""))]
    (cond
      (not (and (= kind "accounts") account)) nil
      (= request-method :get) (response (match (try-call :cache [:balance account] 5000)
                                          {:ok answer} -> answer
                                          refused -> refused))
      (not= request-method :post) (http/response "GET or POST" 405)
      (and id amount) (response (try-call :database [:deposit {:id id :account account :amount amount}] 5000))
      :else (http/response "a deposit has an id and an amount" 400))))

(defn- listen
  "Listens at a port, for which it may have to wait: the server before this one is closing it."
  [port naps]
  (match (attempt (http/serve handle {:port port}))
    {:ok listening} -> listening
    {:error reason} -> (if (zero? naps)
                         (throw reason)
                         (do (sleep 10) (recur port (dec naps))))))

(defn- keep-open
  "Listens for as long as an actor lives, whatever ends it."
  [owner port]
  (trap-exit true)
  (let [listening (listen port 500)]
    (send owner [:listening (:port listening)])
    (receive [:exit ~owner _] -> (http/stop listening))))

(defactor server [port]
  (init [port] (do (spawn-link keep-open (self) port)
                 (receive [:listening port] -> port)))
  (receive
    :port -> (reply port)))

(defn- storage
  "The supervisor of database and cache."
  [journal]
  (supervisor/start-link
   {:strategy :rest-for-one
    :max-restarts 1000
    :children [{:id :database :name :database :start (fn [] (spawn-link database journal))}
               {:id :cache :name :cache :start (fn [] (spawn-link cache {}))}]}))

(defn start
  "Starts the bank with a journal, at a port (0: any free one). Gives the pid of its supervisor."
  [journal port]
  (supervisor/start-link
   {:max-restarts 1000
    :children [{:id :storage :type :supervisor :start (fn [] (storage journal))}
               {:id :server :name :server :start (fn [] (spawn-link server port))}]}))
