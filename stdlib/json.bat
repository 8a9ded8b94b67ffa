;; JSON: what is written in Batuta on top of the native reader and writer.
(ns json)

(defn parse
  "The value of a JSON text as a result: {:ok value} or {:error [:json message]}. Options as for
  read-str."
  [s & options]
  (try
    (ok (apply read-str s options))
    (catch {:kind :syntax :message message} -> (error [:json message]))))
