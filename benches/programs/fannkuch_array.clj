;; Pancake flips over all permutations of n numbers; arrays of longs, primitive hints.
(defn copy [^longs from ^longs to ^long n]
  (loop [i 0]
    (when (< i n)
      (aset to i (aget from i))
      (recur (+ i 1)))))

(defn flip [^longs p ^long last]
  (loop [i 0 j last]
    (when (< i j)
      (let [a (aget p i)]
        (aset p i (aget p j))
        (aset p j a)
        (recur (+ i 1) (- j 1))))))

(defn flips ^long [^longs p]
  (loop [n 0]
    (let [top (aget p 0)]
      (if (= top 0)
        n
        (do
          (flip p top)
          (recur (+ n 1)))))))

(defn rotate [^longs p ^long r]
  (let [top (aget p 0)]
    (loop [i 0]
      (when (< i r)
        (aset p i (aget p (+ i 1)))
        (recur (+ i 1))))
    (aset p r top)))

(defn reset [^longs counts ^long r]
  (loop [r r]
    (when (> r 1)
      (aset counts (- r 1) r)
      (recur (- r 1)))))

;; Rotates ever longer prefixes until one has turns left; gives its length less one, or n.
(defn next-permutation ^long [^longs p ^longs counts ^long n]
  (loop [r 1]
    (if (= r n)
      r
      (do
        (rotate p r)
        (let [left (- (aget counts r) 1)]
          (aset counts r left)
          (if (> left 0)
            r
            (recur (+ r 1))))))))

(defn fannkuch [^long n]
  (let [p (long-array (range n))
        work (long-array n)
        counts (long-array n)]
    (reset counts n)
    (loop [odd false sum 0 most 0]
      (copy p work n)
      (let [f (flips work)
            sum (if odd (- sum f) (+ sum f))
            most (max most f)
            r (next-permutation p counts n)]
        (if (= r n)
          [sum most]
          (do
            (reset counts r)
            (recur (not odd) sum most)))))))

(let [[sum most] (fannkuch (Long/parseLong (first *command-line-args*)))]
  (println sum most))
