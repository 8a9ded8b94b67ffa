(defn label [n]
  (if (even? n) (str n " is even") [:odd n]))
