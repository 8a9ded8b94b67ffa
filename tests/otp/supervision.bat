;; Supervisors: intensity, shutdown times, trees, children that come and go. Restates:
;; `supervisor` (intensity and period, shutdown, start_child, terminate_child, restart_child,
;; delete_child, which_children, count_children, simple_one_for_one); OTP Design Principles,
;; "Supervisor Behaviour".
(ns otp.supervision)

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

(defn stubborn [test]
  (trap-exit true)
  (send test [:up :stubborn])
  (receive :never -> nil))

(defn polite [test]
  (trap-exit true)
  (send test [:up :polite])
  (receive [:exit _ reason] -> (send test [:told :a reason])))

(defactor trapping [n test]
  (init [test] (trap-exit true) (send test [:up :trapping]) [0 test])
  (terminate [reason] (send test [:terminated n reason]))
  (receive
    :up -> (recur (inc n) test)
    [:exit _ reason] -> (do (send test [:seen reason]) nil)))

(defn ups [n]
  (mapv (fn [_] (receive [:up who] -> who)) (range n)))

(defn child [id & options]
  (into {:id id :start (fn [] (spawn-link worker id))} (apply hash-map options)))

(defn pid-of [s id]
  (:pid (first (filter (fn [child] (= id (:id child))) (supervisor/which-children s)))))

(defn end-of [pid reason]
  (let [ref (monitor pid)]
    (send pid [:end reason])
    (receive [:down ~ref _ told] -> told)))

(defn stop
  "Stops a supervisor; its reason."
  [s]
  (let [ref (monitor s)]
    (exit s :shutdown)
    (receive [:down ~ref _ reason] -> reason)))

(deftest more-restarts-than-allowed-end-the-supervisor
  (is (= :shutdown (alone (let [s (supervisor/start-link {:max-restarts 2 :max-seconds 60 :children [(child :a)]})
                                ref (monitor s)]
                            (dotimes [_ 3]
                              (ups 1)
                              (end-of (pid-of s :a) :broken))
                            (receive [:down ~ref _ reason] -> reason))))))

(deftest as-many-restarts-as-allowed-do-not
  (is (= :a (alone (let [s (supervisor/start-link {:max-restarts 2 :max-seconds 60 :children [(child :a)]})]
                     (dotimes [_ 2]
                       (ups 1)
                       (end-of (pid-of s :a) :broken))
                     (ups 1)
                     (call (pid-of s :a) :ask))))))

(deftest without-restarts-the-first-end-is-too-many
  (is (= :shutdown (alone (let [s (supervisor/start-link {:max-restarts 0 :children [(child :a)]})
                                ref (monitor s)]
                            (end-of (pid-of s :a) :broken)
                            (receive [:down ~ref _ reason] -> reason))))))

(deftest restarts-of-all-children-count-together
  (is (= :shutdown (alone (let [s (supervisor/start-link {:max-restarts 1 :max-seconds 60 :children [(child :a) (child :b)]})
                                ref (monitor s)]
                            (end-of (pid-of s :a) :broken)
                            (end-of (pid-of s :b) :broken)
                            (receive [:down ~ref _ reason] -> reason))))))

(deftest ends-without-restart-do-not-count
  (is (= :a (alone (let [s (supervisor/start-link
                            {:max-restarts 0
                             :children [(child :a) (child :t :restart :temporary) (child :n :restart :transient)]})]
                     (end-of (pid-of s :t) :broken)
                     (end-of (pid-of s :n) :normal)
                     (call (pid-of s :a) :ask))))))

(deftest giving-up-stops-the-other-children
  (is (= [:b :shutdown] (alone (let [s (supervisor/start-link {:max-restarts 0 :children [(child :a) (child :b)]})]
                                 (end-of (pid-of s :a) :broken)
                                 (receive [:end :b reason] -> [:b reason]))))))

(deftest restarts-that-are-long-ago-do-not-count
  (is (= :a (alone (let [s (supervisor/start-link {:max-restarts 1 :max-seconds 1 :children [(child :a)]})]
                     (dotimes [_ 2]
                       (ups 1)
                       (end-of (pid-of s :a) :broken)
                       (sleep 1100))
                     (call (pid-of s :a) :ask))))))

