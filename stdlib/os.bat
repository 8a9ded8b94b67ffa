;; Other programs, under the roof of os as well.
(ns os)

(defn run
  "Runs a program to its end; the same function as io/sh."
  [& words]
  (apply io/sh words))
