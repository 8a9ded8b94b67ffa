;; Exit signals. Restates: Erlang Reference Manual, "Processes", sections on termination and on
;; receiving exit signals; `erlang:exit/1`, `erlang:exit/2`, `erlang:is_process_alive/1`;
;; `gen_server`, on terminate/2.
(ns otp.exits)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defactor echo []
  (receive
    [:ask x] -> (reply x)
    [:end reason] -> (exit reason)))

(defactor trapping [] 
  (receive
    :trap -> (do (trap-exit true) (reply :trapping))
    [:exit _ :leave] -> :stop
    [:end reason] -> (exit reason)
    [:ask x] -> (reply x)))

(defn ended
  "The reason with which an actor ends after f was done to it."
  [pid f]
  (let [ref (monitor pid)]
    (f pid)
    (receive [:down ~ref _ reason] -> reason)))

(deftest the-function-of-an-actor-returns-normal
  (is (= :normal (alone (let [[_ ref] (spawn-monitor (fn [] 42))] (receive [:down ~ref _ reason] -> reason))))))

(deftest exit-with-a-reason-ends-with-it
  (is (= [:why 1] (alone (ended (spawn echo) (fn [pid] (send pid [:end [:why 1]])))))))

(deftest exit-normal-ends-normally
  (is (= :normal (alone (ended (spawn echo) (fn [pid] (send pid [:end :normal])))))))

(deftest exit-is-not-caught
  (is (= :out (alone (let [[_ ref] (spawn-monitor (fn [] (try (exit :out) (catch e -> :caught))))]
                       (receive [:down ~ref _ reason] -> reason))))))

(deftest an-exit-signal-ends-who-does-not-trap
  (is (= :enough (alone (ended (spawn echo) (fn [pid] (exit pid :enough)))))))

(deftest an-exit-signal-normal-is-ignored
  (is (= :here (alone (let [pid (spawn echo)]
                        (exit pid :normal)
                        (call pid [:ask :here]))))))

(deftest an-exit-signal-normal-comes-to-who-traps
  (is (= :normal (alone (trap-exit true)
                        (let [me (self)
                              other (spawn (fn [] (exit me :normal)))]
                          (receive [:exit ~other reason] -> reason))))))

