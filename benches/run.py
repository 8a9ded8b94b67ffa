#!/usr/bin/env python3
"""Runs the benchmarks against the peers that are installed and prints ratios of CPU time.

Each figure is user + system time of the whole process, the median of N interleaved runs (5), less
the same implementation's empty program. Programs and bars are in suite.py, peers in
implementations.py. Outputs are compared with each other.
"""
import json
import os
import sys
import tempfile

import chart
import command_line
import generate
import start_up
import suite
from implementations import PROGRAMS, Batuta, installed
from measure import medians
from table import label, ratio_table


def arguments_of():
    parser = command_line.parser(__doc__)
    parser.add_argument("--peers", help="only these, such as rust,clojure")
    parser.add_argument("--figures", help="JSON file that keeps figures of earlier programs")
    parser.add_argument("--chart", help="SVG file to write")
    return command_line.checked(parser, (program.name for program in suite.PROGRAMS))


class Bench:
    """One session of measuring."""

    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.batuta = Batuta(options.batuta, work)
        wanted = options.peers.split(",") if options.peers else None
        here = installed().items()
        self.peers = {ext: peer for ext, peer in here if not wanted or peer.name in wanted}
        self.empty = self.empty_programs()
        self.figures = {}
        if options.figures and os.path.exists(options.figures):
            with open(options.figures, encoding="utf-8") as file:
                self.figures = json.load(file)

    def empty_programs(self):
        commands = {mode: make("empty") for mode, make in self.batuta.modes.items()}
        for extension, peer in self.peers.items():
            source = os.path.join(PROGRAMS, "empty." + extension)
            commands[extension] = peer.command(source, self.work)
        return medians(commands, max(self.options.runs, 3))[0]

    def commands(self, program):
        """Commands by label, and for each label what its empty program is known by."""
        commands, kinds = {}, {}
        for mode, make in self.batuta.modes.items():
            command = make(program.name)
            if command is None:
                print(f"{program.name}: does not compile", file=sys.stderr)
                continue
            commands[f"batuta {mode}"], kinds[f"batuta {mode}"] = command, mode
        for peer in program.peers:
            implementation = self.peers.get(peer.implementation)
            if implementation:
                source = os.path.join(PROGRAMS, peer.source)
                commands[label(peer)] = implementation.command(source, self.work)
                kinds[label(peer)] = peer.implementation
        files = self.input_files(program)
        return {name: command + files for name, command in commands.items()}, kinds

    def input_files(self, program):
        """The program's arguments; files are made when first wanted."""
        quick = self.options.quick
        return [self.input_file(a) for a in (program.quick if quick else program.arguments)]

    def input_file(self, argument):
        quick = self.options.quick
        made = {
            suite.TEXT: (generate.write_text, quick, suite.QUICK_TEXT_BYTES, suite.TEXT_BYTES),
            suite.JSON: (generate.write_json, quick, suite.QUICK_JSON_BYTES, suite.JSON_BYTES),
        }
        if argument not in made:
            return argument
        write, quick, few, many = made[argument]
        path = os.path.join(self.work, argument.strip("{}"))
        if not os.path.exists(path):
            write(path, few if quick else many)
        return path

    def run(self, program):
        commands, kinds = self.commands(program)
        found, outputs = medians(commands, self.options.runs, self.options.patience)
        if len({outputs[name] for name in found}) > 1:
            print(f"{program.title}: the outputs differ", flush=True)
        own = {name: seconds - self.empty[kinds[name]] for name, seconds in found.items()}
        self.figures[program.name] = own
        texts = [f"{name} {seconds:.2f} s" for name, seconds in own.items()]
        print(f"{program.title}: " + ", ".join(texts), flush=True)
        if program.unit and "batuta run" in own:
            count, what = program.unit
            print(f"  {own['batuta run'] / count * 1e9:.0f} ns per {what}")

    def keep(self):
        if self.options.figures:
            with open(self.options.figures, "w", encoding="utf-8") as file:
                json.dump(self.figures, file, indent=1)

    def report(self):
        for mode in self.batuta.modes:
            print("\n" + ratio_table(self.figures, mode))
        if self.options.chart:
            with open(self.options.chart, "w", encoding="utf-8") as file:
                file.write(chart.svg(self.figures))


def main():
    options = arguments_of()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(options, work)
        if not options.programs:
            start_up.start(bench.batuta)
            start_up.compiling(bench.batuta, options.quick)
            start_up.idle_actors(bench.batuta)
        for program in suite.PROGRAMS:
            wanted = not options.programs or program.name in options.programs
            if wanted and not (options.quick and program.quick is None):
                bench.run(program)
                bench.keep()
        bench.report()


if __name__ == "__main__":
    main()
