"""How each implementation builds and runs a program; which of them are installed.

To add one: a row in `PEERS` and its empty program in `programs/`.
"""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")


def built_with_rustc(source, work):
    output = os.path.join(work, os.path.basename(source)[:-3] + "-rust")
    if not os.path.exists(output):
        subprocess.run(["rustc", "-O", "-o", output, source], check=True)
    return [output]


def built_with_erlc(source, work):
    subprocess.run(["erlc", "-o", work, source], check=True)
    module = os.path.basename(source)[:-4]
    return ["erl", "-noshell", "-pa", work, "-s", module, "main"]


@dataclass(frozen=True)
class Implementation:
    """A peer: its needed program, its Debian package, and the command for a source file."""
    name: str
    needs: str
    package: str
    command: Callable


PEERS = {
    "rs": Implementation("rust", "rustc", "rustc", built_with_rustc),
    "js": Implementation("node", "node", "nodejs", lambda source, _: ["node", source]),
    "lua": Implementation("luajit", "luajit", "luajit", lambda source, _: ["luajit", source]),
    "lisp": Implementation(
        "sbcl", "sbcl", "sbcl", lambda source, _: ["sbcl", "--script", source]),
    "ss": Implementation(
        "chez", "chezscheme", "chezscheme", lambda source, _: ["chezscheme", "--script", source]),
    "clj": Implementation("clojure", "clojure", "clojure", lambda source, _: ["clojure", source]),
    "erl": Implementation("erlang", "erlc", "erlang-base", built_with_erlc),
    "exs": Implementation("elixir", "elixir", "elixir", lambda source, _: ["elixir", source]),
    "janet": Implementation("janet", "janet", "janet", lambda source, _: ["janet", source]),
}


def installed():
    """The implementations that are here; says which are not."""
    here = {}
    for extension, peer in PEERS.items():
        if shutil.which(peer.needs):
            here[extension] = peer
        else:
            print(f"not installed: {peer.name} (Debian: {peer.package})", file=sys.stderr)
    return here


class Batuta:
    """The binary being measured, in each of the ways it runs a program."""

    def __init__(self, binary, work):
        self.binary = binary
        self.work = work
        self.modes = {"run": self.run}
        trial = self.compiled("empty")
        if trial is None:
            print("no `batuta compile` here: only `batuta run` is measured", file=sys.stderr)
        else:
            self.modes["compiled"] = self.compiled

    def run(self, name):
        return [self.binary, "run", os.path.join(PROGRAMS, name + ".bat")]

    def compiled(self, name):
        """The command for a program compiled ahead; None if that is not possible."""
        output = os.path.join(self.work, name + "-batuta")
        if not os.path.exists(output):
            source = os.path.join(PROGRAMS, name + ".bat")
            command = [self.binary, "compile", source, "-o", output]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0 or not os.path.exists(output):
                return None
        return [output]
