#!/usr/bin/env python3
"""Runs the Savina programs of examples/actors beside their Erlang versions and prints ratios.

Each figure is user + system time of the whole process, the median of N interleaved runs (5), less
the same implementation's empty program. Erlang's schedulers do not wait busily (`+sbwt none`).
Outputs are compared with each other.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import command_line
from implementations import PROGRAMS
from measure import medians

HERE = os.path.dirname(os.path.abspath(__file__))
SAVINA = os.path.join(HERE, "..", "examples", "actors")
ERLANG = ["erl", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "-noshell"]
# Sizes that let Erlang run for half a second or more, and those that show that all works.
SIZES = {
    "ping_pong": (1_000_000, 1000),
    "thread_ring": (3_000_000, 1000),
    "counting": (5_000_000, 1000),
    "fork_join_create": (500_000, 1000),
    "fork_join_throughput": (50_000, 10),
    "big": (10_000, 10),
    "chameneos": (1_000_000, 100),
    "dictionary": (20_000, 10),
    "bank": (400_000, 400),
    "philosophers": (20_000, 10),
    "cobwebbed_tree": (200_000, 100),
}


def arguments_of():
    options = command_line.checked(command_line.parser(__doc__), SIZES)
    if not shutil.which("erlc"):
        sys.exit("not installed: erlang (Debian: erlang-base)")
    return options


def erlang(source, work, arguments):
    subprocess.run(["erlc", "-o", work, source], check=True)
    module = os.path.basename(source)[:-4]
    return [*ERLANG, "-pa", work, "-run", module, "main", *arguments]


def commands(options, name, work, arguments, folder=SAVINA):
    path = os.path.join(folder, name)
    return {
        "batuta": [options.batuta, "run", path + ".bat", *arguments],
        "erlang": erlang(path + ".erl", work, arguments),
    }


def row(options, name, work, empty):
    size = str(SIZES[name][options.quick])
    found, outputs = medians(
        commands(options, name, work, [size]), options.runs, options.patience)
    if len(found) < 2:
        return f"| {name} | {size} | failed | | |"
    if len(set(outputs.values())) > 1:
        print(f"{name}: the outputs differ", file=sys.stderr)
    own, other = (found[it] - empty[it] for it in ("batuta", "erlang"))
    ratio = f"{own / other:.2f}" if other > 0.05 else "–"
    return f"| {name} | {size} | {own:.2f} s | {other:.2f} s | {ratio} |"


def main():
    options = arguments_of()
    with tempfile.TemporaryDirectory() as work:
        empty = medians(commands(options, "empty", work, [], PROGRAMS), max(options.runs, 3))[0]
        print("| program | size | Batuta | Erlang | ratio |\n| --- | --- | --- | --- | --- |")
        for name in options.programs or SIZES:
            print(row(options, name, work, empty), flush=True)


if __name__ == "__main__":
    main()
