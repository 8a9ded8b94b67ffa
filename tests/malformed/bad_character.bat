(println \newlin)
