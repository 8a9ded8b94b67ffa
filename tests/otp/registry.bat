;; Names. Restates: `erlang:register/2`, `erlang:unregister/1`, `erlang:whereis/1`,
;; `erlang:registered/0`. Unlike there, an actor may have several names.
(ns otp.registry)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn waiting []
  (spawn (fn [] (receive :stop -> nil))))

(defn end [pid]
  (exit pid :enough)
  (wait pid))

(defn kind-of [f]
  (try (f) (catch {:kind kind} -> kind)))

(deftest a-name-finds-its-actor
  (is (= true (let [pid (waiting)]
                (register :otp-a pid)
                (let [found (whereis :otp-a)] (end pid) (= found pid))))))

(deftest a-name-that-nobody-has-finds-nil
  (is (= nil (whereis :otp-nobody))))

(deftest a-name-belongs-to-one
  (is (= :call (let [pid (waiting)]
                 (register :otp-b pid)
                 (let [kind (kind-of (fn [] (register :otp-b (self))))] (end pid) kind)))))

(deftest the-name-goes-with-its-actor
  (is (= nil (let [pid (waiting)] (register :otp-c pid) (end pid) (whereis :otp-c)))))

(deftest the-name-is-free-when-monitors-hear
  (is (= :ok (alone (dotimes [_ 100]
                      (let [pid (waiting)
                            ref (monitor pid)]
                        (register :otp-d pid)
                        (send pid :stop)
                        (receive [:down ~ref _ _] -> nil)
                        (when (whereis :otp-d) (exit :still-there))))
                    :ok))))

(deftest the-name-is-free-when-links-hear
  (is (= :ok (alone (trap-exit true)
                    (dotimes [_ 100]
                      (let [pid (spawn-link (fn [] (receive :stop -> nil)))]
                        (register :otp-e pid)
                        (send pid :stop)
                        (receive [:exit ~pid _] -> nil)
                        (register :otp-e (self))
                        (unregister :otp-e)))
                    :ok))))

(deftest unregister-frees-a-name
  (is (= [nil true] (let [pid (waiting)]
                      (register :otp-f pid)
                      (unregister :otp-f)
                      (let [seen [(whereis :otp-f) (alive? pid)]] (end pid) seen)))))

(deftest unregister-of-a-free-name-crashes
  (is (= :call (kind-of (fn [] (unregister :otp-nobody))))))

(deftest the-dead-get-no-name
  (is (= :call (let [pid (waiting)] (end pid) (kind-of (fn [] (register :otp-g pid)))))))

(deftest registered-lists-the-names
  (is (= [true false] (let [pid (waiting)]
                        (register :otp-h pid)
                        (let [before (some? (some #{:otp-h} (registered)))]
                          (end pid)
                          [before (some? (some #{:otp-h} (registered)))])))))

(deftest messages-go-to-who-has-the-name-now
  (is (= [:old :new] (alone (let [me (self)
                                  teller (fn [tag] (spawn (fn [] (receive :who -> (send me tag)))))]
                              (register :otp-i (teller :old))
                              (send :otp-i :who)
                              (let [first-told (receive m -> m)]
                                (when (whereis :otp-i) (wait (whereis :otp-i)))
                                (register :otp-i (teller :new))
                                (send :otp-i :who)
                                [first-told (receive m -> m)]))))))

(deftest of-many-who-want-a-name-one-gets-it
  (is (= 1 (alone (let [me (self)
                        pids (mapv (fn [_] (spawn (fn []
                                                    (send me (if (= :call (kind-of (fn [] (register :otp-j (self))))) 0 1))
                                                    (receive :stop -> nil))))
                                   (range 50))
                        got (reduce + (mapv (fn [_] (receive n -> n)) (range 50)))]
                    (doseq [pid pids] (send pid :stop))
                    (doseq [pid pids] (wait pid))
                    got)))))

(deftest a-name-passes-from-one-to-the-next
  (is (= [true nil] (alone (dotimes [n 50]
                             (let [pid (waiting)]
                               (register :otp-k pid)
                               (exit pid :kill)
                               (wait pid)))
                           [true (whereis :otp-k)]))))

(deftest strings-and-symbols-are-names-too
  (is (= [true true false] (let [[a b] [(waiting) (waiting)]]
                             (register "otp-l" a)
                             (register 'otp-l b)
                             (let [seen [(= a (whereis "otp-l")) (= b (whereis 'otp-l)) (some? (whereis :otp-l))]]
                               (end a)
                               (end b)
                               seen)))))

(deftest a-number-is-no-name
  (is (= :type (kind-of (fn [] (register 5 (self)))))))
