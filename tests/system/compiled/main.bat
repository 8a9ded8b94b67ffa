;; Most of what a program can hold, in several files; it crashes at its end.
(ns main (:require [util.text :as text :refer [shout]] [util.number :as number]))

(defprotocol Shape (area [shape]))
(defrecord Square [side] Shape (area [_] (* side side)))
(defmulti speak :kind)
(defmethod speak :dog [_] "woof")
(defmethod speak :default [_] "?")

(def ^:dynamic *depth* 1)
(def state (atom {:a 1 :b [1 2 {:c #{1 2 3}}]}))

(defn documented "Has a doc string." [x] x)

(defn counts
  ([a] [a])
  ([a b & more] [a b more]))

(defn wide [a b c d e f g h i j] [a j])
(defn wide-rest [a b c d e f g h i & more] [a more])

(println *ns* (shout "hey") (text/whisper "HEY") (text/with-mark 21))
(println (number/twice 21) number/limit @number/counter)

(letfn [(ev? [n] (if (= n 0) true (od? (dec n))))
        (od? [n] (if (= n 0) false (ev? (dec n))))]
  (println (ev? 10) (od? 10)))

(defn constants []
  (println :k 'sym "s" \c 1 1.5 -0.0 1N 123456789012345678901234567890 3/4 2.5M nil true)
  (println '(1 (2)) [1 [2]] {:z 1 :a {:b 2}} #{:x} #inst "2020-01-01" (str #"re.*"))
  (println (meta '^{:m 1} x) (:doc (meta #'documented)) (:arglists (meta #'documented))))

(defn calls []
  (println (counts 1) (counts 1 2) (counts 1 2 3 4 5) (apply counts (range 12)))
  (println (wide 1 2 3 4 5 6 7 8 9 10) (apply wide (range 10)) (wide-rest 1 2 3 4 5 6 7 8 9 10 11))
  (println ({:a 5} :a) (:b {:b 7}) (#{1} 1) ((juxt inc dec) 4) ((comp str inc) 1))
  (println (map inc (range 5)) (sort-by - [3 1 2]) (into (sorted-map) {:z 1 :a 2}))
  (println (try (nth [] 1) (catch :default e (ex-message e))))
  (println (with-out-str (print "x")) @(future (+ 1 2)) @(delay 3))
  (println (binding [*depth* 2] *depth*) (with-redefs [documented inc] (documented 1))))

(defn types []
  (println (area (->Square 4)) (speak {:kind :dog}) (speak {:kind :cat}))
  (println (instance? String "a") (= Long (class 1)) (format "%05.2f" 3.14159) (re-find #"\d+" "ab12"))
  (println (json/write-str {:a [1 2.5 nil]}) (json/read-str "{\"x\": [true]}")))

(defn actors []
  (let [doubler (spawn (fn [] (receive [from n] -> (send from (* n 2)))))]
    (send doubler [(self) 21])
    (println (receive answer -> answer)))
  (add-watch state :told (fn [_ _ old new] (println (:a old) (:a new))))
  (swap! state update :a inc))

(defn main [& arguments]
  (println arguments *command-line-args*)
  (constants)
  (calls)
  (types)
  (actors)
  (number/pick [1 2] 3))
