;; Savina's unbalanced Cobwebbed tree: nodes that grow ten children each, or none, as the gardener
;; decides; each works a little and spins a thread to its parent's parent. Then the tree is counted.
(def most
  (parse-long (or (first *command-line-args*) "2000")))

(defn worked
  "Some arithmetic on a number."
  [n]
  (loop [left 100 x n]
    (if (zero? left)
      x
      (recur (dec left) (mod (+ (* x 1103) 12345) 65536)))))

(defn grows?
  "Does the node that asks as number n grow, when there are so many?"
  [n nodes]
  (and (< nodes most)
       (or (= n (dec nodes)) (< (mod (* n 7919) 10) 3))))

(defactor gardener [asked nodes boss]
  (receive
    [:born pid] -> (let [grows (grows? asked nodes)
                         nodes (if grows (+ nodes 10) nodes)]
                     (when grows (send pid :grow))
                     (when (= (inc asked) nodes) (send boss [:grown nodes]))
                     (recur (inc asked) nodes boss))))

(defactor node [gardener parent children threads counted]
  (init [gardener parent grandparent]
    (do (worked 7)
      (when grandparent (send grandparent :thread))
      (send gardener [:born (self)])
      [gardener parent [] 0 [0 0 0]]))
  (receive
    :grow -> (let [me (self)]
               (recur gardener parent (mapv (fn [_] (spawn node gardener me parent)) (range 10)) threads counted))
    :thread -> (recur gardener parent children (inc threads) counted)
    :count -> (if (empty? children)
                (do (send parent [:counted 1 threads]) :stop)
                (doseq [child children] (send child :count)))
    [:counted nodes spun] -> (let [[answers all spun-below] counted
                                   counted [(inc answers) (+ all nodes) (+ spun-below spun)]]
                               (if (= (inc answers) 10)
                                 (do (send parent [:counted (inc (nth counted 1)) (+ threads (nth counted 2))]) :stop)
                                 (recur gardener parent children threads counted)))))

(let [me (self)
      root (spawn node (spawn gardener 0 1 me) me nil)
      nodes (receive [:grown n] -> n)]
  (send root :count)
  (println "grown:" nodes)
  (receive [:counted n threads] -> (println "counted:" n "nodes," threads "threads")))
