;; Savina's concurrent dictionary: one actor owns a map, many write to it and read from it.
(defactor dictionary [entries]
  (receive
    [:write k v] -> (do (reply (get entries k)) (recur (assoc entries k v)))
    [:read k] -> (reply (get entries k))
    :size -> (reply (count entries))))

(defn work
  "Writes the keys of one worker and reads each back; how often it found what it wrote."
  [pid worker n]
  (count (filter (fn [k]
                   (call pid [:write [worker k] (* worker k)])
                   (= (* worker k) (call pid [:read [worker k]])))
                 (range n))))

(let [pid (spawn dictionary {})
      writes (parse-long (or (first *command-line-args*) "200"))
      found (async/map (fn [worker] (work pid worker writes)) (range 20) :max 20)]
  (println "found" (reduce + found) "of" (call pid :size)))
