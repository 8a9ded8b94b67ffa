(println "the end is missing)
(println 1)
