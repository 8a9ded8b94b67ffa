;; core/state.bat and core/tasks.bat
(let [a (atom 1)] [(swap! a inc) (swap! a + 1) (swap! a + 1 1) (swap! a + 1 1 1 1) @a]) ; => [2 3 5 9 9]
(let [a (atom 1)] [(swap-vals! a + 1) (reset-vals! a 5) @a]) ; => [[1 2] [2 5] 5]
(let [v (volatile! 1)] [(vswap! v inc) (vswap! v + 1) (vswap! v + 1 1) @v]) ; => [2 3 5 5]
(let [n (atom 0) d (delay (swap! n inc))] [(force d) (force d) (force 7) @n]) ; => [1 1 7 1]
[(pmap inc (range 20)) (pmap + [1 2] [10 20]) (pcalls (fn [] 1) (fn [] 2)) (pmap inc [])] ; => [(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20) (11 22) (1 2) nil]
[(async/all [(future 1) (future 2)]) (async/map inc [1 2 3] :max 2) (async/await (future :v)) (async/await (future :v) 60000)] ; => [[1 2] [2 3 4] :v :v]
(attempt (async/await (promise) 1)) ; => {:error :timeout}
