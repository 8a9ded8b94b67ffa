;; Tests: `deftest` notes a function, `is` reports what holds and what does not, `run-tests` calls
;; what is noted in the order of definition. All output goes through `report`, which may be bound.
(ns test)

(def ^:dynamic *report-counters*
  "While tests run, the atom that counts :test, :pass, :fail and :error."
  nil)

(def ^:dynamic *testing-vars*
  "The vars of the tests that are running, innermost first."
  ())

(def ^:dynamic *testing-contexts*
  "The strings of the testing forms around what is running, innermost first."
  ())

(def ^:dynamic *load-tests*
  "Kept for Clojure's sake: tests are always loaded."
  true)

(def ^:dynamic *colours*
  "Is the output coloured?"
  false)

(def ^:private registry
  "By name of the namespace: :tests in order, and the fixtures under :each and :once."
  (atom {}))

(defn- name-of
  "[namespace name] of a var."
  [v]
  (let [text (subs (str v) 2)
        slash (str/index-of text "/")]
    [(subs text 0 slash) (subs text (inc slash))]))

(defn register
  "Notes a test: the var, the function that runs it, and its place. Written by deftest."
  [v run place]
  (let [[space name] (name-of v)
        test {:var v :name name :run run :place place}]
    (swap! registry update-in [space :tests]
           (fn [tests]
             (if (some (fn [known] (= name (:name known))) tests)
               (mapv (fn [known] (if (= name (:name known)) test known)) tests)
               (conj (or tests []) test))))
    v))

(defn- test-of
  "The noted test of a var, nil if there is none."
  [v]
  (let [[space name] (name-of v)]
    (first (filter (fn [test] (= name (:name test))) (get-in @registry [space :tests])))))

(defn inc-report-counter
  "Counts one more of :test, :pass, :fail or :error."
  [name]
  (when *report-counters*
    (swap! *report-counters* update name (fnil inc 0))))

(defn testing-contexts-str
  "The strings of the testing forms around, outermost first."
  []
  (str/join " " (reverse *testing-contexts*)))

(defn testing-vars-str
  "The running tests and the place of a report."
  [{:keys [file line]}]
  (str "(" (str/join " " (map (fn [v] (second (name-of v))) (reverse *testing-vars*))) ")"
       (when file (str " (" file ":" line ")"))))

(defn- painted
  [colour text]
  (if *colours*
    (str "\u001b[" colour "m" text "\u001b[0m")
    text))

(defn- told
  "What was thrown, in words."
  [reason]
  (let [message (ex-message reason)
        data (ex-data reason)]
    (cond
      (nil? message) (pr-str reason)
      (seq data) (str message " " (pr-str data))
      :else message)))

(defn- tell-problem
  [word {:keys [message expected actual] :as event}]
  (println
    (str/join
      "\n"
      (concat
        [(str "\n" (painted 31 word) " in " (testing-vars-str event))]
        (when (seq *testing-contexts*) [(testing-contexts-str)])
        (when message [(str message)])
        [(str "expected: " (pr-str expected))
         (str "  actual: " (if (:thrown event) (told actual) (pr-str actual)))]))))

(defn- tell-summary
  [{:keys [test pass fail error]}]
  (println
    (str "\nRan " test " tests containing " (+ pass fail error) " assertions.\n"
         (painted (if (zero? (+ fail error)) 32 31)
                  (str fail " failures, " error " errors.")))))

(def ^:dynamic report
  "Counts and tells one event: a map with :type :pass, :fail, :error, :summary, or the beginning
  and end of a test or namespace. A multimethod of the type; bind it to hear of events."
  (-> (multimethod* (var report) "clojure.test/report" :type :default nil)
      (add-method* :default (fn [event] nil))
      (add-method* :pass (fn [event] (inc-report-counter :pass)))
      (add-method* :fail (fn [event]
                           (inc-report-counter :fail)
                           (tell-problem "FAIL" event)))
      (add-method* :error (fn [event]
                            (inc-report-counter :error)
                            (tell-problem "ERROR" event)))
      (add-method* :begin-test-ns (fn [event] (println (str "\nTesting " (:ns event)))))
      (add-method* :summary tell-summary)))

