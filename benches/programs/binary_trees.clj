;; Complete binary trees of vectors, made and counted.
(defn tree [depth]
  (if (= depth 0)
    [nil nil]
    [(tree (- depth 1)) (tree (- depth 1))]))

(defn nodes [tree]
  (let [left (nth tree 0)]
    (if (nil? left)
      1
      (+ 1 (nodes left) (nodes (nth tree 1))))))

(defn many [count depth]
  (loop [i 0 sum 0]
    (if (= i count)
      sum
      (recur (+ i 1) (+ sum (nodes (tree depth)))))))

(defn main [depth]
  (let [most (Long/parseLong depth)
        long-lived (tree most)]
    (println "stretch" (nodes (tree (+ most 1))))
    (loop [depth 4]
      (when (<= depth most)
        (let [count (bit-shift-left 1 (+ (- most depth) 4))]
          (println count "of depth" depth (many count depth)))
        (recur (+ depth 2))))
    (println "long-lived" (nodes long-lived))))

(main (first *command-line-args*))
