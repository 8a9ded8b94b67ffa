(defn withdraw [balance amount]
  (if (> amount balance)
    (throw [:overdrawn (- amount balance)])
    (- balance amount)))

(println (withdraw 100 130))
