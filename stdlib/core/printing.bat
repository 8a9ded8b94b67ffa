;; Printing to other places, and reading from them.
(ns batuta.core)

(defmacro with-out-str
  "Runs the body; gives what it prints as a string."
  [& body]
  `(let [out# (string-output*)]
     (binding [*out* out#] ~@body)
     (str out#)))

(defmacro with-in-str
  "Runs the body with `*in*` reading from a string."
  [s & body]
  `(binding [*in* (string-input* ~s)] ~@body))

(defn line-seq
  "The lines of something to read from, lazily; nil if there are none."
  [reader]
  (let [line (read-line* reader)]
    (when-not (nil? line)
      (cons line (lazy-seq (line-seq reader))))))

(defn read+string
  "As read, but gives the form and its text: `[form text]`."
  ([] (read+string *in*))
  ([stream] (read+string stream true nil))
  ([stream eof-error? eof-value] (read-with-text* {} stream eof-error? eof-value))
  ([opts stream] (read-with-text* opts stream (not (contains? opts :eof)) (:eof opts))))

(defn read
  "Reads the next form of `*in*` or a stream as data. Evaluates nothing."
  ([] (read *in*))
  ([stream] (read stream true nil))
  ([stream eof-error? eof-value] (nth (read-with-text* {} stream eof-error? eof-value) 0))
  ([stream eof-error? eof-value recursive?] (read stream eof-error? eof-value))
  ([opts stream]
   (nth (read-with-text* opts stream (not (contains? opts :eof)) (:eof opts)) 0)))

(defn- print-dispatch*
  "What print-method dispatches on."
  [x writer]
  (print-tag* x))

(defn- print-by-default*
  "Writes x as pr does."
  [x writer]
  (binding [*out* writer] (pr x)))

(def print-method
  "Writes x to a writer. `pr`, `print` and their like ask the methods of a program for the values
  they print; a method is for a type, or for the :type in the metadata of values."
  (add-method* (multimethod* (var print-method) "clojure.core/print-method" print-dispatch* :default nil)
               :default print-by-default*))

(def print-dup
  "As print-method, for text that is read back."
  (add-method* (multimethod* (var print-dup) "clojure.core/print-dup" print-dispatch* :default nil)
               :default print-by-default*))

(defn print-simple
  "Writes x to a writer as print-method does."
  [x writer]
  (print-method x writer))

(defn print-method-text*
  "The text that print-method writes for x."
  [x]
  (with-out-str (print-method x *out*)))
