-module(ping_pong).
-export([main/1]).

pong() ->
    receive
        {ping, From, N} -> From ! {pong, N}, pong();
        stop -> ok
    end.

ping(Other, Boss) ->
    receive
        {pong, 1} -> Boss ! done, Other ! stop;
        {pong, N} -> Other ! {ping, self(), N - 1}, ping(Other, Boss)
    end.

main([Size]) ->
    Rounds = list_to_integer(Size),
    Boss = self(),
    Pong = spawn(fun pong/0),
    spawn(fun() -> Pong ! {ping, self(), Rounds}, ping(Pong, Boss) end),
    receive done -> io:format("~p rounds~n", [Rounds]) end,
    halt().
