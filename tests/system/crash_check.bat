;; What the log holds after a crash: all in all, then by round and writer.

(let [{:keys [rows low high]}
      (from :events
        (aggregate {:rows (count *) :low (min :_offset) :high (max :_offset)})
        (first))]
  (println rows low high))

(doseq [{:keys [round writer rows numbers last]}
        (from :events
          (group-by :round :writer
            {:rows (count *) :numbers (count (distinct :n)) :last (max :n)})
          (order-by :round :writer))]
  (println round writer rows numbers last))
