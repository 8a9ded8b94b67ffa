(ns cycle-one
  (:require [cycle-two :as two]))

(println (two/name))
