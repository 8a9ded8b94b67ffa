;; Printing data in columns, tables and by Common Lisp's format directives.
(ns clojure.pprint)

(def ^:dynamic *print-right-margin*
  "How many columns a line of pretty output should take at most."
  72)
(def ^:dynamic *print-pretty*
  "Does `write` print in several lines?"
  true)
(def ^:dynamic *print-miser-width*
  "Kept for Clojure's sake."
  40)

(declare laid-out)

(defn- delimiters
  [x]
  (cond
    (vector? x) ["[" "]"]
    (set? x) ["#{" "}"]
    (map? x) ["{" "}"]
    (seq? x) ["(" ")"]
    :else nil))

(defn- shown-items
  "As many items as are printed, and whether there are more."
  [coll]
  (if *print-length*
    [(take *print-length* coll) (some? (seq (drop *print-length* coll)))]
    [coll false]))

(defn- entry-text
  [[k v] column room]
  (let [key-text (laid-out k column 0)
        one-line (str key-text " " (pr-str v))]
    (if (<= (+ column (count one-line) room) *print-right-margin*)
      one-line
      (str key-text "\n" (apply str (repeat column \space)) (laid-out v column room)))))

(defn- block
  [x column room]
  (let [[open close] (delimiters x)
        inner (+ column (count open))
        [items more?] (shown-items (seq x))
        separator (str (if (map? x) ",\n" "\n") (apply str (repeat inner \space)))
        text (fn [item room]
               (if (map? x) (entry-text item inner room) (laid-out item inner room)))
        last-room (+ room (count close))
        texts (loop [items (seq items) texts []]
                (if items
                  (let [is-last (and (nil? (next items)) (not more?))
                        room (if is-last last-room (if (map? x) 1 0))]
                    (recur (next items) (conj texts (text (first items) room))))
                  (if more? (conj texts "...") texts)))]
    (str open (str/join separator texts) close)))

(defn- laid-out
  "The text of a value that starts in a column, with room for what closes around it."
  [x column room]
  (let [one-line (pr-str x)]
    (if (or (not (delimiters x))
            (empty? x)
            (<= (+ column (count one-line) room) *print-right-margin*))
      one-line
      (block x column room))))

(defn write
  "The value as `pprint` lays it out, on `*out*`; with `:stream nil` as a string."
  [x & options]
  (let [text (laid-out x 0 0)]
    (if (and (seq options) (contains? (apply hash-map options) :stream)
             (nil? (:stream (apply hash-map options))))
      text
      (print text))))

(defn pprint
  "Prints a value over as many lines as it needs."
  ([x] (println (laid-out x 0 0)))
  ([x out] (binding [*out* out] (println (laid-out x 0 0)))))

