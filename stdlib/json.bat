;; JSON: what is written in Batuta on top of the native reader and writer.
(ns json)

(defn parse
  "The value of a JSON text as a result: {:ok value} or {:error [:json message]}. Options as for
  read-str."
  [s & options]
  (try
    (ok (apply read-str s options))
    (catch {:kind :syntax :message message} -> (error [:json message]))))

(defn write
  "Writes a value as JSON to a writer; options as for write-str."
  [x writer & options]
  (io/write writer (apply write-str x options)))

(defn read-all
  "The lazy sequence of the values of a reader, one after the other; options as for read-str."
  [reader & options]
  (let [end (volatile! nil)]
    (take-while (fn [value] (not (identical? end value)))
                (repeatedly (fn []
                              (apply read reader :eof-error? false :eof-value end options))))))
