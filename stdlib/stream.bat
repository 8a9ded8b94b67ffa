;; Streams: lazy sequences, which core's functions realise item by item, as far as somebody takes
;; from them. So nothing is made before it is asked for, and a slow taker holds the source up. A
;; function of a stream takes it last; without it, it gives a step, a function from stream to stream.
(ns stream)

(declare from-actor)

(defn from
  "A stream of a collection, of a query's rows, or of an actor that answers calls of :next with
  {:ok item} or :end, as serve makes one; passed through the steps."
  [source & steps]
  (clojure.core/reduce (fn [s step] (step s))
               (if (or (pid? source) (keyword? source)) (from-actor source) (lazy-seq source))
               steps))

(defn- from-actor
  [source]
  (lazy-seq
    (match (call source :next nil)
      {:ok item} -> (cons item (from-actor source))
      :end -> nil
      {:error reason} -> (throw reason))))

(defn- from-pages
  [log places follow?]
  (lazy-seq
    (let [[records places commit] (log-page* log places 1024)]
      (cond
        (seq records) (concat records (from-pages log places follow?))
        (and follow? (log-wait* commit)) (from-pages log places follow?)))))

(defn map
  "f of each item."
  ([f] (fn [s] (map f s)))
  ([f s] (clojure.core/map f s)))

(defn filter
  "The items for which keep? is true."
  ([keep?] (fn [s] (filter keep? s)))
  ([keep? s] (clojure.core/filter keep? s)))

(defn flat-map
  "The items of the collections that f gives for each item."
  ([f] (fn [s] (flat-map f s)))
  ([f s] (mapcat f s)))

(defn take
  "At most the first n items; no more are asked for."
  ([n] (fn [s] (take n s)))
  ([n s] (clojure.core/take n s)))

(defn reduce
  "f of the items and what it gave before, init at first."
  ([f init] (fn [s] (reduce f init s)))
  ([f init s] (clojure.core/reduce f init s)))

(defn for-each
  "Calls f with each item; gives :ok at the end."
  ([f] (fn [s] (for-each f s)))
  ([f s]
   (loop [s (seq s)]
     (if s
       (do (f (first s))
         (recur (next s)))
       :ok))))

(defn- by-count
  "Windows of n items; the last may have fewer."
  [n start s]
  (lazy-seq
    (when (seq s)
      (let [rows (vec (clojure.core/take n s))]
        (cons {:start start :end (+ start (count rows)) :rows rows}
              (by-count n (+ start n) (clojure.core/drop n s)))))))

(defn- milliseconds
  [t]
  (if (inst? t) (inst-ms t) t))

(defn- as-window
  "A window of the rows from a millisecond on, told in the kind of time that the rows have."
  [size start rows instants?]
  (let [shown (fn [ms] (if instants? (time/instant ms) ms))]
    {:start (shown start) :end (shown (+ start size)) :rows rows}))

(defn- closed
  "The windows of `open` that end at or before a time, in order."
  [{:keys [size]} open until instants?]
  (for [[start rows] (sort-by first open) :when (<= (+ start size) until)]
    (as-window size start rows instants?)))

(defn- by-time
  [{:keys [size time lateness] :as window} open newest instants? s]
  (lazy-seq
    (if-let [s (seq s)]
      (let [item (first s)
            at (if time (time item) (now))
            ms (milliseconds at)
            start (* size (quot (if (neg? ms) (- ms (dec size)) ms) size))
            newest (if newest (max newest ms) ms)
            until (- newest lateness)
            late? (<= (+ start size) until)
            open (if late? open (update open start (fnil conj []) item))
            done (closed window open until (inst? at))]
        (concat done
                (by-time window (clojure.core/into {} (remove (fn [[start _]] (<= (+ start size) until)) open))
                         newest (inst? at) (rest s))))
      (clojure.core/map (fn [[start rows]] (as-window size start rows instants?)) (sort-by first open)))))

(defn window
  "Windows {:start :end :rows} of n items, or of the times that tumbling-window says."
  ([size] (fn [s] (window size s)))
  ([size s]
   (cond
     (map? size) (by-time size {} nil false s)
     (and (integer? size) (pos? size)) (by-count size 0 s)
     :else (throw (IllegalArgumentException.
                   (str "stream/window wants a number of items or (tumbling-window ms), not " (pr-str size)))))))

(defn aggregate
  "For each window {:start :end} with, under each key of columns, what the function there gives for
  the window's rows."
  ([columns] (fn [s] (aggregate columns s)))
  ([columns s]
   (map (fn [{:keys [start end rows]}]
          (reduce-kv (fn [row key f] (assoc row key (f rows))) {:start start :end end} columns))
        s)))

(defn serve
  "An actor that gives the items of a stream, one per call of :next, and ends with it."
  [s]
  (let [serving (fn serving [s]
                  (receive
                    :next -> (match (attempt (seq s))
                               {:ok nil} -> (reply :end)
                               {:ok s} -> (do (reply {:ok (first s)}) (serving (rest s)))
                               {:error reason} -> (reply {:error reason}))))]
    (spawn serving s)))

(declare hub)

(defn- give
  "Waits for an item of a running source and gives it to who asked."
  [taker running owner]
  (if (zero? running)
    (reply taker :end)
    (receive
      [:put item] -> (do (reply :taken)
                       (reply taker {:ok item})
                       (hub running owner))
      [:exit _ :normal] -> (give taker (dec running) owner)
      [:exit _ reason] -> (do (reply taker {:error reason})
                            (exit :shutdown))
      [:down ~owner _ _] -> (exit :shutdown))))

(defn- hub
  "Waits for who wants an item of the running sources, as long as the owner of the stream lives."
  [running owner]
  (receive
    :next -> (give (caller) running owner)
    [:down ~owner _ _] -> (exit :shutdown)))

(defn- start-hub
  [streams owner]
  (spawn (fn []
           (trap-exit true)
           (let [me (self)]
             (doseq [s streams]
               (spawn-link (fn [] (for-each (fn [item] (call me [:put item] nil)) s))))
             (hub (count streams) (monitor owner))))))

(defn merge
  "The items of several streams as they come, each stream in an actor of its own that goes on when
  its item was taken. They end with the actor that takes."
  [& streams]
  (lazy-seq (from-actor (start-hub streams (self)))))

(defn- without-place
  [record]
  (dissoc record :_partition :_offset :_commit :_time))

(defn from-log
  "A stream of the records that a log has, in the order of commits, read page by page and passed
  through the steps. A map before the steps may say more: :from, an offset, an instant, :start or
  :end; :partition; :follow true, to go on with what is appended, for ever. With such a map each
  record has :_partition, :_offset, :_commit and :_time too, and a deletion is a record with
  :_deleted."
  [log & steps]
  (if (map? (first steps))
    (let [options (first steps)]
      (apply from (from-pages log (log-places* log options) (:follow options)) (rest steps)))
    (apply from
           (lazy-seq (clojure.core/map without-place
                                       (clojure.core/remove :_deleted (from-pages log (log-places* log nil) false))))
           steps)))

(defn send-to
  "An actor, linked to this one, that sends each item of a stream to an actor as [:item item], and
  [:end] at its end. To follow a log:
  (stream/send-to (self) (stream/from-log :events {:follow true}))."
  ([to] (fn [s] (send-to to s)))
  ([to s]
   (spawn-link (fn []
                 (for-each (fn [item] (send to [:item item])) s)
                 (send to [:end])))))