(defn do-report
  "Hands an event to report."
  [event]
  (report event)
  nil)

(defn- quoted
  [form]
  `'~form)

(defn tried-call
  "What is does for a call of a function: parts gives the function and its arguments. Written by
  is."
  [event parts]
  (try
    (let [[function & args] (parts)
          result (apply function args)]
      (if result
        (do-report (assoc event :type :pass :actual result))
        (do-report (assoc event :type :fail
                          :actual (list 'not (cons (first (:expected event)) args)))))
      result)
    (catch reason ->
      (do-report (assoc event :type :error :actual reason :thrown true)))))

(defn tried-value
  "What is does for any other form, whose value compute gives. Written by is."
  [event compute]
  (try
    (let [result (compute)]
      (do-report (assoc event :type (if result :pass :fail) :actual result))
      result)
    (catch reason ->
      (do-report (assoc event :type :error :actual reason :thrown true)))))

(defn tried-crash
  "What is does for thrown? and thrown-with-msg?: outcome gives [reason] if the body crashed as it
  should, else nil. Written by is."
  [event pattern outcome]
  (try
    (let [[reason :as crashed] (outcome)]
      (cond
        (nil? crashed)
        (do-report (assoc event :type :fail :actual nil))

        (or (nil? pattern) (re-find pattern (or (ex-message reason) "")))
        (do-report (assoc event :type :pass :actual reason))

        :else
        (do-report (assoc event :type :fail :actual reason :thrown true)))
      reason)
    (catch reason ->
      (do-report (assoc event :type :error :actual reason :thrown true)))))

(defn- crash-form
  [event pattern kind body]
  `(tried-crash ~event ~pattern (fn [] (try ~@body nil (catch ~kind reason# [reason#])))))

(defn- call-of-function?
  [form]
  (let [head (first form)]
    (and (symbol? head)
         (not (special-symbol? (symbol (name head))))
         (= form (macroexpand-1 form)))))

(defn- known-assertion
  "The form that checks another one and reports it as event."
  [form event]
  (let [head (when (seq? form) (first form))
        kind (when (and (symbol? head)
                        (contains? #{nil "test" "clojure.test"} (namespace head)))
               (name head))]
    (cond
      (= kind "thrown?") (crash-form event nil (second form) (nnext form))
      (= kind "thrown-with-msg?") (crash-form event (nth form 2) (second form) (drop 3 form))
      (and (seq? form) (call-of-function? form)) `(tried-call ~event (fn [] [~@form]))
      :else `(tried-value ~event (fn [] ~form)))))

(defn- assertion-kind
  [message form]
  (if (seq? form) (first form) :default))

(def assert-expr
  "The form that (is form message) stands for: a multimethod of the head of form, to which a
  program may add assertions of its own."
  (add-method* (multimethod* (var assert-expr) "clojure.test/assert-expr" assertion-kind :default nil)
               :default (fn [message form]
                          (known-assertion form {:message message :expected (quoted form)}))))

(defn is-form
  "What (is form message) stands for; call is the form of the call itself. Written by is."
  [form message call]
  (let [{:keys [file line]} (meta call)]
    (if (contains? (methods assert-expr) (assertion-kind message form))
      (assert-expr message form)
      (known-assertion form {:file file :line line :message message :expected (quoted form)}))))

(defmacro is
  "Reports whether the form is true, with a message if one is given; gives its value. In
  (is (thrown? Kind body…)) and (is (thrown-with-msg? Kind pattern body…)) the body must crash."
  ([form] (is-form form nil &form))
  ([form message] (is-form form message &form)))

(defn tried-received
  "What is-received does: outcome gives [message] or nil. Written by is-received."
  [event outcome]
  (let [[message :as received] (outcome)]
    (if received
      (do-report (assoc event :type :pass :actual message))
      (do-report (assoc event :type :fail :actual nil :message "No such message came in time.")))
    message))

(defn received-form
  "What (is-received pattern ms) stands for; call is the form of the call itself. Written by
  is-received."
  [pattern ms call]
  (let [{:keys [file line]} (meta call)
        event {:file file :line line :expected (quoted (list 'is-received pattern ms))}]
    `(tried-received
       ~event
       (fn [] (receive-timeout ~ms (as ~pattern message#) -> [message#] timeout -> nil)))))

(defmacro is-received
  "Reports whether a message that fits the pattern comes within so many milliseconds, else 1000;
  gives the message."
  ([pattern] (received-form pattern 1000 &form))
  ([pattern ms] (received-form pattern ms &form)))

(defmacro are
  "is for expr with the names of argv replaced by each group of args."
  [argv expr & args]
  (if (if (seq argv)
        (and (seq args) (zero? (mod (count args) (count argv))))
        (empty? args))
    `(template/do-template ~argv (is ~expr) ~@args)
    (throw (ex-info (str "`are` wants a multiple of " (count argv) " values, got " (count args))
                    {:argv argv}))))

(defmacro testing
  "Runs the body; what it reports says that it is about the string."
  [string & body]
  `(binding [*testing-contexts* (cons ~string *testing-contexts*)]
     ~@body))

(defmacro deftest
  "Defines a test: a function without arguments that run-tests calls, and that may be called."
  [name & body]
  `(do
     (defn ~name [] (test-var (var ~name)))
     (register (var ~name) (fn [] ~@body) ~(select-keys (meta &form) [:file :line]))))

(defmacro deftest-
  "As deftest, for this namespace only."
  [name & body]
  `(deftest ~(vary-meta name assoc :private true) ~@body))

(defmacro with-test
  "Defines as the definition says, with the body as its test."
  [definition & body]
  `(do
     ~definition
     (register (var ~(second definition)) (fn [] ~@body)
               ~(select-keys (meta &form) [:file :line]))))

(defmacro set-test
  "Makes the body the test of a name that is defined."
  [name & body]
  `(register (var ~name) (fn [] ~@body) ~(select-keys (meta &form) [:file :line])))

(defn compose-fixtures
  "One fixture of two: the first around the second."
  [outer inner]
  (fn [run] (outer (fn [] (inner run)))))

(defn join-fixtures
  "One fixture of many, the first outermost."
  [fixtures]
  (reduce compose-fixtures (fn [run] (run)) fixtures))

(defn add-fixtures
  "Notes the fixtures of a namespace. Written by use-fixtures."
  [space kind fixtures]
  (if (contains? #{:each :once} kind)
    (swap! registry assoc-in [space kind] fixtures)
    (throw (ex-info (str "`use-fixtures` wants :each or :once, got " (pr-str kind)) {:kind kind})))
  nil)

(defmacro use-fixtures
  "Runs every test (:each), or all tests of the namespace together (:once), inside of the fixtures:
  functions that are called with a function to call."
  [kind & fixtures]
  `(add-fixtures (str *ns*) ~kind [~@fixtures]))

(defn- fixture
  [space kind]
  (join-fixtures (get-in @registry [space kind])))

(defn- run-noted
  [{:keys [var run place]}]
  (binding [*testing-vars* (conj *testing-vars* var)]
    (do-report {:type :begin-test-var :var var})
    (inc-report-counter :test)
    (try
      (run)
      (catch e ->
        (do-report (assoc place :type :error :message "Crashed outside of any `is`." :actual e
                          :thrown true))))
    (do-report {:type :end-test-var :var var})))

(defn test-var
  "Runs the test of a var, without fixtures."
  [v]
  (let [test (test-of v)]
    (if test
      (run-noted test)
      (throw (ex-info (str (pr-str v) " has no test") {:var v})))
    nil))

(defn- run-all
  "Runs tests of one namespace inside of its fixtures."
  [space tests]
  (let [each (fixture space :each)]
    ((fixture space :once)
     (fn []
       (doseq [test tests]
         (each (fn [] (run-noted test))))))))

(defn test-vars
  "Runs the tests of vars inside of the fixtures of their namespaces."
  [vars]
  (doseq [[space vars] (group-by (fn [v] (first (name-of v))) vars)]
    (run-all space (keep test-of vars))))

(defn test-all-vars
  "Runs all tests of a namespace inside of its fixtures."
  [space]
  (run-all (str space) (get-in @registry [(str space) :tests])))

(defmacro ^:private counted
  "Runs the body; what it counted."
  [& body]
  `(binding [*report-counters* (atom {:test 0 :pass 0 :fail 0 :error 0})]
     ~@body
     @*report-counters*))

(defn- run-namespace
  [space]
  (do-report {:type :begin-test-ns :ns space})
  (try
    (test-all-vars space)
    (catch e ->
      (do-report {:type :error :message "A fixture crashed." :actual e :thrown true})))
  (do-report {:type :end-test-ns :ns space}))

(defn test-ns
  "Runs all tests of a namespace; the counts of what happened."
  [space]
  (counted (run-namespace (str space))))

(defn- summed
  "Reports the summary of counts, and gives it."
  [counts]
  (let [summary (assoc counts :type :summary)]
    (do-report summary)
    summary))

(defn run-tests
  "Runs all tests of the namespaces, or of this one, and tells a summary, which is given."
  [& spaces]
  (summed (counted (doseq [space (or (seq spaces) [*ns*])]
                     (run-namespace (str space))))))

(defn run-all-tests
  "Runs the tests of all namespaces, or of those whose names the pattern matches as a whole."
  ([] (run-all-tests #".*"))
  ([pattern]
   (apply run-tests
          (filter (fn [space] (and (seq (get-in @registry [space :tests]))
                                   (re-matches pattern space)))
                  (sort (keys @registry))))))

(defn run-test-var
  "Runs the test of a var inside of its fixtures, and tells a summary, which is given."
  [v]
  (summed (counted (test-vars [v]))))

(defmacro run-test
  "Runs one test inside of its fixtures, and tells a summary, which is given."
  [name]
  `(run-test-var (var ~name)))

(defn successful?
  "Did nothing fail or crash, by a summary?"
  [summary]
  (zero? (+ (get summary :fail 0) (get summary :error 0))))

(defn report-check
  "Reports the result of quick-check. Written by check."
  [{:keys [pass? num-tests seed fail shrunk]} names event]
  (if pass?
    (do-report (assoc event :type :pass :actual num-tests))
    (do-report
      (assoc event
             :type :fail
             :message (str "Falsified after " num-tests " tests; seed " seed)
             :actual {:smallest (zipmap names (:smallest shrunk))
                      :first (zipmap names fail)
                      :result (let [result (:result shrunk)] (or (ex-message result) result))})))
  pass?)

(defn default-seed
  "The seed of property tests: the number in BATUTA_TEST_SEED, nil if there is none."
  []
  (let [text (System/getenv "BATUTA_TEST_SEED")]
    (when text (parse-long text))))

(defmacro check
  "Reports whether the body is true for all values of the generators the names are bound to:
  (check [n gen/int] …), with options (check {:tests 1000 :seed 7} [n gen/int] …). What fails is
  told with the seed and the smallest values that fail."
  [& args]
  (let [[options bindings & body] (if (map? (first args)) args (cons {} args))
        names (map first (partition 2 bindings))
        event (assoc (select-keys (meta &form) [:file :line]) :expected (quoted (last body)))]
    `(let [options# ~options]
       (report-check
         (prop/quick-check (get options# :tests 100)
                           (prop/for-all ~bindings ~@body)
                           :seed (or (:seed options#) (default-seed))
                           :max-size (get options# :max-size 100))
         '~(vec names)
         ~event))))
