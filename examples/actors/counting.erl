-module(counting).
-export([main/1]).

counter(N) ->
    receive
        increment -> counter(N + 1);
        {value, From} -> From ! {value, N}
    end.

produce(_, 0) -> ok;
produce(Pid, N) -> Pid ! increment, produce(Pid, N - 1).

main([Size]) ->
    Pid = spawn(fun() -> counter(0) end),
    produce(Pid, list_to_integer(Size)),
    Pid ! {value, self()},
    receive {value, N} -> io:format("counted ~p~n", [N]) end,
    halt().
