;; CSV: rows are vectors of strings, read one at a time.
(ns csv)

(defn- rows-of-text
  [text at separator quote]
  (lazy-seq
    (let [found (row* text at separator quote)]
      (when found
        (cons (nth found 0) (rows-of-text text (nth found 1) separator quote))))))

(defn- rows-of-reader
  [reader separator quote]
  (lazy-seq
    (let [row (read-row* reader separator quote)]
      (when row
        (cons row (rows-of-reader reader separator quote))))))

(defn read-csv
  "The lazy sequence of the rows of a text or a reader, vectors of strings. Options: :separator and
  :quote, characters."
  [input & options]
  (let [{:keys [separator quote] :or {separator \, quote \"}} (apply hash-map options)]
    (if (string? input)
      (rows-of-text input 0 separator quote)
      (rows-of-reader input separator quote))))

(defn maps
  "The lazy sequence of maps of rows: the first row holds the keys, made keywords unless :key-fn says
  otherwise."
  [rows & options]
  (let [{:keys [key-fn] :or {key-fn keyword}} (apply hash-map options)
        names (map key-fn (first rows))]
    (map (fn [row] (zipmap names row)) (rest rows))))

(defn- lines-of
  [rows options]
  (let [{:keys [separator quote quote? newline] :or {separator \, quote \" newline :lf}} options
        end (if (= :cr+lf newline) "\r\n" "\n")]
    (map (fn [row]
           (let [quoted (if (fn? quote?) (mapv (fn [cell] (boolean (quote? (str cell)))) row) quote?)]
             (line* row separator quote quoted end)))
         rows)))

(defn write-csv
  "Writes rows to a writer. Options: :separator, :quote, :quote? (true for all cells, or a function of a
  cell's text), :newline (:lf or :cr+lf)."
  [writer rows & options]
  (doseq [line (lines-of rows (apply hash-map options))]
    (io/write writer line)))

(defn write-str
  "The text of rows; options as for write-csv."
  [rows & options]
  (str/join (lines-of rows (apply hash-map options))))
