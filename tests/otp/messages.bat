;; Messages and selective receive. Restates: Erlang Reference Manual, "Expressions", section on
;; receive; "Processes", section on the delivery of signals; "Efficiency Guide", on references.
(ns otp.messages)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(defn post [& messages]
  (doseq [m messages] (send (self) m)))

(deftest messages-of-one-sender-keep-their-order
  (is (= (range 1000) (alone (let [me (self)]
                               (spawn (fn [] (dotimes [n 1000] (send me n))))
                               (mapv (fn [_] (receive m -> m)) (range 1000)))))))

(deftest the-order-holds-per-sender-among-many
  (is (= true (alone (let [me (self)]
                       (doseq [name (range 8)]
                         (spawn (fn [] (dotimes [n 100] (send me [name n])))))
                       (let [seen (mapv (fn [_] (receive m -> m)) (range 800))]
                         (every? (fn [name] (= (range 100) (map second (filter (fn [[from _]] (= from name)) seen))))
                                 (range 8))))))))

(deftest receive-takes-the-oldest-that-a-clause-matches
  (is (= [[:a 1] [:b 1] [:a 2]]
         (alone (post [:b 1] [:a 1] [:a 2])
                [(receive [:a n] -> [:a n]) (receive m -> m) (receive m -> m)]))))

(deftest the-mailbox-comes-before-the-clauses
  (is (= [:second :first]
         (alone (post :second :first)
                [(receive :first -> :first :second -> :second) (receive m -> m)]))))

(deftest with-priority-the-clauses-come-before-the-mailbox
  (is (= [:first :second]
         (alone (post :second :first)
                [(receive-with-priority :first -> :first :second -> :second) (receive m -> m)]))))

(deftest priority-keeps-the-order-within-a-clause
  (is (= [[:hi 1] [:hi 2] [:lo 1]]
         (alone (post [:lo 1] [:hi 1] [:hi 2])
                (mapv (fn [_] (receive-with-priority [:hi n] -> [:hi n] m -> m)) (range 3))))))

(deftest what-is-refused-stays-in-order
  (is (= [3 [1 2 4]] (alone (post 1 2 3 4) [(receive 3 -> 3) (flushed)]))))

(deftest refused-messages-are-looked-at-by-the-next-receive
  (is (= [:c :a :b] (alone (post :a :b :c) [(receive :c -> :c) (receive :a -> :a) (receive :b -> :b)]))))

(deftest a-guard-refuses-too
  (is (= [7 [1 2]] (alone (post 1 2 7) [(receive n when (> n 5) -> n) (flushed)]))))

(deftest a-bound-name-is-compared-with-a-pin
  (is (= :mine (alone (let [wanted 2]
                        (post [1 :other] [2 :mine])
                        (receive [~wanted what] -> what))))))

(deftest a-receive-waits-for-what-it-wants
  (is (= :wanted (alone (let [me (self)]
                          (spawn (fn [] (send me :noise) (send me :wanted)))
                          (receive :wanted -> :wanted))))))

(deftest receives-nest
  (is (= [:outer :inner [:rest]]
         (alone (post :rest :inner :outer)
                (let [found (receive :outer -> [:outer (receive :inner -> :inner)])]
                  (conj found (flushed)))))))

(deftest a-timeout-of-zero-looks-once
  (is (= [:there :nothing] (alone (post :x)
                                  [(receive-timeout 0 :x -> :there timeout -> :nothing)
                                   (receive-timeout 0 :x -> :there timeout -> :nothing)]))))

(deftest a-timeout-leaves-the-mailbox-as-it-was
  (is (= [:late [1 2]] (alone (post 1 2) [(receive-timeout 1 :never -> 1 timeout -> :late) (flushed)]))))

(deftest a-timeout-runs-only-if-nothing-matches
  (is (= :matched (alone (post 1 :m) (receive-timeout 100000 :m -> :matched timeout -> :late)))))

(deftest other-messages-do-not-lengthen-a-timeout
  (is (= :late (alone (let [me (self)
                            noise (spawn (fn again [] (send me :noise) (sleep 1) (again)))
                            outcome (receive-timeout 20 :never -> 1 timeout -> :late)]
                        (exit noise :enough)
                        outcome)))))

(deftest a-receive-with-only-a-timeout-sleeps
  (is (= :awake (alone (post :x) (receive-timeout 1 timeout -> :awake)))))

(deftest a-message-to-the-dead-is-dropped
  (is (= :ok (alone (let [pid (spawn (fn [] nil))] (wait pid) (send pid :hello))))))

(deftest a-message-to-a-name-that-nobody-has-crashes
  (is (= :call (try (send :otp-nobody :hello) (catch {:kind kind} -> kind)))))

(deftest messages-to-oneself-arrive
  (is (= :me (alone (send (self) :me) (receive m -> m)))))

(deftest messages-to-many-do-not-mix
  (is (= (range 50) (alone (let [me (self)
                                 pids (mapv (fn [n] (spawn (fn [] (receive [:go k] -> (send me [n k]))))) (range 50))]
                             (doseq [[n pid] (map-indexed vector pids)] (send pid [:go n]))
                             (sort (mapv (fn [_] (receive [n k] when (= n k) -> n)) (range 50))))))))

(deftest a-reference-finds-its-answer-behind-many
  (is (= :answer (alone (dotimes [n 20000] (send (self) [:noise n]))
                        (let [pid (spawn (fn [] (receive [from tag] -> (send from [tag :answer]))))
                              ref (monitor (spawn (fn [] (receive :never -> nil))))]
                          (send pid [(self) ref])
                          (receive [~ref what] -> what))))))

(deftest an-actor-keeps-what-its-loop-refuses
  (is (= [1 2 3] (alone (let [me (self)]
                          (defactor gate [open]
                            (receive
                              :open -> (recur true)
                              [:pass n] when open -> (send me n)))
                          (let [pid (spawn gate false)]
                            (doseq [n [1 2 3]] (send pid [:pass n]))
                            (send pid :open)
                            (mapv (fn [_] (receive n -> n)) (range 3))))))))

(deftest mailbox-size-counts-what-waits
  (is (= [0 3 2] (alone (let [before (mailbox-size (self))]
                          (post 1 2 3)
                          (let [full (mailbox-size (self))]
                            (receive 2 -> nil)
                            [before full (mailbox-size (self))]))))))
