-module(big).
-export([main/0]).

pick(Pids) -> element(rand:uniform(tuple_size(Pids)), Pids).

member(Pids, Answered, Boss) ->
    receive
        {others, All} -> member(All, Answered, Boss);
        start -> pick(Pids) ! {ping, self()}, member(Pids, Answered, Boss);
        {ping, From} -> From ! pong, member(Pids, Answered, Boss);
        pong when Answered =:= 99 -> Boss ! finished, member(Pids, 100, Boss);
        pong -> pick(Pids) ! {ping, self()}, member(Pids, Answered + 1, Boss);
        {value, From} -> From ! {answered, Answered}
    end.

main() ->
    Me = self(),
    Pids = [spawn(fun() -> member({}, 0, Me) end) || _ <- lists:seq(1, 100)],
    [Pid ! {others, list_to_tuple(Pids)} || Pid <- Pids],
    [Pid ! start || Pid <- Pids],
    [receive finished -> ok end || _ <- Pids],
    [Pid ! {value, Me} || Pid <- Pids],
    Sum = lists:sum([receive {answered, N} -> N end || _ <- Pids]),
    io:format("pings answered: ~p~n", [Sum]).
