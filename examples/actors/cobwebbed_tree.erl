-module(cobwebbed_tree).
-export([main/1]).

worked(0, X) -> X;
worked(Left, X) -> worked(Left - 1, (X * 1103 + 12345) rem 65536).

grows(N, Nodes, Most) ->
    Nodes < Most andalso (N =:= Nodes - 1 orelse N * 7919 rem 10 < 3).

gardener(Asked, Nodes, Most, Boss) ->
    receive
        {born, Pid} ->
            Grown = case grows(Asked, Nodes, Most) of
                true -> Pid ! grow, Nodes + 10;
                false -> Nodes
            end,
            Asked + 1 =:= Grown andalso (Boss ! {grown, Grown}),
            gardener(Asked + 1, Grown, Most, Boss)
    end.

born(Gardener, Parent, Grandparent) ->
    worked(100, 7),
    Grandparent =:= none orelse (Grandparent ! thread),
    Gardener ! {born, self()},
    node(Gardener, Parent, [], 0, {0, 0, 0}).

node(Gardener, Parent, Children, Threads, {Answers, All, Below} = Counted) ->
    receive
        grow ->
            Me = self(),
            Born = [spawn(fun() -> born(Gardener, Me, Parent) end) || _ <- lists:seq(1, 10)],
            node(Gardener, Parent, Born, Threads, Counted);
        thread -> node(Gardener, Parent, Children, Threads + 1, Counted);
        count when Children =:= [] -> Parent ! {counted, 1, Threads};
        count ->
            [Child ! count || Child <- Children],
            node(Gardener, Parent, Children, Threads, Counted);
        {counted, Nodes, Spun} when Answers =:= 9 ->
            Parent ! {counted, All + Nodes + 1, Below + Spun + Threads};
        {counted, Nodes, Spun} ->
            node(Gardener, Parent, Children, Threads, {Answers + 1, All + Nodes, Below + Spun})
    end.

main([Most]) ->
    Me = self(),
    Gardener = spawn(fun() -> gardener(0, 1, list_to_integer(Most), Me) end),
    Root = spawn(fun() -> born(Gardener, Me, none) end),
    Nodes = receive {grown, N} -> N end,
    Root ! count,
    io:format("grown: ~p~n", [Nodes]),
    receive {counted, All, Threads} -> io:format("counted: ~p nodes, ~p threads~n", [All, Threads]) end,
    halt().
