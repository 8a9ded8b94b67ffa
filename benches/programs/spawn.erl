-module(spawn).
-export([main/0]).

main() ->
    Pids = [spawn(fun() -> echo(N) end) || N <- lists:seq(0, 99999)],
    Sum = lists:foldl(fun(Pid, Acc) -> Acc + call(Pid) end, 0, Pids),
    io:format("~p~n", [Sum]),
    halt().

echo(N) ->
    receive {get, From, Ref} -> From ! {Ref, N} end.

call(Pid) ->
    Ref = monitor(process, Pid),
    Pid ! {get, self(), Ref},
    receive {Ref, N} -> demonitor(Ref, [flush]), N end.
