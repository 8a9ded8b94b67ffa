;; A protocol's method is called with a value whose type does not have it.
(defprotocol Shape (area [this]))

(defrecord Square [side]
  Shape
  (area [_] (* side side)))

(println (area (->Square 2)))
(println (area "a string"))
