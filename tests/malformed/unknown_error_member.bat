;; A function that declares its errors returns no other ones.
(deferror FileError :not-found :denied)

(defn open :: [String -> FileError!String] [path]
  (if (= path "")
    (error :not-fund)
    (ok path)))

(println (open ""))
