-module(ping_pong).
-export([main/0]).

main() ->
    Boss = self(),
    Pong = spawn(fun pong/0),
    Ping = spawn(fun() -> ping(Pong, Boss) end),
    Ping ! start,
    receive done -> io:format("done~n") end,
    halt().

pong() ->
    receive
        {ping, From, N} -> From ! {pong, N}, pong();
        stop -> ok
    end.

ping(To, Boss) ->
    receive
        start -> To ! {ping, self(), 1000000}, ping(To, Boss);
        {pong, 0} -> To ! stop, Boss ! done;
        {pong, N} -> To ! {ping, self(), N - 1}, ping(To, Boss)
    end.
