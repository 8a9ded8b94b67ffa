;; Pancake flips over all permutations of n numbers; persistent vectors.
(defn flipped [p last]
  (loop [i 0 j last p p]
    (if (< i j)
      (let [a (nth p i)
            b (nth p j)]
        (recur (+ i 1) (- j 1) (assoc p i b j a)))
      p)))

(defn flips [p]
  (loop [p p n 0]
    (let [top (nth p 0)]
      (if (= top 0)
        n
        (recur (flipped p top) (+ n 1))))))

(defn rotated [p r]
  (let [top (nth p 0)]
    (loop [i 0 p p]
      (if (= i r)
        (assoc p r top)
        (recur (+ i 1) (assoc p i (nth p (+ i 1))))))))

(defn reset [counts r]
  (loop [r r counts counts]
    (if (= r 1)
      counts
      (recur (- r 1) (assoc counts (- r 1) r)))))

(defn fannkuch [n]
  (loop [p (vec (range n)) counts (reset (vec (repeat n 0)) n) odd false sum 0 most 0]
    (let [f (flips p)
          sum (if odd (- sum f) (+ sum f))
          most (max most f)]
      ;; The next permutation: rotate ever longer prefixes until one has turns left.
      (let [[p counts r]
            (loop [r 1 p p counts counts]
              (if (= r n)
                [p counts r]
                (let [p (rotated p r)
                      left (- (nth counts r) 1)
                      counts (assoc counts r left)]
                  (if (> left 0)
                    [p counts r]
                    (recur (+ r 1) p counts)))))]
        (if (= r n)
          [sum most]
          (recur p (reset counts r) (not odd) sum most))))))

(defn main [n]
  (let [[sum most] (fannkuch (parse-long n))]
    (println sum most)))
