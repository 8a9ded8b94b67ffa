;; Vars, dynamic bindings and namespaces: what takes functions or stands around forms.
(ns batuta.core)

(defn alter-var-root
  "Sets the value a var has where nothing binds it to f of that value and further arguments."
  [v f & args]
  (let [before (var-root* v)
        after (set-var-root* v (apply f before args))]
    (doseq [[key watch] (var-watches* v)]
      (watch key v before after))
    after))

(defn reset-meta!
  "Replaces the metadata of an atom, var or namespace."
  [ref metadata]
  (if (= (class ref) :atom)
    (do (change-beside* ref assoc :meta metadata) metadata)
    (reset-own-meta* ref metadata)))

(defn alter-meta!
  "Replaces the metadata of an atom, var or namespace by f of it and further arguments."
  [ref f & args]
  (reset-meta! ref (apply f (meta ref) args)))

(defn with-bindings*
  "Calls f with arguments while the dynamic vars of a map are bound to its values."
  [bindings f & args]
  (push-thread-bindings bindings)
  (try (apply f args) (finally (pop-thread-bindings))))

(defmacro with-bindings
  "Runs the body while the dynamic vars of a map are bound to its values."
  [bindings & body]
  `(let []
     (push-thread-bindings ~bindings)
     (try ~@body (finally (pop-thread-bindings)))))

(defn bound-fn*
  "A function that calls f with the dynamic bindings there are now."
  [f]
  (let [bindings (get-thread-bindings)]
    (fn [& args] (apply with-bindings* bindings f args))))

(defmacro bound-fn
  "A function that runs with the dynamic bindings there are now."
  [& tail]
  `(bound-fn* (fn ~@tail)))

(defn with-redefs-fn
  "Calls f while vars have other values for all actors: the values of a map by var."
  [values f]
  (let [before (zipmap (keys values) (map var-root* (keys values)))
        set-all (fn [all] (doseq [[v value] all] (set-var-root* v value)))]
    (try
      (set-all values)
      (f)
      (finally (set-all before)))))

(defmacro with-redefs
  "Runs the body while names have other values for all actors."
  [bindings & body]
  (let [names (take-nth 2 bindings)
        values (take-nth 2 (rest bindings))]
    `(with-redefs-fn
       ~(zipmap (map (fn [name] (list 'var name)) names) values)
       (fn [] ~@body))))

(defmacro with-local-vars
  "Runs the body with names bound to vars of their own, for `var-get` and `var-set`."
  [bindings & body]
  (let [names (take-nth 2 bindings)
        values (take-nth 2 (rest bindings))]
    `(let [~@(mapcat (fn [name] [name `(local-var*)]) names)]
       (push-thread-bindings (hash-map ~@(mapcat list names values)))
       (try ~@body (finally (pop-thread-bindings))))))

(defmacro definline
  "Defines a function; where the call is compiled is the compiler's choice."
  [name & decl]
  (let [[doc decl] (if (string? (first decl)) [(first decl) (rest decl)] ["" decl])
        [params expr] decl]
    `(defn ~name ~doc ~params
       ~(apply (eval (list 'fn params expr)) params))))

(defn loaded-libs
  "The names of the namespaces that are loaded."
  []
  (loaded-libs*))

(defn requiring-resolve
  "The var of a symbol with a namespace, which is loaded if need be; nil if there is none."
  [sym]
  (if (qualified-symbol? sym)
    (or (resolve sym)
        (do (require (symbol (namespace sym)))
            (resolve sym)))
    (throw (ex-info (str "Not a qualified symbol: " sym) {:symbol sym}))))

(defn load
  "Loads namespaces by the paths of their files, again if they are loaded: `\"/my/lib\"`."
  [& paths]
  (doseq [path paths]
    (let [path (if (str/starts-with? path "/") (subs path 1) path)]
      (require (symbol (str/replace (str/replace path "/" ".") "_" "-")) :reload))))


(defn clojure-version
  "The version of Clojure whose library this one follows."
  []
  (let [{:keys [major minor incremental qualifier]} *clojure-version*]
    (str major "." minor "." incremental (when qualifier (str "-" qualifier)))))
