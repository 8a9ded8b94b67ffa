;; Files: lazy sequences over them, and Clojure's names for what is there under shorter ones.
(ns io)

(defn file
  "The path of the parts joined."
  [path & more]
  (apply join path more))

(defn delete
  "Deletes a file or an empty folder; the same function as delete-file."
  ([path] (delete-file path))
  ([path silently] (delete-file path silently)))

(defn lines
  "The lazy sequence of the lines of a file, read as far as they are asked for. The file is closed
  when its end is reached."
  [path]
  (line-seq (reader path)))

(defn walk
  "The lazy sequence of a path and of all paths below it, each folder before what is in it."
  [path]
  (tree-seq dir? list path))

(defn resource
  "The path of a file that belongs to the program, beside it or in resources or src; nil if there is
  none."
  [name]
  (first (filter exists? (map (fn [folder] (join folder name)) ["" "resources" "src"]))))
