#!/usr/bin/env batuta
;; Greets everybody named on the command line, or else the world.

(defn main [& names]
  (println (str "Hello, " (if (seq names) (str/join " and " names) "world") "!")))
