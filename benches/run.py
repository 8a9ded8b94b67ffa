#!/usr/bin/env python3
"""Runs the benchmarks against the peers that are installed and prints ratios of CPU time.

usage: benches/run.py [--batuta PATH] [--runs N]

Each figure is user + system time of the whole process, the median of N interleaved runs (5), less
the same implementation's empty program. Peers: rustc (Rust), erl and erlc (Debian: erlang-base).
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")


def cpu_seconds(command, cwd):
    before = os.times()
    result = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, check=True)
    after = os.times()
    spent = after.children_user - before.children_user
    spent += after.children_system - before.children_system
    return spent, result.stdout


def medians(commands, runs, cwd):
    """Median CPU seconds of each command, run in turn."""
    times = {name: [] for name in commands}
    outputs = {}
    for _ in range(runs):
        for name, command in commands.items():
            seconds, output = cpu_seconds(command, cwd)
            times[name].append(seconds)
            outputs[name] = output
    return {name: statistics.median(values) for name, values in times.items()}, outputs


def build_peers(work):
    """Compiles the peers' programs; gives a command maker for each peer that is installed."""
    peers = {}
    if shutil.which("rustc"):
        for name in ("fib", "empty"):
            source = os.path.join(PROGRAMS, name + ".rs")
            subprocess.run(["rustc", "-O", "-o", os.path.join(work, name), source], check=True)
        peers["rust -O"] = lambda name: [os.path.join(work, name)]
    if shutil.which("erlc"):
        for name in ("ping_pong", "spawn", "empty"):
            source = os.path.join(PROGRAMS, name + ".erl")
            subprocess.run(["erlc", "-o", work, source], check=True)
        peers["erlang"] = lambda name: ["erl", "-noshell", "-pa", work, "-s", name, "main"]
    return peers


def compare(title, program, peer, make, batuta, runs, work, unit=None):
    commands = {
        "batuta": [batuta, "run", os.path.join(PROGRAMS, program + ".bat")],
        "batuta empty": [batuta, "run", os.path.join(PROGRAMS, "empty.bat")],
    }
    if make:
        commands[peer] = make(program)
        commands[peer + " empty"] = make("empty")
    found, outputs = medians(commands, runs, work)
    own = found["batuta"] - found["batuta empty"]
    line = f"{title:34} batuta {own:7.3f} s"
    if make:
        if outputs["batuta"] != outputs[peer]:
            sys.exit(f"{program}: the outputs differ")
        other = found[peer] - found[peer + " empty"]
        line += f"   {peer} {other:7.3f} s   ratio {own / other:5.2f}"
    if unit:
        count, what = unit
        line += f"   {own / count * 1e9:8.0f} ns per {what}"
    print(line, flush=True)


def start_up(batuta, runs, work):
    times = []
    for _ in range(10 * runs):
        begin = time.perf_counter()
        subprocess.run([batuta, "-e", "nil"], cwd=work, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - begin)
    print(f"{'start-up: batuta -e nil':34} {statistics.median(times) * 1e3:7.1f} ms (wall)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.path.join(HERE, "..", "target", "release", "batuta")
    parser.add_argument("--batuta", default=default, help="the binary to measure")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs (5)")
    options = parser.parse_args()
    batuta = os.path.abspath(options.batuta)
    if not os.path.exists(batuta):
        sys.exit(f"{batuta} is not there: run `cargo build --release` first")
    with tempfile.TemporaryDirectory() as work:
        peers = build_peers(work)
        runs = options.runs
        start_up(batuta, runs, work)
        rust, erlang = peers.get("rust -O"), peers.get("erlang")
        compare("fib(40), untyped", "fib", "rust -O", rust, batuta, runs, work)
        unit = (2_000_000, "message")
        compare("ping-pong, 1M rounds", "ping_pong", "erlang", erlang, batuta, runs, work, unit)
        unit = (100_000, "actor with one call")
        compare("spawn 100,000, one call each", "spawn", "erlang", erlang, batuta, runs, work, unit)
        idle = os.path.join(PROGRAMS, "idle.bat")
        print(subprocess.run([batuta, "run", idle], capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
