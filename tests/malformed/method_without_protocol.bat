;; Methods stand behind the name of their protocol.
(defprotocol Shape (area [this]))

(defrecord Square [side]
  (area [_] (* side side)))

(println (area (->Square 2)))
