;; Spellings of Java: what kind of character it is. Characters may be given as code points too.
(ns Character)

(defn- is-of*
  "Does the character match the class, which is asked beyond ASCII only?"
  [pattern c]
  (some? (re-matches pattern (str (char c)))))

(defn isDigit
  "Is it a decimal digit?"
  [c]
  (let [n (int c)]
    (if (< n 128) (<= 48 n 57) (is-of* #"\p{Nd}" n))))

(defn isUpperCase
  "Is it a capital letter?"
  [c]
  (let [n (int c)]
    (if (< n 128) (<= 65 n 90) (is-of* #"\p{Lu}" n))))

(defn isLowerCase
  "Is it a small letter?"
  [c]
  (let [n (int c)]
    (if (< n 128) (<= 97 n 122) (is-of* #"\p{Ll}" n))))

(defn isLetter
  "Is it a letter?"
  [c]
  (let [n (int c)]
    (if (< n 128) (or (<= 97 n 122) (<= 65 n 90)) (is-of* #"\p{L}" n))))

(defn isAlphabetic
  "The same function as isLetter."
  [c]
  (isLetter c))

(defn isLetterOrDigit
  "Is it a letter or a decimal digit?"
  [c]
  (or (isLetter c) (isDigit c)))

(defn isWhitespace
  "Is it white space?"
  [c]
  (let [n (int c)]
    (if (< n 128) (or (<= 9 n 13) (<= 28 n 32)) (is-of* #"\p{Z}" n))))

(defn- changed*
  "The character that the text of this one becomes, as a character or code point as it was given."
  [change c]
  (let [text (change (str (char c)))
        made (if (= 1 (count text)) (first text) (char c))]
    (if (char? c) made (int made))))

(defn toUpperCase
  "The capital letter of a small one; any other character is itself."
  [c]
  (changed* str/upper-case c))

(defn toLowerCase
  "The small letter of a capital one; any other character is itself."
  [c]
  (changed* str/lower-case c))

(defn digit
  "The value of a digit in a number of this radix, -1 if it is none."
  [c radix]
  (let [n (int c)
        value (cond
                (<= 48 n 57) (- n 48)
                (<= 97 n 122) (- n 87)
                (<= 65 n 90) (- n 55)
                :else -1)]
    (if (< value radix) value -1)))

(defn getNumericValue
  "The value of a digit, or of a letter as a digit above nine; -1 if it is neither."
  [c]
  (digit c 36))

(defn forDigit
  "The digit of this value in a number of this radix; the character of code point zero if there is
  none."
  [value radix]
  (if (and (<= 2 radix 36) (< -1 value radix))
    (nth "0123456789abcdefghijklmnopqrstuvwxyz" value)
    (char 0)))

(defn toString
  "The character as a text."
  [c]
  (str (char c)))

(defn valueOf
  "The character itself."
  [c]
  (char c))
