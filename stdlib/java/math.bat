;; Spellings of Java: functions of `math` under the names that its Math has.
(ns math)

(defn floorMod
  "The same function as floor-mod."
  [x y]
  (floor-mod x y))

(defn floorDiv
  "The same function as floor-div."
  [x y]
  (floor-div x y))

(defn toRadians
  "The same function as to-radians."
  [degrees]
  (to-radians degrees))

(defn toDegrees
  "The same function as to-degrees."
  [radians]
  (to-degrees radians))

(defn addExact
  "The same function as add-exact."
  [x y]
  (add-exact x y))

(defn subtractExact
  "The same function as subtract-exact."
  [x y]
  (subtract-exact x y))

(defn multiplyExact
  "The same function as multiply-exact."
  [x y]
  (multiply-exact x y))

(defn incrementExact
  "The same function as increment-exact."
  [x]
  (increment-exact x))

(defn decrementExact
  "The same function as decrement-exact."
  [x]
  (decrement-exact x))

(defn negateExact
  "The same function as negate-exact."
  [x]
  (negate-exact x))

(defn copySign
  "The same function as copy-sign."
  [magnitude sign]
  (copy-sign magnitude sign))

(defn nextUp
  "The same function as next-up."
  [x]
  (next-up x))

(defn nextDown
  "The same function as next-down."
  [x]
  (next-down x))

(defn nextAfter
  "The same function as next-after."
  [start direction]
  (next-after start direction))

(defn getExponent
  "The same function as get-exponent."
  [x]
  (get-exponent x))

(defn IEEEremainder
  "The same function as IEEE-remainder."
  [dividend divisor]
  (IEEE-remainder dividend divisor))
