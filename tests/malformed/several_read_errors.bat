(def limits {:low 1 :low 2})

(def ratio 1/0)

(def mark \nosuch)
