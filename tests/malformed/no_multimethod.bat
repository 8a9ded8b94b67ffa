;; No method fits the dispatch value, and there is no default.
(defmulti describe :kind)
(defmethod describe :dog [_] "a dog")

(println (describe {:kind :cat}))
