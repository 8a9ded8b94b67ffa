(def digits #"([0-9]+")
