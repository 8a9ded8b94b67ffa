-module(big).
-export([main/1]).

pick(Pids) -> element(rand:uniform(tuple_size(Pids)), Pids).

member(Pids, Answered, Pings, Boss) ->
    receive
        {others, All} -> member(All, Answered, Pings, Boss);
        start -> pick(Pids) ! {ping, self()}, member(Pids, Answered, Pings, Boss);
        {ping, From} -> From ! pong, member(Pids, Answered, Pings, Boss);
        pong when Answered + 1 =:= Pings -> Boss ! finished, member(Pids, Pings, Pings, Boss);
        pong -> pick(Pids) ! {ping, self()}, member(Pids, Answered + 1, Pings, Boss);
        {value, From} -> From ! {answered, Answered}
    end.

main([Size]) ->
    Pings = list_to_integer(Size),
    Me = self(),
    Pids = [spawn(fun() -> member({}, 0, Pings, Me) end) || _ <- lists:seq(1, 100)],
    [Pid ! {others, list_to_tuple(Pids)} || Pid <- Pids],
    [Pid ! start || Pid <- Pids],
    [receive finished -> ok end || _ <- Pids],
    [Pid ! {value, Me} || Pid <- Pids],
    Sum = lists:sum([receive {answered, N} -> N end || _ <- Pids]),
    io:format("pings answered: ~p~n", [Sum]),
    halt().
