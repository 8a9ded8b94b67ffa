(defn area [width height]
  (* width height))

(println (area 3))