(defmacro pp
  "Prints the last value of the prompt over as many lines as it needs."
  []
  `(pprint *1))

(defn print-table
  "Prints maps as a table: a row each, a column for each key."
  ([rows] (print-table (keys (first rows)) rows))
  ([ks rows]
   (when (seq rows)
     (let [width (fn [k] (apply max (count (str k)) (map (fn [row] (count (str (get row k)))) rows)))
           widths (mapv width ks)
           padded (fn [text width] (str (apply str (repeat (- width (count text)) \space)) text))
           line (fn [texts open between close]
                  (str open (str/join between (map padded texts widths)) close))]
       (println)
       (println (line (map str ks) "| " " | " " |"))
       (println (str "|-" (str/join "-+-" (map (fn [w] (apply str (repeat w \-))) widths)) "-|"))
       (doseq [row rows]
         (println (line (map (fn [k] (str (get row k))) ks) "| " " | " " |")))))))

(defn- read-parameter
  "One parameter of a directive, from a place on: [value place]."
  [text at]
  (let [c (nth text at nil)]
    (cond
      (= c \') [(nth text (inc at)) (+ at 2)]
      (or (= c \v) (= c \V)) [:next (inc at)]
      (= c \#) [:count (inc at)]
      :else
      (loop [end (if (or (= c \-) (= c \+)) (inc at) at)]
        (if (and (< end (count text)) (<= 48 (int (nth text end)) 57))
          (recur (inc end))
          [(parse-long (subs text at end)) end])))))

(defn- read-directive
  "The directive that starts behind a tilde: its letter, parameters, flags and where it ends."
  [text at]
  (loop [at at params [] colon false at-sign false]
    (let [c (nth text at nil)]
      (cond
        (nil? c) (throw (ex-info "cl-format: a directive is not finished" {:text text}))
        (= c \:) (recur (inc at) params true at-sign)
        (= c \@) (recur (inc at) params colon true)
        (= c \,) (recur (inc at) (if (empty? params) [nil nil] (conj params nil)) colon at-sign)
        (or (= c \') (= c \-) (= c \+) (= c \#) (= c \v) (= c \V) (<= 48 (int c) 57))
        (let [[value end] (read-parameter text at)]
          (recur end (if (empty? params) [value] (conj (pop params) value)) colon at-sign))
        :else {:letter (first (str/lower-case (str c)))
               :params params :colon colon :at at-sign :end (inc at)}))))

(declare parse-directives)

(def ^:private closers {\[ \] \{ \} \( \) \< \>})

(defn- parse-clauses
  "What stands between an opening directive and its closer: [clauses end closer]."
  [text at closer]
  (loop [at at clauses [] default nil]
    (let [[parts end stop] (parse-directives text at #{closer \;})]
      (cond
        (nil? stop)
        (throw (ex-info (str "cl-format: `~" closer "` is missing") {:text text}))
        (= (:letter stop) \;)
        (recur end (conj clauses parts) (if (:colon stop) (inc (count clauses)) default))
        :else [(conj clauses parts) end stop default]))))

(defn- parse-directives
  "Parts up to the end or one of the closers: [parts end closer]."
  [text at stops]
  (loop [at at parts []]
    (let [tilde (str/index-of text "~" at)]
      (if (nil? tilde)
        [(conj parts (subs text at)) (count text) nil]
        (let [parts (if (< at tilde) (conj parts (subs text at tilde)) parts)
              directive (read-directive text (inc tilde))
              letter (:letter directive)]
          (cond
            (contains? stops letter) [parts (:end directive) directive]
            (contains? closers letter)
            (let [[clauses end closer default]
                  (parse-clauses text (:end directive) (get closers letter))]
              (recur end (conj parts (assoc directive :clauses clauses :closer closer
                                            :default default))))
            :else (recur (:end directive) (conj parts directive))))))))

(defn- pad
  [text width left? fill]
  (let [missing (apply str (repeat (- width (count text)) fill))]
    (if left? (str missing text) (str text missing))))

(defn- grouped
  [digits separator size]
  (let [n (count digits)
        head (rem n size)
        parts (map (fn [at] (subs digits at (+ at size))) (range head n size))]
    (str/join separator (if (pos? head) (cons (subs digits 0 head) parts) parts))))

(defn- digits-of
  [n radix]
  (if (zero? n)
    "0"
    (loop [n (abs n) text ""]
      (if (zero? n)
        text
        (recur (quot n radix)
               (str (nth "0123456789abcdefghijklmnopqrstuvwxyz" (rem n radix)) text))))))

(defn- integer-text
  [x radix {:keys [params colon at]}]
  (if (integer? x)
    (let [[width fill comma size] params
          digits (digits-of x radix)
          digits (if colon (grouped digits (str (or comma ",")) (or size 3)) digits)
          sign (cond (neg? x) "-" at "+" :else "")]
      (pad (str sign digits) (or width 0) true (or fill \space)))
    (print-str x)))

(defn- fixed-text
  [x {:keys [params at]}]
  (let [[width decimals] params
        text (if decimals
               (format (str "%." decimals "f") (double x))
               (str (double x)))
        text (if (and at (not (neg? x))) (str "+" text) text)]
    (pad text (or width 0) true \space)))

(def ^:private small-numbers
  ["zero" "one" "two" "three" "four" "five" "six" "seven" "eight" "nine" "ten" "eleven" "twelve"
   "thirteen" "fourteen" "fifteen" "sixteen" "seventeen" "eighteen" "nineteen"])

(def ^:private tens
  ["" "" "twenty" "thirty" "forty" "fifty" "sixty" "seventy" "eighty" "ninety"])

(defn- below-thousand
  [n]
  (let [hundreds (quot n 100)
        small (rem n 100)
        words (cond
                (zero? small) nil
                (< small 20) (nth small-numbers small)
                (zero? (rem small 10)) (nth tens (quot small 10))
                :else (str (nth tens (quot small 10)) "-" (nth small-numbers (rem small 10))))]
    (str/join " " (remove nil? [(when (pos? hundreds) (str (nth small-numbers hundreds) " hundred"))
                                words]))))

(defn- in-words
  [n]
  (cond
    (neg? n) (str "minus " (in-words (- n)))
    (zero? n) "zero"
    :else
    (loop [n n scale ["" " thousand" " million" " billion" " trillion" " quadrillion"] parts ()]
      (cond
        (zero? n) (str/join ", " parts)
        (empty? scale) (str n)
        :else (let [low (rem n 1000)]
                (recur (quot n 1000)
                       (rest scale)
                       (if (zero? low) parts (cons (str (below-thousand low) (first scale)) parts))))))))

(defn- roman
  [n]
  (loop [n n text "" steps [[1000 "M"] [900 "CM"] [500 "D"] [400 "CD"] [100 "C"] [90 "XC"] [50 "L"]
                            [40 "XL"] [10 "X"] [9 "IX"] [5 "V"] [4 "IV"] [1 "I"]]]
    (if (or (zero? n) (empty? steps))
      text
      (let [[value letters] (first steps)]
        (if (>= n value)
          (recur (- n value) (str text letters) steps)
          (recur n text (rest steps)))))))

(declare run-parts)

(defn- next-arg
  [state]
  (if (>= (:at state) (count (:args state)))
    (throw (ex-info "cl-format: there are not enough arguments" {:args (:args state)}))
    [(nth (:args state) (:at state)) (update state :at inc)]))

(defn- emit
  [state text]
  (update state :out str text))

(defn- run-loop
  [state {:keys [params colon at clauses]}]
  (let [parts (first clauses)
        most (first params)
        [items state] (if at
                        [(subvec (:args state) (:at state)) (assoc state :at (count (:args state)))]
                        (let [[items state] (next-arg state)] [(vec items) state]))
        once (fn [args out] (run-parts parts {:args args :at 0 :out out}))]
    (if colon
      (emit state (reduce (fn [out args] (:out (once (vec args) out)))
                          ""
                          (if most (take most items) items)))
      (loop [inner {:args items :at 0 :out ""} rounds 0]
        (if (or (>= (:at inner) (count items)) (and most (>= rounds most)))
          (emit state (:out inner))
          (let [after (run-parts parts (dissoc inner :stopped))]
            (if (or (:stopped after) (= (:at after) (:at inner)))
              (emit state (:out after))
              (recur after (inc rounds)))))))))

(defn- run-choice
  [state {:keys [params colon at clauses default]}]
  (cond
    colon (let [[x state] (next-arg state)] (run-parts (nth clauses (if x 1 0)) state))
    at (let [x (nth (:args state) (:at state) nil)]
         (if x (run-parts (first clauses) state) (update state :at inc)))
    :else (let [[n state] (if (first params) [(first params) state] (next-arg state))
                chosen (cond
                         (and (<= 0 n) (< n (- (count clauses) (if default 1 0)))) (nth clauses n)
                         default (nth clauses default)
                         :else [])]
            (run-parts chosen state))))

(defn- run-case
  [state {:keys [colon at clauses]}]
  (let [inner (run-parts (first clauses) (assoc state :out ""))
        text (:out inner)
        text (cond
               (and colon at) (str/upper-case text)
               colon (str/join " " (map str/capitalize (str/split text #" ")))
               at (str/capitalize text)
               :else (str/lower-case text))]
    (assoc inner :out (str (:out state) text))))

(defn- run-value
  [state directive write]
  (let [[x state] (next-arg state)
        width (first (:params directive))]
    (emit state (pad (write x) (or width 0) (:at directive) \space))))

(defn- run-radix
  [state directive]
  (let [[x state] (next-arg state)
        radix (first (:params directive))]
    (emit state (cond
                  radix (integer-text x radix (update directive :params (comp vec rest)))
                  (:at directive) (roman x)
                  :else (in-words x)))))

(defn- run-plural
  [state {:keys [colon at]}]
  (let [state (if colon (update state :at dec) state)
        [x state] (next-arg state)]
    (emit state (if at (if (= x 1) "y" "ies") (if (= x 1) "" "s")))))

(defn- run-skip
  [state {:keys [params colon at]}]
  (let [n (or (first params) (if at 0 1))]
    (cond
      at (assoc state :at n)
      colon (update state :at - n)
      :else (update state :at + n))))

(defn- run-directive
  [state {:keys [letter params] :as directive}]
  (let [repeated (fn [text] (emit state (apply str (repeat (or (first params) 1) text))))]
    (case letter
      \a (run-value state directive print-str)
      \s (run-value state directive pr-str)
      \d (let [[x state] (next-arg state)] (emit state (integer-text x 10 directive)))
      \x (let [[x state] (next-arg state)] (emit state (integer-text x 16 directive)))
      \o (let [[x state] (next-arg state)] (emit state (integer-text x 8 directive)))
      \b (let [[x state] (next-arg state)] (emit state (integer-text x 2 directive)))
      \r (run-radix state directive)
      \f (let [[x state] (next-arg state)] (emit state (fixed-text x directive)))
      \$ (let [[x state] (next-arg state)
               decimals (or (first params) 2)]
           (emit state (fixed-text x (assoc directive :params [nil decimals]))))
      \c (let [[x state] (next-arg state)] (emit state (str x)))
      \p (run-plural state directive)
      \% (repeated "\n")
      \& (if (or (= (:out state) "") (str/ends-with? (:out state) "\n")) state (repeated "\n"))
      \~ (repeated "~")
      \* (run-skip state directive)
      \newline state
      \_ state
      \^ (if (>= (:at state) (count (:args state))) (assoc state :stopped true) state)
      \? (let [[text state] (next-arg state)
               [args state] (next-arg state)
               [parts] (parse-directives text 0 #{})]
           (emit state (:out (run-parts parts {:args (vec args) :at 0 :out ""}))))
      \[ (run-choice state directive)
      \{ (run-loop state directive)
      \( (run-case state directive)
      \< (run-parts (first (:clauses directive)) state)
      (throw (ex-info (str "cl-format: `~" letter "` is no directive") {:letter letter})))))

(defn- run-parts
  [parts state]
  (loop [parts (seq parts) state state]
    (if (or (nil? parts) (:stopped state))
      state
      (recur (next parts)
             (if (string? (first parts))
               (emit state (first parts))
               (run-directive state (first parts)))))))

(defn cl-format
  "Formats by Common Lisp's directives: a string if writer is nil or false, else printed to it,
  or to `*out*` if it is true."
  [writer text & args]
  (let [[parts] (parse-directives text 0 #{})
        out (:out (run-parts parts {:args (vec args) :at 0 :out ""}))]
    (cond
      (not writer) out
      (true? writer) (print out)
      :else (binding [*out* writer] (print out)))))
