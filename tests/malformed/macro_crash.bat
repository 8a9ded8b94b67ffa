(defmacro half [n]
  (/ n 2))

(println (half "ten"))
