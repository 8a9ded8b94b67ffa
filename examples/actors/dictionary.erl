-module(dictionary).
-export([main/1]).

dictionary(Entries) ->
    receive
        {{Pid, Ref}, {write, Key, Value}} ->
            Pid ! {Ref, maps:get(Key, Entries, nil)},
            dictionary(Entries#{Key => Value});
        {{Pid, Ref}, {read, Key}} -> Pid ! {Ref, maps:get(Key, Entries, nil)}, dictionary(Entries);
        {{Pid, Ref}, size} -> Pid ! {Ref, map_size(Entries)}, dictionary(Entries)
    end.

call(Pid, Message) ->
    Ref = monitor(process, Pid),
    Pid ! {{self(), Ref}, Message},
    receive {Ref, Answer} -> demonitor(Ref, [flush]), Answer end.

work(_, _, N, N, Found) -> Found;
work(Pid, Worker, K, N, Found) ->
    call(Pid, {write, {Worker, K}, Worker * K}),
    Wanted = Worker * K,
    case call(Pid, {read, {Worker, K}}) of
        Wanted -> work(Pid, Worker, K + 1, N, Found + 1);
        _ -> work(Pid, Worker, K + 1, N, Found)
    end.

main([Writes]) ->
    Me = self(),
    N = list_to_integer(Writes),
    Pid = spawn(fun() -> dictionary(#{}) end),
    Workers = [spawn(fun() -> Me ! {self(), work(Pid, Worker, 0, N, 0)} end)
               || Worker <- lists:seq(0, 19)],
    Found = lists:sum([receive {Worker, Count} -> Count end || Worker <- Workers]),
    io:format("found ~p of ~p~n", [Found, call(Pid, size)]),
    halt().
