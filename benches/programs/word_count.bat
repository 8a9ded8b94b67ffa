;; Counts the words of a file; prints the most frequent ones.
(defn count-line [counts line]
  (reduce (fn [counts word] (assoc counts word (inc (get counts word 0))))
          counts
          (str/split line #" ")))

(defn main [file]
  (let [counts (with-open [r (io/reader file)]
                 (reduce count-line {} (line-seq r)))]
    (println (count counts) "words," (reduce + (vals counts)) "in all")
    (doseq [[word n] (take 10 (sort-by (fn [[word n]] [(- n) word]) counts))]
      (println word n))))
