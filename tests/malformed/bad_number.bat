(println (+ 1 12ab3))
