;; Actors that are spawned, get a message, answer it and end: so many in all, at constant memory.
(ns leak)

(defactor once [me]
  (receive [:add x y] -> (do (send me [:sum (+ x y)]) :stop)))

(defn resident
  "Bytes of memory that the process holds."
  []
  (* 4096 (parse-long (second (str/split (slurp "/proc/self/statm") #" ")))))

(defn batch
  "So many actors, at once."
  [n]
  (let [me (self)]
    (dotimes [x n] (send (spawn once me) [:add x 1]))
    (loop [left n sum 0]
      (if (zero? left)
        sum
        (recur (dec left) (+ sum (receive [:sum x] -> x)))))))

(defn main
  [n]
  (let [n (parse-long n)
        at-once 10000
        batches (quot n at-once)
        before (count (actors))]
    (dotimes [_ (quot batches 4)] (batch at-once))
    (let [early (resident)]
      (dotimes [_ (- batches (quot batches 4))] (assert (= 50005000 (batch at-once))))
      (println "memory:" (quot early 1048576) "MB early," (quot (resident) 1048576) "MB at the end")
      (assert (< (resident) (+ early (quot early 8) 16777216)) "memory grows"))
    (assert (<= (count (actors)) (inc before)))
    (println "all is well")))
