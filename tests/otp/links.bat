;; Links. Restates: Erlang Reference Manual, "Processes", sections on links and on sending and
;; receiving exit signals; `erlang:link/1`, `erlang:unlink/1`, `erlang:spawn_link/1`.
(ns otp.links)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn waiting []
  (spawn (fn [] (receive :stop -> nil [:end reason] -> (exit reason)))))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(defn reason-of
  "The reason with which an actor that runs f ends."
  [f]
  (let [[pid ref] (spawn-monitor f)]
    (receive [:down ~ref ~pid reason] -> reason)))

(deftest an-abnormal-end-ends-the-linked
  (is (= :broken (alone (reason-of (fn [] (spawn-link (fn [] (exit :broken))) (receive :never -> nil)))))))

(deftest the-reason-travels-unchanged
  (is (= [:shutdown {:a 1}]
         (alone (reason-of (fn [] (spawn-link (fn [] (exit [:shutdown {:a 1}]))) (receive :never -> nil)))))))

(deftest a-normal-end-leaves-the-linked-alone
  (is (= :alive (alone (let [pid (spawn-link (fn [] :done))]
                         (wait pid)
                         :alive)))))

(deftest a-link-works-in-both-directions
  (is (= :parent-gone
         (alone (let [me (self)
                      parent (spawn (fn []
                                      (send me (spawn-link (fn [] (receive :never -> nil))))
                                      (receive :go -> (exit :parent-gone))))
                      child (receive pid -> pid)
                      ref (monitor child)]
                  (send parent :go)
                  (receive [:down ~ref _ reason] -> reason))))))

(deftest a-chain-of-links-falls-as-a-whole
  (is (= [:first :first :first]
         (alone (let [me (self)
                      chain (fn chain [n]
                              (when (pos? n) (send me (spawn-link chain (dec n))))
                              (receive [:end reason] -> (exit reason)))
                      first-one (spawn chain 2)
                      pids [first-one (receive pid -> pid) (receive pid -> pid)]
                      refs (mapv monitor pids)]
                  (send first-one [:end :first])
                  (mapv (fn [ref] (receive [:down ~ref _ reason] -> reason)) refs))))))

(deftest linking-twice-is-one-link
  (is (= 1 (alone (trap-exit true)
                  (let [pid (waiting)]
                    (link pid)
                    (link pid)
                    (send pid :stop)
                    (wait pid)
                    (receive [:exit ~pid _] -> nil)
                    (inc (count (flushed))))))))

(deftest one-unlink-takes-two-links-back
  (is (= [] (alone (trap-exit true)
                   (let [pid (waiting)]
                     (link pid)
                     (link pid)
                     (unlink pid)
                     (exit pid :gone)
                     (wait pid)
                     (flushed))))))

(deftest linking-to-oneself-does-nothing
  (is (= [:ok []] (alone (trap-exit true) [(link (self)) (flushed)]))))

(deftest a-link-to-the-dead-is-an-exit-signal-noproc
  (is (= :noproc (alone (trap-exit true)
                        (let [pid (spawn (fn [] nil))]
                          (wait pid)
                          (link pid)
                          (receive [:exit ~pid reason] -> reason))))))

(deftest a-link-to-the-dead-ends-who-does-not-trap
  (is (= :noproc (alone (reason-of (fn []
                                     (let [pid (spawn (fn [] nil))]
                                       (wait pid)
                                       (link pid)
                                       (receive :never -> nil))))))))

(deftest unlink-of-a-stranger-does-nothing
  (is (= :ok (alone (unlink (waiting))))))

(deftest unlink-of-the-dead-does-nothing
  (is (= :ok (alone (let [pid (spawn (fn [] nil))] (wait pid) (unlink pid))))))

(deftest nothing-comes-over-a-link-after-unlink
  (is (= [] (alone (trap-exit true)
                   (let [pid (spawn-link (fn [] (receive [:end reason] -> (exit reason))))]
                     (unlink pid)
                     (send pid [:end :broken])
                     (wait pid)
                     (flushed))))))

(deftest unlink-does-not-take-a-message-out-that-has-come
  (is (= [:exit :gone]
         (alone (trap-exit true)
                (let [pid (spawn-link (fn [] (exit :gone)))]
                  (wait pid)
                  (receive-timeout 0 :nothing -> nil timeout -> nil)
                  (unlink pid)
                  (receive [:exit ~pid reason] -> [:exit reason]))))))

(deftest the-other-end-may-unlink
  (is (= :alive
         (alone (let [me (self)
                      pid (spawn-link (fn [] (unlink me) (exit :broken)))]
                  (wait pid)
                  :alive)))))

(deftest a-link-can-be-made-again-after-unlink
  (is (= :gone (alone (trap-exit true)
                      (let [pid (waiting)]
                        (link pid)
                        (unlink pid)
                        (link pid)
                        (send pid [:end :gone])
                        (receive [:exit ~pid reason] -> reason))))))

(deftest spawn-link-holds-before-the-child-runs
  (is (every? (fn [reason] (= reason :at-once))
              (alone (trap-exit true)
                     (mapv (fn [_] (let [pid (spawn-link (fn [] (exit :at-once)))]
                                     (receive [:exit ~pid reason] -> reason)))
                           (range 200))))))

(deftest all-linked-hear-of-one-end
  (is (= #{:a :b :c}
         (alone (let [me (self)
                      pid (waiting)]
                  (doseq [name [:a :b :c]]
                    (spawn (fn []
                             (trap-exit true)
                             (link pid)
                             (send me :linked)
                             (receive [:exit ~pid :over] -> (send me name)))))
                  (dotimes [_ 3] (receive :linked -> nil))
                  (send pid [:end :over])
                  (set (mapv (fn [_] (receive name -> name)) (range 3))))))))

(deftest a-crash-travels-over-links
  (is (= [:thrown 1]
         (alone (trap-exit true)
                (let [pid (spawn-link (fn [] (exit [:thrown 1])))]
                  (receive [:exit ~pid reason] -> reason))))))

(deftest killed-travels-over-links-and-can-be-trapped
  (is (= :killed (alone (trap-exit true)
                        (let [pid (spawn-link (fn [] (receive :never -> nil)))]
                          (exit pid :kill)
                          (receive [:exit ~pid reason] -> reason))))))

(deftest kill-as-the-reason-of-an-end-is-an-ordinary-reason
  (is (= :kill (alone (trap-exit true)
                      (let [pid (spawn-link (fn [] (exit :kill)))]
                        (receive [:exit ~pid reason] -> reason))))))
