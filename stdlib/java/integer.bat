;; Spellings of Java: 32-bit integers: their range, texts and bits.
(ns Integer)

(def MAX_VALUE "The greatest integer of 32 bits." 2147483647)

(def MIN_VALUE "The least integer of 32 bits." -2147483648)

(defn toString
  "The integer as a text, in radix ten or another up to 36."
  ([n] (str n))
  ([n radix] (Long/toString n radix)))

(defn- unsigned*
  "The integer that the 32 bits of this one write without a sign."
  [n]
  (if (neg? n) (+ n 4294967296) n))

(defn valueOf
  "The integer itself, or the one that a text writes."
  ([x] (if (string? x) (parseInt x) (int x)))
  ([x radix] (parseInt x radix)))

(defn toBinaryString
  "The 32 bits of an integer without zeros in front."
  [n]
  (Long/toString (unsigned* n) 2))

(defn toOctalString
  "The 32 bits of an integer in octal digits."
  [n]
  (Long/toString (unsigned* n) 8))

(defn toHexString
  "The 32 bits of an integer in hexadecimal digits."
  [n]
  (Long/toString (unsigned* n) 16))

(defn bitCount
  "How many of the 32 bits are set."
  [n]
  (loop [left (unsigned* n)
         set 0]
    (if (zero? left)
      set
      (recur (bit-and left (dec left)) (inc set)))))

(defn numberOfTrailingZeros
  "How many of the 32 bits are zero behind the lowest one that is set."
  [n]
  (loop [left (unsigned* n)
         zeros 0]
    (cond
      (zero? left) 32
      (odd? left) zeros
      :else (recur (quot left 2) (inc zeros)))))

(defn numberOfLeadingZeros
  "How many of the 32 bits are zero before the highest one that is set."
  [n]
  (loop [left (unsigned* n)
         zeros 32]
    (if (zero? left)
      zeros
      (recur (quot left 2) (dec zeros)))))

(defn highestOneBit
  "The integer with only the highest of its set bits."
  [n]
  (if (zero? n) 0 (unchecked-int (bit-shift-left 1 (- 31 (numberOfLeadingZeros n))))))

(defn lowestOneBit
  "The integer with only the lowest of its set bits."
  [n]
  (bit-and n (- n)))

(defn compare
  "-1, 0 or 1 as the first is less than, equal to or greater than the second."
  [x y]
  (batuta.core/compare x y))

(defn signum
  "-1, 0 or 1 as it is below, equal to or above zero."
  [n]
  (batuta.core/compare n 0))

(defn sum
  "The sum of two integers."
  [x y]
  (+ x y))

(defn max
  "The greater of two integers."
  [x y]
  (batuta.core/max x y))

(defn min
  "The lesser of two integers."
  [x y]
  (batuta.core/min x y))
