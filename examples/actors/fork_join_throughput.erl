-module(fork_join_throughput).
-export([main/1]).

worker(Done, Sum) ->
    receive
        {work, X} -> worker(Done + 1, Sum + math:sqrt(X));
        {report, From} -> From ! {worked, Done}
    end.

main([Size]) ->
    Workers = [spawn(fun() -> worker(0, 0.0) end) || _ <- lists:seq(1, 60)],
    [Pid ! {work, N} || N <- lists:seq(0, list_to_integer(Size) - 1), Pid <- Workers],
    [Pid ! {report, self()} || Pid <- Workers],
    Done = lists:sum([receive {worked, N} -> N end || _ <- Workers]),
    io:format("messages worked on: ~p~n", [Done]),
    halt().
