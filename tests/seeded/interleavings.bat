;; What must hold in whatever order things happen. Each case is tried again and again; under a seed
;; each time goes another way.
(ns seeded.interleavings)

(def rounds 200)

(defmacro each-time [& body]
  `(is (every? true? (map (fn [_#] ~@body) (range rounds)))))

(def at-first
  (atom nil))

(deftest some-actors-are-there-at-first
  (reset! at-first (count (actors)))
  (is (pos? @at-first)))

(deftest messages-of-one-sender-stay-in-order
  (each-time
    (let [me (self)]
      (dotimes [sender 3]
        (spawn (fn [] (dotimes [n 4] (send me [sender n])))))
      (let [seen (mapv (fn [_] (receive [sender n] -> [sender n])) (range 12))]
        (every? (fn [sender] (= [0 1 2 3] (keep (fn [[who n]] (when (= who sender) n)) seen))) (range 3))))))

(deftest selective-receive-loses-and-doubles-nothing
  (each-time
    (let [me (self)]
      (doseq [kind [:a :b :c]]
        (spawn (fn [] (dotimes [n 3] (send me [kind n])))))
      (let [of (fn [kind] (mapv (fn [_] (receive [~kind n] -> n)) (range 3)))]
        (and (= [0 1 2] (of :c)) (= [0 1 2] (of :a)) (= [0 1 2] (of :b))
             (= :none (receive-timeout 0 _ -> :more timeout -> :none)))))))

(deftest who-links-to-one-that-ends-hears-of-it-once
  (trap-exit true)
  (each-time
    (let [pid (spawn (fn [] (exit :over)))]
      (link pid)
      (and (contains? #{:over :noproc} (receive [:exit ~pid reason] -> reason))
           (= :none (receive-timeout 10 [:exit ~pid _] -> :twice timeout -> :none)))))
  (trap-exit false))

(deftest after-unlink-nothing-comes
  (trap-exit true)
  (each-time
    (let [pid (spawn-link (fn [] (receive :go -> (exit :over))))]
      (send pid :go)
      (unlink pid)
      (receive-timeout 0 [:exit ~pid _] -> :before timeout -> :none)
      (wait pid)
      (= :none (receive-timeout 10 [:exit ~pid _] -> :late timeout -> :none))))
  (trap-exit false))

(deftest a-link-made-from-both-ends-ends-both
  (each-time
    (let [start (fn [] (spawn (fn [] (receive [:link other] -> (link other)) (receive :end -> (exit :over)))))
          pids [(start) (start)]
          refs (mapv monitor pids)]
      (doseq [[pid other] [pids (reverse pids)]] (send pid [:link other]))
      (send (rand-nth pids) :end)
      ; The other may come too late to be linked to one that lives.
      (let [reasons (mapv (fn [ref] (receive [:down ~ref _ reason] -> reason)) refs)]
        (contains? #{#{:over} #{:over :noproc}} (set reasons))))))

(deftest a-monitor-tells-once-and-after-demonitor-never
  (each-time
    (let [pid (spawn (fn [] (receive :go -> nil)))
          kept (monitor pid)
          dropped (monitor pid)]
      (send pid :go)
      (demonitor dropped :flush)
      (and (= :normal (receive [:down ~kept _ reason] -> reason))
           (= :none (receive-timeout 10 [:down _ _ _] -> :more timeout -> :none))))))

(deftest a-call-to-one-that-is-killed-is-answered-or-refused
  (each-time
    (let [pid (spawn (fn serve [] (receive x -> (do (reply x) (serve)))))
          caller (future (try-call pid 1 60000))]
      (spawn (fn [] (exit pid :kill)))
      (contains? #{{:ok 1} {:error :noproc}} @caller))))

(deftest a-name-has-one-owner
  (each-time
    (let [me (self)
          claim (fn [] (send me [:claimed (attempt (register :seeded-name (self)))]) (receive :end -> nil))
          pids (mapv (fn [_] (spawn claim)) (range 3))
          claims (mapv (fn [_] (receive [:claimed outcome] -> outcome)) (range 3))]
      (doseq [pid pids] (send pid :end))
      (doseq [pid pids] (wait pid))
      (and (= 1 (count (filter (fn [claim] (contains? claim :ok)) claims)))
           (nil? (whereis :seeded-name))))))

(deftest a-timer-fires-or-is-cancelled
  (each-time
    (let [timer (send-after (rand-int 3) (self) :fired)
          left (do (sleep (rand-int 3)) (cancel-timer timer))
          fired (receive-timeout 10 :fired -> true timeout -> false)]
      (not= (some? left) fired))))

(deftest a-full-mailbox-holds-senders-up-and-loses-nothing
  (each-time
    (let [me (self)
          taker (spawn (fn []
                         (limit-mailbox 2 :block)
                         (send me :ready)
                         (send me [:seen (set (map (fn [_] (receive n -> n)) (range 9)))])))]
      (receive :ready -> nil)
      (dotimes [sender 3]
        (spawn (fn [] (dotimes [n 3] (send taker (+ n (* 3 sender)))))))
      (= (set (range 9)) (receive [:seen all] -> all)))))

(defactor member [] (receive :ask -> (reply :here) :crash -> (exit :crashed)))

(defn pids-of [top]
  (mapv :pid (supervisor/which-children top)))

(deftest whoever-is-killed-a-supervisor-has-all-children-again
  (each-time
    (let [top (supervisor/start-link
               {:strategy (rand-nth [:one-for-one :one-for-all :rest-for-one])
                :max-restarts 1000
                :children (mapv (fn [n] {:id n :start (fn [] (spawn-link member))}) (range 3))})
          before (pids-of top)
          victims (take (inc (rand-int 3)) (shuffle before))]
      (doseq [pid victims]
        (spawn (fn [] (if (zero? (rand-int 2)) (exit pid :kill) (send pid :crash)))))
      (doseq [pid victims] (wait pid))
      (let [here? (fn [] (every? (fn [pid] (and (pid? pid) (= {:ok :here} (try-call pid :ask)))) (pids-of top)))
            all-here (loop [left 1000] (cond (here?) true (zero? left) false :else (do (sleep 1) (recur (dec left)))))
            after (pids-of top)]
        (unlink top)
        (exit top :shutdown)
        (wait top)
        (and all-here
             (= 3 (count after))
             (not-any? (set victims) after)
             (not-any? alive? (concat before after)))))))

(deftest children-stop-in-reverse-order
  (each-time
    (let [me (self)
          child (fn [n] (fn [] (spawn-link (fn []
                                             (trap-exit true)
                                             (receive [:exit _ _] -> (send me [:stopped n]))))))
          top (supervisor/start-link {:children (mapv (fn [n] {:id n :start (child n)}) (range 3))})]
      (sleep 1)
      (unlink top)
      (exit top :shutdown)
      (wait top)
      (= [2 1 0] (mapv (fn [_] (receive-timeout 100 [:stopped n] -> n timeout -> :none)) (range 3))))))

(deftest no-actor-is-left
  (sleep 100)
  (is (= @at-first (count (actors)))))
