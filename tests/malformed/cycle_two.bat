(ns cycle-two
  (:require [cycle-one :as one]))

(defn name [] "two")
