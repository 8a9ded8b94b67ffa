-module(chameneos).
-export([main/1]).

mixed(Colour, Colour) -> Colour;
mixed(A, B) -> hd([blue, red, yellow] -- [A, B]).

creature(Colour, Met, Mall) ->
    Mall ! {meet, self(), Colour},
    receive
        {met, Other} -> creature(mixed(Colour, Other), Met + 1, Mall);
        closed -> Mall ! {count, Met}
    end.

mall(0) -> ok;
mall(Meetings) ->
    {A, AColour} = receive {meet, Pid, Colour} -> {Pid, Colour} end,
    {B, BColour} = receive {meet, Pid2, Colour2} -> {Pid2, Colour2} end,
    A ! {met, BColour},
    B ! {met, AColour},
    mall(Meetings - 1).

main([Meetings]) ->
    Me = self(),
    Colours = [lists:nth(N rem 3 + 1, [blue, red, yellow]) || N <- lists:seq(0, 9)],
    [spawn(fun() -> creature(Colour, 0, Me) end) || Colour <- Colours],
    mall(list_to_integer(Meetings)),
    [receive {meet, Pid, _} -> Pid ! closed end || _ <- Colours],
    io:format("met ~p times~n", [lists:sum([receive {count, N} -> N end || _ <- Colours])]),
    halt().
