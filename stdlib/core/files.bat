;; Files in core, as Clojure has them.
(ns batuta.core)

(defn file-seq
  "The lazy sequence of a path and of all paths below it, each folder before what is in it."
  [path]
  (tree-seq io/dir? io/list path))
