(println (strings/join ", " [1 2 3]))
