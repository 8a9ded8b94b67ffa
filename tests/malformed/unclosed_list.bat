;; The first function is never closed.
(defn area [r]
  (* 3.14 (* r r)

(defn volume [r h]
  (* h (area r)))
