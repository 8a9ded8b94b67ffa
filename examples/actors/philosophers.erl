-module(philosophers).
-export([main/1]).

arbitrator(Taken) ->
    receive
        {{Pid, Ref}, {take, Left, Right}} ->
            case maps:is_key(Left, Taken) orelse maps:is_key(Right, Taken) of
                true -> Pid ! {Ref, denied}, arbitrator(Taken);
                false -> Pid ! {Ref, eat}, arbitrator(Taken#{Left => true, Right => true})
            end;
        {put, Left, Right} -> arbitrator(maps:without([Left, Right], Taken))
    end.

call(Pid, Message) ->
    Ref = monitor(process, Pid),
    Pid ! {{self(), Ref}, Message},
    receive {Ref, Answer} -> demonitor(Ref, [flush]), Answer end.

dine(_, _, _, Meals, Meals) -> Meals;
dine(Table, Left, Right, Eaten, Meals) ->
    case call(Table, {take, Left, Right}) of
        eat -> Table ! {put, Left, Right}, dine(Table, Left, Right, Eaten + 1, Meals);
        denied -> erlang:yield(), dine(Table, Left, Right, Eaten, Meals)
    end.

main([Size]) ->
    Me = self(),
    Meals = list_to_integer(Size),
    Table = spawn(fun() -> arbitrator(#{}) end),
    Seats = [spawn(fun() -> Me ! {self(), dine(Table, Seat, (Seat + 1) rem 10, 0, Meals)} end)
             || Seat <- lists:seq(0, 9)],
    Eaten = [receive {Seat, N} -> integer_to_list(N) end || Seat <- Seats],
    io:format("meals: [~s]~n", [lists:join(" ", Eaten)]),
    halt().
