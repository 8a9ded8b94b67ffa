;; The bank's journal in a log: a deposit is a row, found by its number.
(ns log)

(defn journal
  []
  (create-log :deposits {:key :id})
  {:append (fn [row] (append :deposits row))
   :rows (fn [] (vec (from :deposits)))})
