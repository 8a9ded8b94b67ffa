;; Monitors. Restates: Erlang Reference Manual, "Processes", section on monitors;
;; `erlang:monitor/2`, `erlang:demonitor/1,2`, `erlang:spawn_monitor/1`.
(ns otp.monitors)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn waiting []
  (spawn (fn [] (receive :stop -> nil [:end reason] -> (exit reason)))))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(deftest down-comes-with-reference-pid-and-reason
  (is (= true (alone (let [pid (waiting)
                           ref (monitor pid)]
                       (send pid [:end :tired])
                       (= [:down ref pid :tired] (receive m -> m)))))))

(deftest a-normal-end-is-told-too
  (is (= :normal (alone (let [pid (waiting)
                              ref (monitor pid)]
                          (send pid :stop)
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest the-dead-are-told-as-noproc
  (is (= :noproc (alone (let [pid (waiting)]
                          (send pid :stop)
                          (wait pid)
                          (let [ref (monitor pid)]
                            (receive [:down ~ref ~pid reason] -> reason)))))))

(deftest a-name-that-nobody-has-is-told-as-noproc
  (is (= [:otp-nobody :noproc]
         (alone (let [ref (monitor :otp-nobody)]
                  (receive [:down ~ref who reason] -> [who reason]))))))

(deftest a-monitor-by-name-watches-who-has-it-now
  (is (= :over (alone (let [pid (waiting)]
                        (register :otp-watched pid)
                        (let [ref (monitor :otp-watched)]
                          (unregister :otp-watched)
                          (send pid [:end :over])
                          (receive [:down ~ref _ reason] -> reason)))))))

(deftest monitors-are-one-way
  (is (= :alive (alone (let [pid (waiting)
                             watcher (spawn (fn [] (monitor pid) (exit :broken)))]
                         (wait watcher)
                         (let [ref (monitor pid)]
                           (if (alive? pid) :alive :dead)))))))

(deftest each-monitor-tells-once
  (is (= 3 (alone (let [pid (waiting)
                        refs (set (mapv (fn [_] (monitor pid)) (range 3)))]
                    (send pid :stop)
                    (wait pid)
                    (let [told (set (mapv (fn [_] (receive [:down ref _ :normal] -> ref)) (range 3)))]
                      (if (and (= told refs) (= [] (flushed))) (count told) :wrong)))))))

(deftest references-differ
  (is (= 2 (alone (let [pid (waiting)] (count (set [(monitor pid) (monitor pid)])))))))

(deftest nothing-comes-after-demonitor
  (is (= [] (alone (let [pid (waiting)
                         ref (monitor pid)]
                     (demonitor ref)
                     (send pid :stop)
                     (wait pid)
                     (flushed))))))

(defn until-mail
  "Waits until so many messages lie in the mailbox, and takes none."
  [n]
  (when (< (mailbox-size (self)) n) (recur n)))

(deftest demonitor-leaves-a-message-that-has-come
  (is (= [:down] (alone (let [pid (waiting)
                              ref (monitor pid)]
                          (send pid :stop)
                          (until-mail 1)
                          (demonitor ref)
                          (mapv first (flushed)))))))

(deftest demonitor-with-flush-takes-the-message-out
  (is (= [:before :after] (alone (let [pid (waiting)
                                       ref (monitor pid)]
                                   (send (self) :before)
                                   (send pid :stop)
                                   (until-mail 2)
                                   (send (self) :after)
                                   (demonitor ref :flush)
                                   (flushed))))))

(deftest flush-takes-no-other-monitors-message
  (is (= 1 (alone (let [pid (waiting)
                        [first-ref second-ref] [(monitor pid) (monitor pid)]]
                    (send pid :stop)
                    (wait pid)
                    (demonitor first-ref :flush)
                    (receive [:down ~second-ref _ _] -> nil)
                    (inc (count (flushed))))))))

(deftest demonitor-twice-does-nothing
  (is (= [:ok :ok] (alone (let [ref (monitor (waiting))] [(demonitor ref) (demonitor ref)])))))

(deftest demonitor-of-one-leaves-the-others
  (is (= [true []] (alone (let [pid (waiting)
                                [first-ref second-ref] [(monitor pid) (monitor pid)]]
                            (demonitor first-ref)
                            (send pid :stop)
                            (let [told (receive [:down ref _ _] -> ref)]
                              (wait pid)
                              [(= told second-ref) (flushed)]))))))

(deftest demonitor-wants-a-reference
  (is (= :type (try (demonitor :no) (catch {:kind kind} -> kind)))))

(deftest spawn-monitor-holds-before-the-child-runs
  (is (= #{:at-once}
         (alone (set (mapv (fn [_] (let [[pid ref] (spawn-monitor (fn [] (exit :at-once)))]
                                     (receive [:down ~ref ~pid reason] -> reason)))
                           (range 200)))))))

(deftest a-monitor-of-oneself-tells-nothing
  (is (= [] (alone (monitor (self)) (flushed)))))

(deftest a-killed-actor-is-told-as-killed
  (is (= :killed (alone (let [pid (waiting)
                              ref (monitor pid)]
                          (exit pid :kill)
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest down-comes-behind-what-the-actor-sent
  (is (= [1 2 :down]
         (alone (let [me (self)
                      [pid ref] (spawn-monitor (fn [] (send me 1) (send me 2)))]
                  (mapv (fn [_] (receive [:down ~ref _ _] -> :down m -> m)) (range 3)))))))

(deftest a-fault-is-the-reason
  (is (= :divide-by-zero
         (alone (let [[pid ref] (spawn-monitor (fn [] (binding [*err* *out*] nil) (exit (try (/ 1 0) (catch e -> e)))))]
                  (receive [:down ~ref _ {:kind kind}] -> kind))))))
