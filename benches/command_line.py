"""What every bench is told on its command line."""
import argparse
import os
import sys

DEFAULT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "target", "release", "batuta")


def parser(doc):
    """A parser of the options that all have, for more to be added."""
    made = argparse.ArgumentParser(description=doc.splitlines()[0])
    made.add_argument("programs", nargs="*", help="programs to run (all)")
    made.add_argument("--batuta", default=DEFAULT, help="the binary to measure")
    made.add_argument("--runs", type=int, default=5, help="interleaved runs (5)")
    made.add_argument("--quick", action="store_true", help="small sizes, to see that all works")
    made.add_argument("--patience", type=float, help="seconds after which a program has failed")
    return made


def checked(made, known):
    """The options, once the binary is there and every program is one of those known."""
    options = made.parse_args()
    options.batuta = os.path.abspath(options.batuta)
    if not os.path.exists(options.batuta):
        sys.exit(f"{options.batuta} is not there: run `cargo build --release` first")
    unknown = set(options.programs) - set(known)
    if unknown:
        sys.exit(f"no such program: {', '.join(sorted(unknown))}")
    return options
