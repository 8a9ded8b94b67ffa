(define (fib n)
  (if (< n 2)
      n
      (+ (fib (- n 1)) (fib (- n 2)))))

(printf "~d~n" (fib (string->number (car (command-line-arguments)))))
