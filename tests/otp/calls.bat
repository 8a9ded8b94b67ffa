;; Calls. Restates: `gen_server:call/2,3`, `gen_server:reply/2`.
(ns otp.calls)

(defmacro alone [& body]
  `(async/await (future ~@body) 10000))

(defn flushed []
  (loop [seen []]
    (receive-timeout 0 m -> (recur (conj seen m)) timeout -> seen)))

(defactor server [n]
  (receive
    :get -> (reply n)
    [:add k] -> (do (reply (+ n k)) (recur (+ n k)))
    :twice -> (do (reply 1) (reply 2))
    :later -> (let [who (caller)] (spawn (fn [] (reply who :later))))
    :silent -> nil
    [:end reason] -> (exit reason)
    :stop -> :stop))

(defn failure
  "The :reason of the fault that a call gives."
  [f]
  (try (f) (catch {:kind :call :data {:reason reason}} -> reason)))

(deftest the-reply-is-the-value
  (is (= [5 7 7] (alone (let [pid (spawn server 5)] [(call pid :get) (call pid [:add 2]) (call pid :get)])))))

(deftest any-value-can-be-a-reply
  (is (= [nil false {:a [1]}]
         (alone (let [pid (spawn (fn again [] (receive [:say x] -> (do (reply x) (again)))))]
                  (mapv (fn [x] (call pid [:say x])) [nil false {:a [1]}]))))))

(deftest a-call-by-name
  (is (= 1 (alone (register :otp-server (spawn server 1)) (call :otp-server :get)))))

(deftest a-call-to-the-dead-is-noproc
  (is (= :noproc (alone (let [pid (spawn server 1)]
                          (send pid :stop)
                          (wait pid)
                          (failure (fn [] (call pid :get))))))))

(deftest a-call-to-a-name-that-nobody-has-crashes
  (is (= :call (try (call :otp-nobody :get) (catch {:kind kind} -> kind)))))

(deftest a-callee-that-ends-gives-its-reason
  (is (= [:oops :kill-me]
         (alone (mapv (fn [reason] (failure (fn [] (call (spawn server 1) [:end reason])))) [:oops :kill-me])))))

(deftest a-callee-that-stops-without-a-reply-gives-normal
  (is (= :normal (alone (failure (fn [] (call (spawn server 1) :stop)))))))

(deftest a-killed-callee-gives-killed
  (is (= :killed (alone (let [killer (spawn (fn [] (receive pid -> (exit pid :kill))))
                              pid (spawn (fn [] (receive :ask -> (do (send killer (self)) (receive :never -> nil)))))]
                          (failure (fn [] (call pid :ask))))))))

(deftest without-a-reply-in-time-the-caller-crashes
  (is (= :timeout (alone (failure (fn [] (call (spawn server 1) :silent 5)))))))

(deftest the-failure-of-a-call-ends-the-caller
  (is (= :timeout (alone (let [pid (spawn server 1)
                               [_ ref] (spawn-monitor (fn [] (try (call pid :silent 5)
                                                               (catch {:data {:reason reason}} -> (exit reason)))))]
                           (receive [:down ~ref _ reason] -> reason))))))

(deftest a-late-reply-is-dropped
  (is (= [:timeout []]
         (alone (let [me (self)
                      pid (spawn (fn [] (receive :ask -> (let [who (caller)]
                                                           (receive :go -> nil)
                                                           (reply who :late)
                                                           (send me :replied)))))
                      reason (failure (fn [] (call pid :ask 5)))]
                  (send pid :go)
                  (receive :replied -> nil)
                  [reason (flushed)])))))

(deftest a-second-reply-is-dropped
  (is (= [1 [] 5] (alone (let [pid (spawn server 5)
                               answer (call pid :twice)
                               next-answer (call pid :get)]
                           [answer (flushed) next-answer])))))

(deftest another-actor-may-reply
  (is (= :later (alone (call (spawn server 1) :later)))))

(deftest replies-do-not-go-through-the-mailbox
  (is (= [3 [:waiting]] (alone (send (self) :waiting) [(call (spawn server 3) :get) (flushed)]))))

(deftest calling-oneself-is-refused
  (is (= :call (alone (try (call (self) :get) (catch {:kind kind} -> kind))))))

(deftest calls-are-answered-in-any-order
  (is (= [:b :a]
         (alone (let [me (self)
                      pid (spawn (fn []
                                   (let [a (receive :a -> (caller))
                                         b (receive :b -> (caller))]
                                     (reply b :b)
                                     (receive :told -> nil)
                                     (reply a :a))))]
                  (spawn (fn [] (send me (call pid :a))))
                  (spawn (fn [] (send me (call pid :b))))
                  (let [first-answer (receive m -> m)]
                    (send pid :told)
                    [first-answer (receive m -> m)]))))))

(deftest try-call-gives-values
  (is (= [{:ok 1} {:error :timeout} {:error :noproc}]
         (alone (let [pid (spawn server 1)
                      answers [(try-call pid :get) (try-call pid :silent 5)]]
                  (send pid :stop)
                  (wait pid)
                  (conj answers (try-call pid :get)))))))

(deftest calls-of-many-are-all-answered
  (is (= 499500 (alone (let [pid (spawn server 0)]
                         (async/map (fn [n] (call pid [:add n])) (range 1000))
                         (call pid :get))))))

(deftest a-call-ends-with-its-caller
  (is (= 1 (alone (let [pid (spawn server 1)
                        caller-pid (spawn (fn [] (call pid :silent 100000)))]
                    (exit caller-pid :enough)
                    (wait caller-pid)
                    (call pid :get))))))
