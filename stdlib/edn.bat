;; Data as text, without anything that a program would run.
(ns edn)

(defn read
  "Reads the next value of a stream; `:eof`, `:readers` and `:default` as options. Evaluates nothing."
  ([] (read *in*))
  ([stream] (read {} stream))
  ([opts stream]
   (nth (read-with-text* (assoc opts :edn true) stream (not (contains? opts :eof)) (:eof opts)) 0)))

(defn read-string
  "The first value that a text writes; nil for nil and for an empty text, unless `:eof` says
  otherwise. `:readers` maps tags to functions, `:default` is called with tag and value."
  ([s] (read-string {:eof nil} s))
  ([opts s] (when (some? s) (read-string* (assoc opts :edn true) s))))
