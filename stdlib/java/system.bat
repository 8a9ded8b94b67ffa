;; Spellings of Java: what is around the program.
(ns System)

(defn lineSeparator
  "What ends a line of text."
  []
  "\n")

(defn getProperty
  "What is known under one of Java's names, such as user.dir or user.home; else nil, or the default."
  ([key] (getProperty key nil))
  ([key default]
   (case key
     "file.separator" "/"
     "line.separator" "\n"
     "path.separator" ":"
     "os.name" "Linux"
     "user.dir" (os/cwd)
     "user.home" (getenv "HOME")
     "user.name" (getenv "USER")
     default)))
