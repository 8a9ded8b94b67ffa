;; Spelling of Clojure: the empty queue.
(ns PersistentQueue)

(def EMPTY "The empty queue." (queue))
