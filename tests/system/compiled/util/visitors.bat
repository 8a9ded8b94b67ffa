(ns util.visitors)

(defn welcome [n name]
  (append :visits {:n n :name name})
  (println "welcome" name))
