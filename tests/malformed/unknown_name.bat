(defn greet [name]
  (prinltn "hello" name))

(greet "Ada")
