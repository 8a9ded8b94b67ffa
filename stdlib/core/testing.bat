;; What of the namespace `test` is visible without it.
(ns batuta.core)

(defmacro deftest
  "Defines a test: a function without arguments that run-tests calls, and that may be called."
  [name & body]
  `(test/deftest ~name ~@body))

(defmacro is
  "Reports whether the form is true, with a message if one is given; gives its value. In
  (is (thrown? Kind body…)) and (is (thrown-with-msg? Kind pattern body…)) the body must crash."
  ([form] (test/is-form form nil &form))
  ([form message] (test/is-form form message &form)))

(defmacro is-received
  "Reports whether a message that fits the pattern comes within so many milliseconds, else 1000;
  gives the message."
  ([pattern] (test/received-form pattern 1000 &form))
  ([pattern ms] (test/received-form pattern ms &form)))

(defmacro are
  "is for expr with the names of argv replaced by each group of args."
  [argv expr & args]
  `(test/are ~argv ~expr ~@args))

(defmacro testing
  "Runs the body; what it reports says that it is about the string."
  [string & body]
  `(test/testing ~string ~@body))

(defn test
  "Calls the function under :test in the metadata of a var or symbol: :ok, or :no-test."
  [v]
  (let [run (:test (meta v))]
    (if run
      (do (run) :ok)
      :no-test)))
