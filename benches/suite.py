"""The programs of the bench set: their sizes, their peers, and the bars they are held to."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    """A peer's program and the most that Batuta may take of its time (None: only compared)."""
    source: str
    bar: float | None = None
    note: str = ""

    @property
    def implementation(self):
        return self.source.rsplit(".", 1)[1]


@dataclass(frozen=True)
class Program:
    """`arguments` let the fastest peer run for half a second or more; those of `quick` show that
    all works (None: there is no quick way)."""
    name: str
    title: str
    arguments: list
    quick: list | None
    peers: list = field(default_factory=list)
    unit: tuple | None = None


TEXT, JSON = "{text}", "{json}"

PROGRAMS = [
    Program("fib", "fib(40)", ["40"], ["25"], [
        Peer("fib.rs", 1.6), Peer("fib_plain.rs", 2.5, "unchecked"), Peer("fib.lua", 1.0),
        Peer("fib.js", 1.0), Peer("fib.lisp", 1.0), Peer("fib.ss", 1.0), Peer("fib.clj"),
        Peer("fib.erl"), Peer("fib.exs"), Peer("fib.janet"),
    ]),
    Program("mandelbrot", "mandelbrot", ["2000", "100"], ["200", "50"], [
        Peer("mandelbrot.rs", 2.0), Peer("mandelbrot.js", 1.0), Peer("mandelbrot.lua"),
        Peer("mandelbrot.clj", None, "hints"),
    ]),
    Program("spectral_norm", "spectral norm, vectors", ["3000"], ["100"], [
        Peer("spectral_norm.rs", 2.0), Peer("spectral_norm.js", 1.0), Peer("spectral_norm.lua"),
    ]),
    Program("spectral_norm_array", "spectral norm, arrays", ["3000"], ["100"], [
        Peer("spectral_norm.rs", 1.2), Peer("spectral_norm.js", 1.0), Peer("spectral_norm.lua"),
    ]),
    Program("nbody", "n-body, vectors", ["6000000"], ["2000"], [
        Peer("nbody.rs", 5.0), Peer("nbody.clj", 1.0, "hints"), Peer("nbody.js"),
    ]),
    Program("nbody_array", "n-body, array", ["6000000"], ["2000"], [
        Peer("nbody.rs", 1.5), Peer("nbody_array.clj", None, "hints"), Peer("nbody.js"),
    ]),
    Program("fannkuch", "fannkuch, vectors", ["11"], ["7"], [
        Peer("fannkuch.rs", 5.0), Peer("fannkuch.clj", 1.0, "hints"), Peer("fannkuch.js"),
    ]),
    Program("fannkuch_array", "fannkuch, arrays", ["11"], ["7"], [
        Peer("fannkuch.rs", 1.5), Peer("fannkuch_array.clj", None, "hints"), Peer("fannkuch.js"),
    ]),
    Program("binary_trees", "binary trees, depth 18", ["18"], ["8"], [
        Peer("binary_trees.rs"), Peer("binary_trees.clj", 1.0), Peer("binary_trees.js", 1.0),
        Peer("binary_trees.lua"), Peer("binary_trees.erl"),
    ]),
    Program("map_1m", "map of 1M keys", ["1000000", "5"], ["1000", "2"], [
        Peer("map_1m.rs", 3.0), Peer("map_1m.clj", 0.5),
        Peer("map_1m_transient.clj", 1.0, "transient"), Peer("map_1m.js"),
    ]),
    Program("vector_1m", "vector of 1M", ["1000000", "200"], ["1000", "2"], [
        Peer("vector_1m.rs", 3.0), Peer("vector_1m.clj", 0.5),
        Peer("vector_1m_transient.clj", 1.0, "transient"), Peer("vector_1m.js"),
    ]),
    Program("sort_1m", "sort 1M", ["1000000", "15"], ["1000", "2"], [
        Peer("sort_1m.rs", 3.0), Peer("sort_1m.clj", 0.5),
        Peer("sort_1m_transient.clj", 1.0, "transient"), Peer("sort_1m.js"),
    ]),
    Program("pipeline", "pipeline over 100M", ["100000000", "5"], ["1000", "2"], [
        Peer("pipeline.rs", 2.5), Peer("pipeline.clj"), Peer("pipeline.js"),
    ]),
    Program("word_count", "word count, 50 MB", [TEXT], [TEXT], [
        Peer("word_count.rs", 1.5), Peer("word_count.clj", None, "transient"),
        Peer("word_count.js", 1.0),
    ]),
    Program("json_parse", "JSON, 20 MB", [JSON], [JSON], [
        Peer("json_parse.rs"), Peer("json_parse.js"),
    ]),
    Program("string_building", "string building", ["1000000", "5"], ["1000", "2"], [
        Peer("string_building.rs"), Peer("string_building.clj"), Peer("string_building.js"),
    ]),
    Program("ping_pong", "ping-pong, 1M rounds", [], None, [Peer("ping_pong.erl")],
            unit=(2_000_000, "message")),
    Program("spawn", "100,000 actors, one call each", [], None, [Peer("spawn.erl")],
            unit=(100_000, "actor")),
]

TEXT_BYTES, QUICK_TEXT_BYTES = 50_000_000, 200_000
JSON_BYTES, QUICK_JSON_BYTES = 20_000_000, 200_000
FUNCTIONS, QUICK_FUNCTIONS = 2000, 20