(deftest a-restart-that-fails-is-tried-again-and-counts
  (is (= [:shutdown 4]
         (alone (let [tries (atom 0)
                      s (supervisor/start-link
                         {:max-restarts 3
                          :children [{:id :a :start (fn []
                                                      (if (= 1 (swap! tries inc))
                                                        (spawn-link worker :a)
                                                        (exit-start)))}]})
                      ref (monitor s)]
                  (end-of (pid-of s :a) :broken)
                  [(receive [:down ~ref _ reason] -> reason) @tries])))))

(defn exit-start []
  (throw :cannot))

(deftest a-restart-that-fails-at-first-succeeds-later
  (is (= :a (alone (let [tries (atom 0)
                         s (supervisor/start-link
                            {:max-restarts 5
                             :children [{:id :a :start (fn []
                                                         (if (<= 2 (swap! tries inc) 3)
                                                           (exit-start)
                                                           (spawn-link worker :a)))}]})]
                     (ups 1)
                     (end-of (pid-of s :a) :broken)
                     (ups 1)
                     (call (pid-of s :a) :ask))))))

(deftest brutal-kill-kills
  (is (= :killed (alone (let [s (supervisor/start-link {:children [(child :a :shutdown :brutal-kill)]})
                              ref (monitor (pid-of s :a))]
                          (exit s :shutdown)
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest who-does-not-stop-in-time-is-killed
  (is (= :killed (alone (let [s (supervisor/start-link
                                 {:children [{:id :a :start (fn [] (spawn-link stubborn @sink)) :shutdown 10}]})
                              _ (ups 1)
                              ref (monitor (pid-of s :a))]
                          (exit s :shutdown)
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest who-traps-is-told-and-may-stop-itself
  (is (= [:a :shutdown] (alone (let [s (supervisor/start-link
                                        {:children [{:id :a :start (fn [] (spawn-link polite @sink)) :shutdown :infinity}]})]
                                 (ups 1)
                                 (exit s :shutdown)
                                 (receive [:told name reason] -> [name reason]))))))

;; As gen_server: the parent's exit signal ends the loop, behind the messages that came before it.
(deftest a-definition-that-traps-terminates-when-its-supervisor-stops-it
  (is (= [:terminated 2 :shutdown]
         (alone (let [s (supervisor/start-link {:children [{:id :a :start (fn [] (spawn-link trapping @sink))}]})
                      pid (pid-of s :a)]
                  (send pid :up)
                  (send pid :up)
                  (stop s)
                  (receive [:seen reason] -> [:seen reason] [:terminated n reason] -> [:terminated n reason]))))))

(deftest a-definition-that-traps-still-gets-other-exit-signals
  (is (= :x (alone (let [s (supervisor/start-link {:children [{:id :a :start (fn [] (spawn-link trapping @sink))}]})]
                     (exit (pid-of s :a) :x)
                     (receive [:seen reason] -> reason))))))

(deftest a-tree-stops-from-the-last-leaf-up
  (is (= [:d :c :b :a]
         (alone (let [s (spawn outer)]
                  (ups 4)
                  (stop s)
                  (mapv (fn [_] (receive [:end name :shutdown] -> name)) (range 4)))))))

(defsupervisor inner
  :children [{:id :b :start (spawn worker :b)}
             {:id :c :start (spawn worker :c)}])

(defsupervisor outer
  :children [{:id :a :start (spawn worker :a)}
             {:id :inner :start (spawn inner)}
             {:id :d :start (spawn worker :d)}])

(deftest a-supervisor-among-children-is-shown-as-one
  (is (= [:worker :supervisor :worker] (alone (mapv :type (supervisor/which-children (spawn outer)))))))

(deftest a-supervisor-that-gives-up-is-started-again-by-its-parent
  (is (= [:b :c] (alone (let [s (spawn outer)]
                          (ups 4)
                          (let [pid (pid-of s :inner)
                                ref (monitor pid)]
                            (exit pid :give-up)
                            (receive [:down ~ref _ _] -> nil)
                            (ups 2)))))))

(deftest failure-climbs-the-tree
  (is (= :shutdown
         (alone (let [top (supervisor/start-link
                           {:max-restarts 0
                            :children [{:id :low
                                        :start (fn [] (supervisor/start-link {:max-restarts 0 :children [(child :a)]}))}]})
                      ref (monitor top)
                      low (pid-of top :low)]
                  (end-of (pid-of low :a) :broken)
                  (receive [:down ~ref _ reason] -> reason))))))

(deftest a-failed-start-below-fails-above
  (is (= [:shutdown [:failed-to-start-child :low [:shutdown [:failed-to-start-child :x :cannot]]]]
         (alone (try (supervisor/start-link
                      {:children [{:id :low
                                   :start (fn [] (supervisor/start-link {:children [{:id :x :start exit-start}]}))}]})
                  (catch {:data {:reason reason}} -> reason))))))

(deftest start-child-adds-one
  (is (= [true [:a :b]]
         (alone (let [s (supervisor/start-link {:children [(child :a)]})
                      {pid :ok} (supervisor/start-child s {:id :b :start (spawn worker :b)})]
                  [(= :b (call pid :ask)) (mapv :id (supervisor/which-children s))])))))

(deftest an-id-that-runs-is-already-started
  (is (= true (alone (let [s (supervisor/start-link {:children [(child :a)]})]
                       (= {:error [:already-started (pid-of s :a)]}
                          (supervisor/start-child s {:id :a :start (spawn worker :a)})))))))

(deftest an-id-that-is-stopped-is-already-present
  (is (= {:error :already-present}
         (alone (let [s (supervisor/start-link {:children [(child :a)]})]
                  (supervisor/stop-child s :a)
                  (supervisor/start-child s {:id :a :start (spawn worker :a)}))))))

(deftest a-start-child-that-fails-leaves-nothing
  (is (= [{:error :cannot} []]
         (alone (let [s (supervisor/start-link {})]
                  [(supervisor/start-child s {:id :x :start (exit-start)}) (supervisor/which-children s)])))))

(deftest a-wrong-specification-is-an-error-and-the-supervisor-lives
  (is (= [:type :a]
         (alone (let [s (supervisor/start-link {:children [(child :a)]})
                      {{kind :kind} :error} (supervisor/start-child s {:id :x})]
                  [kind (call (pid-of s :a) :ask)])))))

(deftest an-added-child-is-restarted-as-any
  (is (= :b (alone (let [s (supervisor/start-link {})
                         {pid :ok} (supervisor/start-child s {:id :b :start (spawn worker :b)})]
                     (ups 1)
                     (end-of pid :broken)
                     (ups 1)
                     (call (pid-of s :b) :ask))))))

(deftest stop-child-stops-and-keeps
  (is (= [:ok [[:a nil]]]
         (alone (let [s (supervisor/start-link {:children [(child :a)]})]
                  [(supervisor/stop-child s :a)
                   (mapv (fn [child] [(:id child) (:pid child)]) (supervisor/which-children s))])))))

(deftest stop-child-of-a-temporary-one-forgets-it
  (is (= [] (alone (let [s (supervisor/start-link {:children [(child :a :restart :temporary)]})]
                     (supervisor/stop-child s :a)
                     (supervisor/which-children s))))))

(deftest stop-child-of-nobody-is-not-found
  (is (= {:error :not-found} (alone (supervisor/stop-child (supervisor/start-link {}) :nobody)))))

(deftest restart-child-starts-one-that-was-stopped
  (is (= :a (alone (let [s (supervisor/start-link {:children [(child :a)]})]
                     (supervisor/stop-child s :a)
                     (call (:ok (supervisor/restart-child s :a)) :ask))))))

(deftest restart-child-of-one-that-runs-is-running
  (is (= [{:error :running} {:error :not-found}]
         (alone (let [s (supervisor/start-link {:children [(child :a)]})]
                  [(supervisor/restart-child s :a) (supervisor/restart-child s :nobody)])))))

(deftest delete-child-forgets-one-that-was-stopped
  (is (= [{:error :running} :ok [] {:error :not-found}]
         (alone (let [s (supervisor/start-link {:children [(child :a)]})
                      running (supervisor/delete-child s :a)]
                  (supervisor/stop-child s :a)
                  [running (supervisor/delete-child s :a) (supervisor/which-children s)
                   (supervisor/delete-child s :a)])))))

(deftest count-children-counts
  (is (= {:specs 3 :active 2 :supervisors 1 :workers 2}
         (alone (let [s (spawn outer)]
                  (supervisor/stop-child s :a)
                  (supervisor/count-children s))))))

(defsupervisor pool
  :strategy :simple-one-for-one
  :max-restarts 10
  :children [{:id :any :start (spawn worker)}])

(deftest simple-one-for-one-starts-nobody-at-first
  (is (= [] (alone (supervisor/which-children (spawn pool))))))

(deftest simple-one-for-one-starts-with-further-arguments
  (is (= [1 2 3] (alone (let [s (spawn pool)]
                          (mapv (fn [n] (call (:ok (supervisor/start-child s n)) :ask)) [1 2 3]))))))

(deftest simple-one-for-one-starts-again-with-the-same-arguments
  (is (= [7 1] (alone (let [s (spawn pool)
                            {pid :ok} (supervisor/start-child s 7)]
                        (ups 1)
                        (end-of pid :broken)
                        [(first (ups 1)) (count (supervisor/which-children s))])))))

(deftest simple-one-for-one-shows-no-ids
  (is (= [nil] (alone (let [s (spawn pool)] (supervisor/start-child s 1) (mapv :id (supervisor/which-children s)))))))

(deftest simple-one-for-one-stops-by-pid
  (is (= [:ok [] {:error :not-found}]
         (alone (let [s (spawn pool)
                      {pid :ok} (supervisor/start-child s 1)]
                  [(supervisor/stop-child s pid) (supervisor/which-children s) (supervisor/stop-child s pid)])))))

(deftest simple-one-for-one-has-nothing-to-restart-or-delete
  (is (= [{:error :simple-one-for-one} {:error :simple-one-for-one}]
         (alone (let [s (spawn pool)] [(supervisor/restart-child s :any) (supervisor/delete-child s :any)])))))

(deftest simple-one-for-one-stops-all-at-its-end
  (is (= #{1 2 3} (alone (let [s (spawn pool)]
                           (doseq [n [1 2 3]] (supervisor/start-child s n))
                           (stop s)
                           (set (mapv (fn [_] (receive [:end n :shutdown] -> n)) (range 3))))))))

(defn complaint [options]
  (try (supervisor/definition "s" options) (catch e -> (ex-message e))))

(deftest specifications-are-checked
  (is (= ["supervisor `s`: :strategy is :one-for-al; did you mean :one-for-all?"
          "supervisor `s`: it has no :max-restart; did you mean :max-restarts?"
          "supervisor `s`: two children have the :id :a"
          "supervisor `s`: child :a has no :start"
          "supervisor `s`: child :a has no :restrat; did you mean :restart?"
          "supervisor `s`: :restart of child :a is :always; there are :permanent, :transient, :temporary"
          "supervisor `s`: :shutdown of child :a is :soon, not milliseconds, :brutal-kill or :infinity"
          "supervisor `s`: :max-restarts is -1, not a number from 0 on"
          "supervisor `s`: a child has no :id: its keys are :start"
          "supervisor `s`: :simple-one-for-one has one child, the pattern of all, not 0"]
         (mapv complaint
               [{:strategy :one-for-al}
                {:max-restart 1}
                {:children [(child :a) (child :a)]}
                {:children [{:id :a}]}
                {:children [(child :a :restrat :permanent)]}
                {:children [(child :a :restart :always)]}
                {:children [(child :a :shutdown :soon)]}
                {:max-restarts -1}
                {:children [{:start inc}]}
                {:strategy :simple-one-for-one}]))))
