;; Evaluates the rows of a file, each in a namespace `user` of its own.
;;
;; A line of the file is `[number expression wanted]`; a line of the output `number pass`, or
;; `number`, what came out instead, as a string. A row that neither ends nor fails counts as failed.
(ns corpus.runner)

(def patience 20000)

(defn evaluated
  "What a text evaluates to, printing where nobody sees it."
  [text]
  (let [out (string-output*)]
    (binding [*ns* (the-ns 'user) *out* out *err* out *in* (string-input* "")]
      (load-string text))))

(defn verdict
  [expression wanted]
  (try
    (let [value (evaluated expression)
          wanted (evaluated wanted)]
      (if (= value wanted) :pass (str "got " (pr-str value))))
    (catch Throwable e
      (str "fails: " (pr-str e)))))

(defn fresh-user
  "Takes away what the last row left."
  [known]
  (doseq [space (all-ns)]
    (when-not (contains? known (ns-name space))
      (remove-ns (ns-name space))))
  (remove-ns 'user)
  (create-ns 'user))

(defn main
  [path]
  (let [known (set (map ns-name (all-ns)))]
    (doseq [line (str/split-lines (slurp path))]
      (let [[number expression wanted] (read-string line)]
        (fresh-user known)
        (let [task (future (verdict expression wanted))
              result (deref task patience "it does not end")]
          (println number (if (= result :pass) "pass" (pr-str result))))))
    ;; Rows that never end are still running.
    (os/exit 0)))
