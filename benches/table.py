"""Figures as a table of ratios, in Markdown.

Figures are {program: {label: seconds}}, where a label is "batuta run", "batuta compiled", or a
peer's name, with a note behind a comma ("clojure, hints").
"""
from implementations import PEERS
from suite import PROGRAMS

COLUMNS = ["rust", "node", "luajit", "sbcl", "chez", "clojure", "erlang", "elixir", "janet"]
TOLERANCE = 1.05
# A peer that takes less than this cannot be compared with.
LEAST_SECONDS = 0.05


def label(peer):
    name = PEERS[peer.implementation].name
    return f"{name}, {peer.note}" if peer.note else name


def seconds(value):
    return f"{value:.2f} s" if value is not None else ""


def verdict(own, other, bar):
    if other < LEAST_SECONDS:
        return "–"
    ratio = own / other
    if bar is None:
        return f"{ratio:.2f}"
    met = "met" if ratio <= bar * TOLERANCE else "**missed**"
    return f"{ratio:.2f} (≤ {bar:g}: {met})"


def cell(program, found, column, own):
    """Batuta's time by that of each of the program's peers in this column."""
    texts = []
    for peer in program.peers:
        name = label(peer)
        if PEERS[peer.implementation].name != column or name not in found:
            continue
        text = verdict(own, found[name], peer.bar)
        texts.append(f"{peer.note} {text}" if peer.note else text)
    return "; ".join(texts)


def ratio_table(figures, mode):
    """Batuta's time and its ratio to each peer's, for a way of running ("run", "compiled")."""
    own_label = f"batuta {mode}"
    rows = []
    for program in PROGRAMS:
        found = figures.get(program.name, {})
        own = found.get(own_label)
        if own is not None:
            cells = [cell(program, found, column, own) for column in COLUMNS]
            rows.append([program.title, seconds(own), *cells])
    used = [i for i in range(len(COLUMNS)) if any(row[i + 2] for row in rows)]
    head = ["program", own_label, *(f"by {COLUMNS[i]}" for i in used)]
    lines = [head, ["---"] * len(head)]
    lines += [[row[0], row[1], *(row[i + 2] for i in used)] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
