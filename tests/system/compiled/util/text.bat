(ns util.text (:require [util.number :as number]))

(defmacro with-mark [x] `[:mark ~x (helper ~x)])

(defn helper [x] (number/twice x))
(defn shout [s] (str (str/upper-case s) "!"))
(defn whisper [s] (str/lower-case s))
