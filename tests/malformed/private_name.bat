(ns shop)

(defn- secret [] 42)

(ns user)

(println (shop/secret))
