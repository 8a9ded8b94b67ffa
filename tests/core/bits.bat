;; Operations on bits: two's complement at any size, integers only.
(ns core.bits)

(deftest and-not
  (is (= 1 (bit-and-not 3 2)))
  (is (= 8 (bit-and-not 12 4)))
  (is (= 0 (bit-and-not 0 -1)))
  (is (= -8 (bit-and-not -1 7)))
  (is (= 3 (bit-and-not 7 4 8)))
  (is (thrown? Exception (bit-and-not nil 1)))
  (is (thrown? Exception (bit-and-not 1 1.5)))
  (is (thrown? Exception (bit-and-not 1/2 1))))

(deftest ands-and-ors
  (is (= 4 (bit-and 12 6)))
  (is (= 14 (bit-or 12 6)))
  (is (= 10 (bit-xor 12 6)))
  (is (= 0 (bit-xor -1 -1)))
  (is (= -1 (bit-xor 0 -1)))
  (is (= 0 (bit-xor 1 2 3)))
  (is (thrown? Exception (bit-xor 1 nil)))
  (is (thrown? Exception (bit-xor 1.0 1)))
  (is (thrown? Exception (bit-and "1" 1))))

(deftest single-bits
  (is (= 8 (bit-clear 10 1)))
  (is (= 10 (bit-clear 10 0)))
  (is (= 11 (bit-flip 10 0)))
  (is (= 8 (bit-flip 10 1)))
  (is (= 14 (bit-set 10 2)))
  (is (= 10 (bit-set 10 1)))
  (is (true? (bit-test 10 1)))
  (is (false? (bit-test 10 0)))
  (is (thrown? Exception (bit-clear nil 1)))
  (is (thrown? Exception (bit-flip 1 nil)))
  (is (thrown? Exception (bit-set 1.5 1)))
  (is (thrown? Exception (bit-test :a 1))))

(deftest complement-of-bits
  (is (= -1 (bit-not 0)))
  (is (= -6 (bit-not 5)))
  (is (= 0 (bit-not -1)))
  (is (= -9223372036854775808 (bit-not 9223372036854775807)))
  (is (thrown? Exception (bit-not nil)))
  (is (thrown? Exception (bit-not 1.0))))

(deftest shifts
  (is (= 8 (bit-shift-left 1 3)))
  (is (= 2 (bit-shift-right 10 2)))
  (is (= -3 (bit-shift-right -10 2)))
  (is (= -1 (bit-shift-right -1 60)))
  (is (= 1 (bit-shift-right 1 0)))
  (is (= 2 (unsigned-bit-shift-right 10 2)))
  (is (= 15 (unsigned-bit-shift-right -1 60)))
  (is (= 9223372036854775807 (unsigned-bit-shift-right -1 1)))
  (is (thrown? Exception (bit-shift-right nil 1)))
  (is (thrown? Exception (bit-shift-right 1.5 1)))
  (is (thrown? Exception (unsigned-bit-shift-right "a" 1))))
