;; Counts the words of a text and prints the most frequent ones.

(def text
  "The quick brown fox jumps over the lazy dog.
   The dog barks; the fox is gone, and the dog sleeps again.")

(defn words [text]
  (re-seq #"[a-z]+" (str/lower-case text)))

(defn most-frequent [n text]
  (->> (words text)
       (frequencies)
       (sort-by (fn [[word n]] [(- n) word]))
       (take n)))

(doseq [[word n] (most-frequent 4 text)]
  (println n word))

(println (count (words text)) "words," (count (distinct (words text))) "different ones")
