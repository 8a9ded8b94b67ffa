;; Spellings of Java: 64-bit integers: their range, texts and bits.
(ns Long)

(def MAX_VALUE "The greatest integer of 64 bits." 9223372036854775807)

(def MIN_VALUE "The least integer of 64 bits." -9223372036854775808)

(defn toString
  "The integer as a text, in radix ten or another up to 36."
  ([n] (str n))
  ([n radix]
   (loop [left (abs n)
          digits ()]
     (let [digits (cons (Character/forDigit (rem left radix) radix) digits)]
       (cond
         (>= left radix) (recur (quot left radix) digits)
         (neg? n) (apply str "-" digits)
         :else (apply str digits))))))

(defn- unsigned*
  "The integer that the 64 bits of this one write without a sign."
  [n]
  (if (neg? n) (+ n 18446744073709551616) n))

(defn valueOf
  "The integer itself, or the one that a text writes."
  ([x] (if (string? x) (parseLong x) (long x)))
  ([x radix] (parseLong x radix)))

(defn toBinaryString
  "The 64 bits of an integer without zeros in front."
  [n]
  (Long/toString (unsigned* n) 2))

(defn toOctalString
  "The 64 bits of an integer in octal digits."
  [n]
  (Long/toString (unsigned* n) 8))

(defn toHexString
  "The 64 bits of an integer in hexadecimal digits."
  [n]
  (Long/toString (unsigned* n) 16))

(defn bitCount
  "How many of the 64 bits are set."
  [n]
  (loop [left (unsigned* n)
         set 0]
    (if (zero? left)
      set
      (recur (bit-and left (dec left)) (inc set)))))

(defn numberOfTrailingZeros
  "How many of the 64 bits are zero behind the lowest one that is set."
  [n]
  (loop [left (unsigned* n)
         zeros 0]
    (cond
      (zero? left) 64
      (odd? left) zeros
      :else (recur (quot left 2) (inc zeros)))))

(defn numberOfLeadingZeros
  "How many of the 64 bits are zero before the highest one that is set."
  [n]
  (loop [left (unsigned* n)
         zeros 64]
    (if (zero? left)
      zeros
      (recur (quot left 2) (dec zeros)))))

(defn highestOneBit
  "The integer with only the highest of its set bits."
  [n]
  (if (zero? n) 0 (unchecked-long (bit-shift-left 1 (- 63 (numberOfLeadingZeros n))))))

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
