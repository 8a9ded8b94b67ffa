;; Trapping exits. Restates: Erlang Reference Manual, "Processes", section on receiving exit
;; signals; `erlang:process_flag/2` with trap_exit.
(ns otp.trapping)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(defn linked-end [reason]
  (let [pid (spawn-link (fn [] (exit reason)))]
    (receive [:exit ~pid told] -> told)))

(deftest signals-become-messages
  (is (= :broken (alone (trap-exit true) (linked-end :broken)))))

(deftest a-normal-end-is-a-message-too
  (is (= :normal (alone (trap-exit true) (linked-end :normal)))))

(deftest shutdown-is-a-message-too
  (is (= [:shutdown :why] (alone (trap-exit true) (linked-end [:shutdown :why])))))

(deftest the-sender-of-exit-stands-in-the-message
  (is (= true (alone (trap-exit true)
                     (let [me (self)
                           other (spawn (fn [] (exit me :please)))]
                       (receive [:exit pid :please] -> (= pid other)))))))

(deftest trapping-can-be-switched-off
  (is (= :gone (alone (let [[_ ref] (spawn-monitor (fn []
                                                     (trap-exit true)
                                                     (trap-exit false)
                                                     (exit (self) :gone)
                                                     (receive :never -> nil)))]
                        (receive [:down ~ref _ reason] -> reason))))))

(deftest what-came-before-trapping-ends-the-actor
  (is (= :early (alone (let [me (self)
                             pid (spawn (fn []
                                          (send me :ready)
                                          (while (not (= :go (receive m -> m))) nil)
                                          (receive :never -> nil)))
                             ref (monitor pid)]
                         (receive :ready -> nil)
                         (exit pid :early)
                         (send pid :go)
                         (receive [:down ~ref _ reason] -> reason))))))

(deftest trapping-is-not-inherited
  (is (= :x (alone (trap-exit true)
                   (let [pid (spawn (fn [] (receive :never -> nil)))
                         ref (monitor pid)]
                     (exit pid :x)
                     (receive [:down ~ref _ reason] -> reason))))))

(deftest who-traps-lives-on-and-sees-every-end
  (is (= {:a 1 :b 1 :c 1}
         (alone (trap-exit true)
                (doseq [reason [:a :b :c]] (spawn-link (fn [] (exit reason))))
                (frequencies (mapv (fn [_] (receive [:exit _ reason] -> reason)) (range 3)))))))

(deftest messages-of-signals-wait-their-turn
  (is (= [:plain [:exit :over]]
         (alone (trap-exit true)
                (send (self) :plain)
                (let [pid (spawn-link (fn [] (exit :over)))]
                  (wait pid)
                  [(receive :plain -> :plain) (receive [:exit ~pid reason] -> [:exit reason])])))))

(deftest selective-receive-finds-a-signal-behind-messages
  (is (= [:over [1 2 3]]
         (alone (trap-exit true)
                (doseq [n [1 2 3]] (send (self) n))
                (let [pid (spawn-link (fn [] (exit :over)))
                      reason (receive [:exit ~pid reason] -> reason)]
                  [reason (flushed)])))))

(deftest an-end-after-trapping-breaks-the-link
  (is (= [:first []]
         (alone (trap-exit true)
                (let [pid (spawn-link (fn [] (exit :first)))
                      reason (receive [:exit ~pid reason] -> reason)]
                  (unlink pid)
                  (exit pid :again)
                  [reason (flushed)])))))

(deftest kill-by-link-is-trapped-as-any-reason
  (is (= :kill (alone (trap-exit true) (linked-end :kill)))))

(deftest an-actor-definition-traps-in-init
  (is (= [:told :bye]
         (alone (let [me (self)]
                  (defactor guard []
                    (init [] (trap-exit true) (send me :ready))
                    (receive [:exit _ reason] -> (do (send me [:told reason]) :stop)))
                  (let [pid (spawn guard)]
                    (receive :ready -> nil)
                    (exit pid :bye)
                    (receive m -> m)))))))
