-module(binary_trees).
-export([main/1]).

tree(0) -> {nil, nil};
tree(Depth) -> {tree(Depth - 1), tree(Depth - 1)}.

tree_size({nil, _}) -> 1;
tree_size({Left, Right}) -> 1 + tree_size(Left) + tree_size(Right).

many(0, _, Sum) -> Sum;
many(Count, Depth, Sum) -> many(Count - 1, Depth, Sum + tree_size(tree(Depth))).

depths(Depth, Most) when Depth > Most -> ok;
depths(Depth, Most) ->
    Count = 1 bsl (Most - Depth + 4),
    io:format("~p of depth ~p ~p~n", [Count, Depth, many(Count, Depth, 0)]),
    depths(Depth + 2, Most).

main([N]) ->
    Most = list_to_integer(atom_to_list(N)),
    LongLived = tree(Most),
    io:format("stretch ~p~n", [tree_size(tree(Most + 1))]),
    depths(4, Most),
    io:format("long-lived ~p~n", [tree_size(LongLived)]),
    halt().
