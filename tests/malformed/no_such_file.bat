(ns app (:require [app.missing :as missing]))

(println (missing/answer))
