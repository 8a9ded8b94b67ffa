;; What the prompt tells about names.
(ns clojure.repl)

(defn- show-header
  [name arglists kind doc]
  (println "-------------------------")
  (println name)
  (when arglists (prn arglists))
  (when kind (println kind))
  (when doc (println " " doc)))

(defn- show-var
  [v]
  (let [m (meta v)]
    (show-header (symbol v) (:arglists m) (when (:macro m) "Macro") (:doc m))))

(defn print-doc*
  "Prints what a symbol names: a special form, a namespace or a var."
  [sym]
  (let [special (special-doc* sym)
        v (when-not special (resolve sym))]
    (cond
      special (show-header sym (list (symbol (nth special 0))) "Special Form" (nth special 1))
      v (show-var v)
      (find-ns sym) (show-header sym nil nil (:doc (meta (find-ns sym))))
      :else nil)))

(defmacro doc
  "Prints what a name is: its arguments and its doc string."
  [name]
  `(print-doc* '~name))

(defn- matcher
  [pattern]
  (if (string? pattern)
    (fn [text] (str/includes? text pattern))
    (fn [text] (re-find pattern text))))

(defn- all-publics
  []
  (mapcat (fn [space] (vals (ns-publics space))) (all-ns)))

(defn apropos
  "The public names that contain a string or match a regular expression, with their namespaces."
  [pattern]
  (let [matches? (matcher pattern)
        names (map symbol (all-publics))]
    (sort-by str (filter (fn [sym] (matches? (name sym))) names))))

(defn find-doc
  "Prints what is known of every name whose doc string or name matches."
  [pattern]
  (let [matches? (if (string? pattern) (matcher (re-pattern pattern)) (matcher pattern))]
    (doseq [v (sort-by (fn [v] (str (symbol v))) (all-publics))]
      (let [text (:doc (meta v))]
        (when (or (and text (matches? text)) (matches? (name (symbol v))))
          (show-var v))))))

(defn dir-fn
  "The public names of a namespace, sorted."
  [space]
  (sort-by str (keys (ns-publics (get (ns-aliases *ns*) space space)))))

(defmacro dir
  "Prints the public names of a namespace."
  [space]
  `(doseq [name# (dir-fn '~space)] (println name#)))

(defn source-fn
  "The text of the definition of a symbol, or nil."
  [sym]
  (let [v (resolve sym)
        m (when v (meta v))]
    (when (:file m) (source-text* (:file m) (:line m) (:column m)))))

(defmacro source
  "Prints the text of the definition of a name."
  [name]
  `(println (or (source-fn '~name) (str "Source not found: " '~name))))

(defn pst
  "Prints the message of an error, and those of its causes."
  [error]
  (loop [error error]
    (when error
      (println (ex-message error))
      (when (ex-data error) (prn (ex-data error)))
      (recur (ex-cause error)))))

(defn demunge
  "The text itself: names are not changed when they are compiled."
  [text]
  text)

(defn root-cause
  "The innermost cause of an error."
  [error]
  (if-let [cause (ex-cause error)]
    (recur cause)
    error))