(deftest exit-normal-to-oneself-ends-oneself
  (is (= :normal (alone (let [[_ ref] (spawn-monitor (fn [] (exit (self) :normal) (receive :never -> nil)))]
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest exit-to-oneself-is-a-message-if-one-traps
  (is (= [:mine true] (alone (trap-exit true)
                             (exit (self) :mine)
                             (receive [:exit pid reason] -> [reason (= pid (self))])))))

(deftest kill-ends-who-traps
  (is (= :killed (alone (let [pid (spawn trapping)]
                          (call pid :trap)
                          (ended pid (fn [pid] (exit pid :kill))))))))

(deftest kill-of-oneself-is-not-trapped
  (is (= :killed (alone (let [[_ ref] (spawn-monitor (fn [] (trap-exit true) (exit (self) :kill) (receive :never -> nil)))]
                          (receive [:down ~ref _ reason] -> reason))))))

(deftest exit-to-the-dead-does-nothing
  (is (= :ok (alone (let [pid (spawn (fn [] nil))] (wait pid) (exit pid :again))))))

(deftest exit-to-a-name-that-nobody-has-does-nothing
  (is (= :ok (alone (exit :otp-nobody :reason)))))

(deftest the-first-exit-signal-counts
  (is (= :one (alone (ended (spawn echo) (fn [pid] (exit pid :one) (exit pid :two)))))))

(deftest signals-and-messages-of-one-sender-keep-their-order
  (is (= [:answered :over]
         (alone (let [me (self)
                      pid (spawn (fn [] (receive :first -> (send me :answered)) (receive :never -> nil)))
                      ref (monitor pid)]
                  (send pid :first)
                  (receive :answered -> nil)
                  (exit pid :over)
                  (send pid :late)
                  (receive [:down ~ref _ reason] -> [:answered reason]))))))

(deftest an-exit-signal-ends-a-wait
  (is (= :woken (alone (let [me (self)
                             pid (spawn (fn [] (send me :ready) (sleep 100000)))]
                         (receive :ready -> nil)
                         (ended pid (fn [pid] (exit pid :woken))))))))

(deftest an-exit-signal-ends-a-busy-loop
  (is (= :stopped (alone (let [me (self)
                               pid (spawn (fn [] (send me :ready) (loop [n 0] (recur (inc n)))))]
                           (receive :ready -> nil)
                           (ended pid (fn [pid] (exit pid :stopped))))))))

(deftest the-dead-are-not-alive
  (is (= [true false] (alone (let [pid (spawn echo)
                                   before (alive? pid)]
                               (ended pid (fn [pid] (exit pid :x)))
                               [before (alive? pid)])))))

(deftest a-pid-is-not-used-again
  (is (= true (alone (let [pids (mapv (fn [_] (let [pid (spawn (fn [] nil))] (wait pid) pid)) (range 500))]
                       (= 500 (count (set pids))))))))

(deftest terminate-runs-before-monitors-hear
  (is (= [[:terminate :over 7] :down]
         (alone (let [me (self)]
                  (defactor telling [n]
                    (terminate [reason] (send me [:terminate reason n]))
                    (receive [:ask] -> (reply n)))
                  (let [pid (spawn telling 7)
                        ref (monitor pid)]
                    (call pid [:ask])
                    (exit pid :over)
                    (mapv (fn [_] (receive [:down ~ref _ _] -> :down m -> m)) (range 2))))))))

(deftest terminate-runs-on-stop
  (is (= [:normal 3]
         (alone (let [me (self)]
                  (defactor stopping [n]
                    (terminate [reason] (send me [reason n]))
                    (receive :up -> (recur (inc n)) :halt -> :stop))
                  (let [pid (spawn stopping 2)]
                    (send pid :up)
                    (send pid :halt)
                    (receive m -> m)))))))

(deftest terminate-does-not-run-on-kill
  (is (= :nothing
         (alone (let [me (self)]
                  (defactor quiet []
                    (terminate [reason] (send me :terminated))
                    (receive :ask -> (reply :here)))
                  (let [pid (spawn quiet)]
                    (call pid :ask)
                    (exit pid :kill)
                    (wait pid)
                    (receive-timeout 0 m -> m timeout -> :nothing)))))))

(deftest terminate-runs-when-killed-comes-over-a-link
  (is (= [:terminated :killed]
         (alone (let [me (self)]
                  (defactor linked []
                    (terminate [reason] (send me [:terminated reason]))
                    (receive [:link pid] -> (do (link pid) (reply :linked))))
                  (let [other (spawn echo)
                        pid (spawn linked)]
                    (call pid [:link other])
                    (exit other :kill)
                    (receive m -> m)))))))

(deftest a-second-signal-does-not-disturb-terminate
  (is (= [:done :one]
         (alone (let [me (self)]
                  (defactor slow-end []
                    (terminate [reason]
                      (send me :ending)
                      (receive :go -> nil)
                      (send me [:done reason]))
                    (receive :ask -> (reply :here)))
                  (let [pid (spawn slow-end)]
                    (call pid :ask)
                    (exit pid :one)
                    (receive :ending -> nil)
                    (exit pid :two)
                    (send pid :go)
                    (receive [:done reason] -> [:done reason])))))))

(deftest kill-ends-terminate
  (is (= :killed
         (alone (let [me (self)]
                  (defactor stuck []
                    (terminate [reason] (send me :ending) (receive :never -> nil))
                    (receive :ask -> (reply :here)))
                  (let [pid (spawn stuck)
                        ref (monitor pid)]
                    (call pid :ask)
                    (exit pid :one)
                    (receive :ending -> nil)
                    (exit pid :kill)
                    (receive [:down ~ref _ reason] -> reason)))))))
