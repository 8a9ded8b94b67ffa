-module(counting).
-export([main/0]).

counter(N) ->
    receive
        increment -> counter(N + 1);
        {value, From} -> From ! {value, N}
    end.

main() ->
    Pid = spawn(fun() -> counter(0) end),
    lists:foreach(fun(_) -> Pid ! increment end, lists:seq(1, 100000)),
    Pid ! {value, self()},
    receive {value, N} -> io:format("counted ~p~n", [N]) end.
