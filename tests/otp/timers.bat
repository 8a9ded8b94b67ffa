;; Timers. Restates: `erlang:send_after/3`, `erlang:cancel_timer/1`, `timer:send_interval/3`.
(ns otp.timers)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(deftest a-message-comes-later
  (is (= :tick (alone (send-after 1 (self) :tick) (receive m -> m)))))

(deftest a-time-of-zero-is-allowed
  (is (= :tick (alone (send-after 0 (self) :tick) (receive m -> m)))))

(deftest shorter-times-come-first
  (is (= [:a :b :c] (alone (send-after 60 (self) :c)
                           (send-after 30 (self) :b)
                           (send-after 1 (self) :a)
                           (mapv (fn [_] (receive m -> m)) (range 3))))))

(deftest a-cancelled-timer-sends-nothing
  (is (= [true []] (alone (let [timer (send-after 100000 (self) :never)
                                left (cancel-timer timer)]
                            [(<= 0 left 100000) (flushed)])))))

(deftest cancelling-twice-gives-nil
  (is (= nil (alone (let [timer (send-after 100000 (self) :never)]
                      (cancel-timer timer)
                      (cancel-timer timer))))))

(deftest cancelling-one-that-is-over-gives-nil
  (is (= nil (alone (let [timer (send-after 1 (self) :tick)]
                      (receive :tick -> nil)
                      (cancel-timer timer))))))

(deftest cancelling-does-not-take-the-message-back
  (is (= [nil [:tick]] (alone (let [timer (send-after 0 (self) :tick)]
                                (while (zero? (mailbox-size (self))) nil)
                                [(cancel-timer timer) (flushed)])))))

(deftest any-actor-may-cancel
  (is (= [] (alone (let [timer (send-after 100000 (self) :never)]
                     (wait (spawn (fn [] (cancel-timer timer))))
                     (flushed))))))

(deftest a-name-is-looked-up-when-the-time-is-over
  (is (= :found (alone (send-after 20 :otp-later :found)
                       (register :otp-later (self))
                       (receive m -> m)))))

(deftest a-name-that-nobody-has-then-is-no-failure
  (is (= :fine (alone (send-after 1 :otp-nobody :lost) (send-after 20 (self) :fine) (receive m -> m)))))

(deftest a-timer-outlives-who-set-it
  (is (= :tick (alone (let [me (self)]
                        (wait (spawn (fn [] (send-after 20 me :tick))))
                        (receive m -> m))))))

(deftest a-timer-for-the-dead-is-no-failure
  (is (= :fine (alone (let [pid (spawn (fn [] nil))]
                        (send-after 1 pid :lost)
                        (send-after 20 (self) :fine)
                        (receive m -> m))))))

(deftest an-interval-sends-again-and-again
  (is (= [:tick :tick :tick] (alone (let [timer (send-interval 1 (self) :tick)
                                          seen (mapv (fn [_] (receive m -> m)) (range 3))]
                                      (cancel-timer timer)
                                      seen)))))

(deftest a-cancelled-interval-sends-no-more
  (is (= [] (alone (let [timer (send-interval 1 (self) :tick)]
                     (receive :tick -> nil)
                     (cancel-timer timer)
                     (flushed)
                     (sleep 10)
                     (flushed))))))

(deftest times-must-be-numbers-from-zero-on
  (is (= [:type :type] (mapv (fn [time] (try (send-after time (self) :x) (catch {:kind kind} -> kind))) [-1 :soon]))))

(deftest only-timers-can-be-cancelled
  (is (= :type (try (cancel-timer 5) (catch {:kind kind} -> kind)))))
