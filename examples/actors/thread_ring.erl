-module(thread_ring).
-export([main/1]).

member(Number, Next, Boss) ->
    receive
        {next, Pid} -> member(Number, Pid, Boss);
        {token, 0} -> Boss ! {ended_at, Number}, member(Number, Next, Boss);
        {token, N} -> Next ! {token, N - 1}, member(Number, Next, Boss)
    end.

main([Size]) ->
    Boss = self(),
    Pids = [spawn(fun() -> member(Number, none, Boss) end) || Number <- lists:seq(1, 100)],
    lists:foreach(fun({Pid, Next}) -> Pid ! {next, Next} end,
                  lists:zip(Pids, tl(Pids) ++ [hd(Pids)])),
    hd(Pids) ! {token, list_to_integer(Size)},
    receive {ended_at, Number} -> io:format("the token ended at member ~p~n", [Number]) end,
    halt().
