;; Evaluates forms and looks up names while it runs.
(ns evaluating (:require [util.number :as number :refer [limit]] [util.text :as text]))

(defmacro twice [form] `(do ~form ~form))
(defn- hidden [x] (* x 10))
(def state (atom 0))

(println (eval '(+ 1 2)) (eval '(hidden limit)) (eval '(number/twice limit)))
(eval '(twice (swap! state inc)))
(println @state (macroexpand-1 '(twice x)) (eval '(text/with-mark 4)))
(println (map inc (eval '(for [x (range 3)] (* x x)))) (load-string "(defn late [x] (str x \"!\")) (late :k)"))
(println ((resolve 'late) 1) (resolve 'nothing) (:doc (meta (resolve 'frequencies))))
(println (sort (keys (ns-publics 'util.number))) ((ns-resolve 'util.number 'pick) [1 2] 1))
(println (try (eval '(no-such-name 1)) (catch :default e "refused")))
(eval '(defn late-failing [x] (number/pick [] x)))
((resolve 'late-failing) 3)
