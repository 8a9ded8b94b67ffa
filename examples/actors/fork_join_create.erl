-module(fork_join_create).
-export([main/1]).

once() ->
    receive {work, From, X} -> From ! {done, X + 1} end.

sum(0, Sum) -> Sum;
sum(Left, Sum) -> receive {done, X} -> sum(Left - 1, Sum + X) end.

main([Size]) ->
    Me = self(),
    N = list_to_integer(Size),
    lists:foreach(fun(X) -> spawn(fun once/0) ! {work, Me, X} end, lists:seq(0, N - 1)),
    io:format("sum ~p~n", [sum(N, 0)]),
    halt().
