-module(bank).
-export([main/1]).

account(Balance) ->
    receive
        {{_, Ref} = Teller, {debit, To, Amount}} when Balance >= Amount ->
            To ! {credit, Amount, Teller, Ref},
            account(Balance - Amount);
        {{Pid, Ref}, {debit, _, _}} -> Pid ! {Ref, refused}, account(Balance);
        {credit, Amount, {Pid, _}, Ref} -> Pid ! {Ref, moved}, account(Balance + Amount);
        {{Pid, Ref}, balance} -> Pid ! {Ref, Balance}, account(Balance)
    end.

call(Pid, Message) ->
    Ref = monitor(process, Pid),
    Pid ! {{self(), Ref}, Message},
    receive {Ref, Answer} -> demonitor(Ref, [flush]), Answer end.

pick(Accounts) -> element(rand:uniform(tuple_size(Accounts)), Accounts).

other(Accounts, From) ->
    case pick(Accounts) of
        From -> other(Accounts, From);
        To -> To
    end.

transfer(_, Times, Times) -> ok;
transfer(Accounts, N, Times) ->
    From = pick(Accounts),
    call(From, {debit, other(Accounts, From), N rem 100 + 1}),
    transfer(Accounts, N + 1, Times).

main([Size]) ->
    Transfers = list_to_integer(Size),
    Me = self(),
    Accounts = list_to_tuple([spawn(fun() -> account(1000) end) || _ <- lists:seq(1, 50)]),
    Tellers = [spawn(fun() -> transfer(Accounts, 0, Transfers div 40), Me ! {done, self()} end)
               || _ <- lists:seq(1, 40)],
    [receive {done, Teller} -> ok end || Teller <- Tellers],
    io:format("transfers: ~p~n", [Transfers]),
    Sum = lists:sum([call(Pid, balance) || Pid <- tuple_to_list(Accounts)]),
    io:format("money in the bank: ~p~n", [Sum]),
    halt().
