;; Names the database only in forms that it evaluates.
(def form '(do (append :seen {:n 1}) (append :seen {:n 2})))

(eval form)
(println (eval '(from :seen (where (> :n 1)) (collect))))
(println (load-string "(from :seen (aggregate {:sum (sum :n)}) (first))"))
(println (eval '(from :seen (map (fn [row] (* 10 (:n row)))))))
(println ((resolve 'logs)) (try (eval '(from :nowhere (count))) (catch {:kind kind} -> kind)))
(eval '(append :seen 3))
