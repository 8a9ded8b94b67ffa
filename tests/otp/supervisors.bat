;; Supervisors: starting and stopping, kinds of restart, strategies. Restates: `supervisor`
;; (start_link, strategies, restart types, shutdown); OTP Design Principles, "Supervisor Behaviour".
(ns otp.supervisors)

(defmacro alone [& body]
  `(async/await (future (trap-exit true) (reset! sink (self)) ~@body) 10000))

(def sink (atom nil))

;; It tells the test that started it, even while the next one runs.
(defactor worker [name test]
  (init [n] (send @sink [:up n]) [n @sink])
  (terminate [reason] (send test [:end name reason]))
  (receive
    [:end reason] -> (exit reason)
    :ask -> (reply name)))

(defn events [n]
  (mapv (fn [_] (receive [:up who] -> [:up who] [:end who reason] -> [:end who reason])) (range n)))

(defn ups [n]
  (mapv (fn [_] (receive [:up who] -> who)) (range n)))

(defn pid-of [s id]
  (:pid (first (filter (fn [child] (= id (:id child))) (supervisor/which-children s)))))

(defn end-of
  "Ends an actor with a reason and waits for it."
  [pid reason]
  (let [ref (monitor pid)]
    (send pid [:end reason])
    (receive [:down ~ref _ told] -> told)))

(defn reason-of-end [pid]
  (let [ref (monitor pid)]
    (receive [:down ~ref _ reason] -> reason)))

(defsupervisor three
  :strategy :one-for-one
  :children [{:id :a :start (spawn worker :a)}
             {:id :b :start (spawn worker :b)}
             {:id :c :start (spawn worker :c)}])

(defsupervisor all-three
  :strategy :one-for-all
  :children [{:id :a :start (spawn worker :a)}
             {:id :b :start (spawn worker :b)}
             {:id :c :start (spawn worker :c)}])

(defsupervisor rest-of-three
  :strategy :rest-for-one
  :children [{:id :a :start (spawn worker :a)}
             {:id :b :start (spawn worker :b)}
             {:id :c :start (spawn worker :c)}])

(defsupervisor kinds
  :max-restarts 10
  :children [{:id :permanent :start (spawn worker :permanent) :restart :permanent}
             {:id :transient :start (spawn worker :transient) :restart :transient}
             {:id :temporary :start (spawn worker :temporary) :restart :temporary}])

(deftest children-start-in-order
  (is (= [:a :b :c] (alone (spawn-link three) (ups 3)))))

(deftest spawn-returns-when-all-inits-have
  (is (= 3 (alone (spawn three) (mailbox-size (self))))))

(deftest each-init-returns-before-the-next-starts
  (is (= [[:up :slow] [:up :b]]
         (alone (let [pid (supervisor/start-link
                           {:children [{:id :slow :start (fn [] (spawn-link slow :slow))}
                                       {:id :b :start (fn [] (spawn-link worker :b))}]})]
                  (events 2))))))

(defactor slow [name]
  (init [n] (sleep 20) (send @sink [:up n]) n)
  (receive :ask -> (reply name)))

(deftest children-stop-in-reverse-order-then-the-supervisor
  (is (= [[:end :c :shutdown] [:end :b :shutdown] [:end :a :shutdown] :shutdown]
         (alone (let [s (spawn three)]
                  (ups 3)
                  (exit s :shutdown)
                  (let [told (reason-of-end s)] (conj (events 3) told)))))))

(deftest another-reason-stops-them-too
  (is (= [:deploy [:end :c :shutdown]]
         (alone (let [s (spawn three)]
                  (ups 3)
                  (exit s :deploy)
                  [(reason-of-end s) (first (events 1))])))))

(deftest the-end-of-the-parent-ends-the-supervisor
  (is (= [:parent-gone [:end :c :shutdown]]
         (alone (let [me (self)
                      parent (spawn (fn [] (send me (spawn-link three)) (receive [:end reason] -> (exit reason))))
                      s (receive pid when (pid? pid) -> pid)
                      ref (monitor s)]
                  (ups 3)
                  (send parent [:end :parent-gone])
                  [(receive [:down ~ref _ reason] -> reason) (first (events 1))])))))

(deftest a-normal-end-of-the-parent-ends-it-too
  (is (= :normal (alone (let [me (self)]
                          (spawn (fn [] (send me (spawn-link three)) (receive :stop -> nil)) )
                          (let [s (receive pid when (pid? pid) -> pid)
                                ref (monitor s)
                                parent (first (supervisor-parents s))]
                            (send parent :stop)
                            (receive [:down ~ref _ reason] -> reason)))))))

(defn supervisor-parents [s]
  (filter (fn [pid] (not (some #{pid} (map :pid (supervisor/which-children s))))) (:links (inspect s))))

(deftest a-normal-exit-signal-of-a-stranger-is-ignored
  (is (= :a (alone (let [s (spawn three)]
                     (exit s :normal)
                     (call (pid-of s :a) :ask))))))

(deftest a-killed-supervisor-takes-its-children-along
  (is (= #{:killed} (alone (let [s (spawn three)
                                 pids (mapv :pid (supervisor/which-children s))
                                 refs (mapv monitor pids)]
                             (exit s :kill)
                             (set (mapv (fn [ref] (receive [:down ~ref _ reason] -> reason)) refs)))))))

(deftest which-children-in-the-order-of-start
  (is (= [[:a :worker :permanent true] [:b :worker :permanent true] [:c :worker :permanent true]]
         (alone (let [s (spawn three)]
                  (mapv (fn [child] [(:id child) (:type child) (:restart child) (alive? (:pid child))])
                        (supervisor/which-children s)))))))

(deftest one-for-one-starts-only-the-one-that-ended
  (is (= [:b true false]
         (alone (let [s (spawn three)
                      [a b] [(pid-of s :a) (pid-of s :b)]]
                  (ups 3)
                  (end-of b :broken)
                  (let [again (first (ups 1))]
                    [again (= a (pid-of s :a)) (= b (pid-of s :b))]))))))

(deftest one-for-all-stops-the-others-in-reverse-and-starts-all
  (is (= [[:end :b :broken] [:end :c :shutdown] [:end :a :shutdown] [:up :a] [:up :b] [:up :c]]
         (alone (let [s (spawn all-three)]
                  (ups 3)
                  (end-of (pid-of s :b) :broken)
                  (events 6))))))

(deftest rest-for-one-stops-and-starts-those-behind
  (is (= [[:end :b :broken] [:end :c :shutdown] [:up :b] [:up :c]]
         (alone (let [s (spawn rest-of-three)]
                  (ups 3)
                  (end-of (pid-of s :b) :broken)
                  (events 4))))))

(deftest rest-for-one-of-the-last-is-one-for-one
  (is (= [[:end :c :broken] [:up :c]]
         (alone (let [s (spawn rest-of-three)]
                  (ups 3)
                  (end-of (pid-of s :c) :broken)
                  (events 2))))))

(deftest rest-for-one-of-the-first-is-one-for-all
  (is (= [[:end :a :broken] [:end :c :shutdown] [:end :b :shutdown] [:up :a] [:up :b] [:up :c]]
         (alone (let [s (spawn rest-of-three)]
                  (ups 3)
                  (end-of (pid-of s :a) :broken)
                  (events 6))))))

(defn again-after
  "Does the child of `kinds` start again after it ended with the reason?"
  [id reason]
  (let [s (spawn kinds)
        pid (pid-of s id)]
    (ups 3)
    (end-of pid reason)
    (let [now (pid-of s id)] (and (pid? now) (not= now pid)))))

(deftest a-permanent-child-starts-again-after-any-end
  (is (= [true true true true]
         (alone (mapv (fn [reason] (again-after :permanent reason)) [:normal :shutdown [:shutdown 1] :broken])))))

(deftest a-transient-child-starts-again-after-an-abnormal-end
  (is (= [false false false true]
         (alone (mapv (fn [reason] (again-after :transient reason)) [:normal :shutdown [:shutdown 1] :broken])))))

(deftest a-temporary-child-never-starts-again
  (is (= [false false]
         (alone (mapv (fn [reason] (again-after :temporary reason)) [:normal :broken])))))

(deftest a-transient-child-that-ended-stays-known
  (is (= [:permanent :transient :temporary]
         (alone (let [s (spawn kinds)]
                  (end-of (pid-of s :transient) :normal)
                  (mapv :id (supervisor/which-children s)))))))

(deftest a-temporary-child-that-ended-is-forgotten
  (is (= [:permanent :transient]
         (alone (let [s (spawn kinds)]
                  (end-of (pid-of s :temporary) :broken)
                  (mapv :id (supervisor/which-children s)))))))

(deftest a-killed-child-starts-again
  (is (= true (alone (let [s (spawn three)
                           pid (pid-of s :a)]
                       (ups 3)
                       (exit pid :kill)
                       (reason-of-end pid)
                       (ups 1)
                       (not= pid (pid-of s :a)))))))

(deftest temporary-siblings-are-forgotten-by-one-for-all
  (is (= [:a]
         (alone (let [s (supervisor/start-link
                         {:strategy :one-for-all
                          :children [{:id :a :start (fn [] (spawn-link worker :a))}
                                     {:id :t :start (fn [] (spawn-link worker :t)) :restart :temporary}]})]
                  (ups 2)
                  (end-of (pid-of s :a) :broken)
                  (receive [:up :a] -> nil)
                  (mapv :id (supervisor/which-children s)))))))

(deftest a-failed-init-stops-what-was-started
  (is (= [[:shutdown [:failed-to-start-child :bad :no-way]] [[:up :a] [:end :a :shutdown]]]
         (alone (let [reason (try (supervisor/start-link
                                   {:children [{:id :a :start (fn [] (spawn-link worker :a))}
                                               {:id :bad :start (fn [] (spawn-link failing))}
                                               {:id :c :start (fn [] (spawn-link worker :c))}]})
                               (catch {:data {:reason reason}} -> reason))]
                  [reason (events 2)])))))

(defactor failing [n]
  (init [] (exit :no-way))
  (receive :never -> nil))

(deftest a-failed-start-ends-a-parent-that-does-not-trap
  (is (= [:shutdown [:failed-to-start-child :bad :no-way]]
         (alone (let [[_ ref] (spawn-monitor (fn []
                                               (supervisor/start-link
                                                {:children [{:id :bad :start (fn [] (spawn-link failing))}]})))]
                  (receive [:down ~ref _ reason] -> reason))))))

(deftest a-start-may-say-ignore
  (is (= [[:none nil] [:a true]]
         (alone (let [s (supervisor/start-link
                         {:children [{:id :none :start (fn [] :ignore)}
                                     {:id :a :start (fn [] (spawn-link worker :a))}]})]
                  (mapv (fn [child] [(:id child) (when (:pid child) true)]) (supervisor/which-children s)))))))

(deftest a-start-that-gives-no-pid-fails
  (is (= [:shutdown [:failed-to-start-child :x [:bad-return-value 5]]]
         (alone (try (supervisor/start-link {:children [{:id :x :start (fn [] 5)}]})
                  (catch {:data {:reason reason}} -> reason))))))

(deftest a-start-that-only-spawns-is-linked
  (is (= :killed (alone (let [s (supervisor/start-link {:children [{:id :x :start (fn [] (spawn worker :x))}]})
                              ref (monitor (pid-of s :x))]
                          (unlink s)
                          (exit s :kill)
                          (receive [:down ~ref _ reason] -> reason))))))

(defsupervisor named
  :max-restarts 10
  :children [{:id :a :start (spawn worker :a) :name :otp-named}])

(deftest a-name-is-registered-at-each-start
  (is (= [:a :a true]
         (alone (let [s (spawn named)
                      before (whereis :otp-named)
                      answer (call :otp-named :ask)]
                  (ups 1)
                  (end-of before :broken)
                  (ups 1)
                  (supervisor/which-children s)
                  (let [seen [answer (call :otp-named :ask) (not= before (whereis :otp-named))]]
                    (exit s :shutdown)
                    (reason-of-end s)
                    seen))))))

(deftest a-name-that-is-taken-is-a-failed-start
  (is (= true (alone (let [other (spawn worker :other)]
                       (register :otp-named other)
                       (let [reason (try (spawn named) (catch {:data {:reason reason}} -> reason))]
                         (exit other :kill)
                         (wait other)
                         (match reason
                           [:shutdown [:failed-to-start-child :a {:kind :call}]] -> true
                           other -> other)))))))
