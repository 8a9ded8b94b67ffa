;; core/numbers.bat, the native casts and decimals
[(+ 0.1M 0.2M) (- 1M 0.9M) (* 1.1M 1.1M) (/ 1M 8M) (- 1.5M) (inc 1.5M) (dec 1.5M)] ; => [0.3M 0.1M 1.21M 0.125M -1.5M 2.5M 0.5M]
[(+ 1M 1) (+ 1M 1/4) (+ 1M 1.0) (+ 1M 100000000000000000000) (reduce + [1 1/2 0.5M])] ; => [2M 1.25M 2.0 100000000000000000001M 2.0M]
[(max 1M 2 3/2) (min 1.5M 2) (abs -2.50M) (compare 1M 1.0) (compare 1M 3/2)] ; => [2 1.5M 2.50M 0 -1]
[(zero? 0.00M) (pos? 0.1M) (neg? -0.1M) (== 1.0M 1 1.0) (< 1 1.5M 2) (= 1.0M 1.00M) (= 1M 1)] ; => [true true true true true true false]
[(quot 7M 2) (rem 7.5M 2) (mod -7.5M 2) (quot 7.5M 0.5M)] ; => [3M 1.5M 0.5M 15M]
[(hash 1.50M) (get {1.5M :found} 1.50M) (count (hash-set 1.0M 1.00M 1))] ; => [466 :found 2]
[(str 1.50M) (pr-str 1.50M) (read-string "1.50M") (str [1.5M])] ; => ["1.50" "1.50M" 1.50M "[1.5M]"]
[(bigdec 1) (bigdec 1/4) (bigdec 1.5) (bigdec "1.20") (bigdec 1E10)] ; => [1M 0.25M 1.5M 1.20M 1.0E+10M]
[(long 1.9M) (int -1.9M) (double 0.1M) (bigint 1E+3M) (rationalize 0.75M)] ; => [1 -1 0.1 1000 3/4]
(try (/ 1M 3) (catch {:kind k} -> k)) ; => :number
(try (/ 1M 0M) (catch {:kind k} -> k)) ; => :divide-by-zero
(try (bigdec 1/3) (catch {:kind k} -> k)) ; => :number
(try (bigdec "x") (catch {:kind k} -> k)) ; => :number
(try (bigdec nil) (catch {:kind k} -> k)) ; => :type
(try (+ 1E+999999999M 1M) (catch {:kind k} -> k)) ; => :number
[(with-precision 3 (/ 2M 3M)) (with-precision 3 (+ 1.2345M 1M)) (with-precision 3 (* 2.0 1M)) (with-precision 2 (inc 99.9M))] ; => [0.667M 2.23M 2.0 1.0E+2M]
(mapv (fn [f] (f)) [(fn [] (with-precision 1 :rounding UP (+ 1.1M 0M))) (fn [] (with-precision 1 :rounding HALF_EVEN (+ 2.5M 0M)))]) ; => [2M 2M]
(try (with-precision 1 :rounding UNNECESSARY (+ 1.1M 0M)) (catch {:kind k} -> k)) ; => :number
(try (with-precision 1 :rounding SIDEWAYS 1M) (catch {:kind k} -> k)) ; => :type
[(with-precision 3 (with-precision 1 (/ 2M 3M))) (with-precision 1 (count (map identity [1 2])))] ; => [0.7M 2]
[(byte 127.0) (short 3/2) (int \a) (long 9223372036854775807) (long ##NaN) (char 97.5)] ; => [127 1 97 9223372036854775807 0 \a]
(mapv (fn [f] (try (f) (catch {:kind k} -> k))) [(fn [] (byte 128)) (fn [] (short -32769)) (fn [] (int 2147483648)) (fn [] (long 9223372036854775808)) (fn [] (long ##Inf)) (fn [] (char -1)) (fn [] (float 1e39))]) ; => [:number :number :number :number :number :number :number]
(mapv (fn [f] (try (f nil) (catch {:kind k} -> k))) [byte short int long double float char bigint]) ; => [:type :type :type :type :type :type :type :type]
[(num 1) (num nil) (try (num "1") (catch {:kind k} -> k))] ; => [1 nil :type]
[(unchecked-byte 128) (unchecked-short 32768) (unchecked-int 1e20) (unchecked-long 18446744073709551617) (unchecked-char 65)] ; => [-128 -32768 2147483647 1 \A]
[(unchecked-add 1.5 1) (unchecked-multiply 9223372036854775807 2) (unchecked-negate -9223372036854775808) (unchecked-dec -9223372036854775808)] ; => [2.5 -2 -9223372036854775808 9223372036854775807]
(try (unchecked-divide-int 1 0) (catch {:kind k} -> k)) ; => :divide-by-zero
[(infinite? ##Inf) (infinite? 1) (NaN? 1/2) (try (NaN? nil) (catch {:kind k} -> k))] ; => [true false false :type]
[(rational? 1/2) (rational? 1.5M) (rational? 1.5) (decimal? 1) (ratio? 1/2) (int? 1M)] ; => [true true false false true false]
[(compare "a" "c") (compare "ab" "a") (compare \a \b) (compare :a/x :b/a) (compare 'b 'a) (compare nil 1)] ; => [-2 1 -1 -1 1 -1]
[(math/floor-div -7 2) (math/floor-mod -7 2) (math/rint 2.5) (math/cbrt 27.0) (math/scalb 1.0 -1074) (math/ulp 0.0)] ; => [-4 1 2.0 3.0 4.9E-324 4.9E-324]
[(math/IEEE-remainder 5.0 2.0) (math/IEEE-remainder 3.0 2.0) (math/next-after 1.0 1.0) (math/signum -2.0)] ; => [1.0 -1.0 1.0 -1.0]
[Double/MAX_VALUE Double/POSITIVE_INFINITY Math/PI Integer/MAX_VALUE Long/MIN_VALUE] ; => [1.7976931348623157E308 ##Inf 3.141592653589793 2147483647 -9223372036854775808]
[(hash-ordered-coll [1 2]) (= (hash-ordered-coll '(1 2)) (hash [1 2])) (= (hash-unordered-coll {:a 1}) (hash {:a 1})) (hash-ordered-coll nil)] ; => [156247261 true true -2017569654]
