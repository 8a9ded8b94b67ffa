"""How long it takes until anything runs: start, compiling ahead, compiling while running."""
import os
import subprocess

import generate
from measure import cpu_seconds, least_wall, until_first_output
from suite import FUNCTIONS, QUICK_FUNCTIONS

LINES_OF_A_FUNCTION = 10


def start(batuta):
    """Start-up of the command and of a compiled program."""
    bare = least_wall(["/bin/true"], 30)
    spent = least_wall([batuta.binary, "-e", "nil"], 30) - bare
    print(f"start-up: batuta -e nil           {spent * 1e3:8.1f} ms (bar 10)")
    if "compiled" in batuta.modes:
        compile_hello(batuta, bare)


def compile_hello(batuta, bare):
    source = os.path.join(batuta.work, "hello.bat")
    output = os.path.join(batuta.work, "hello")
    with open(source, "w", encoding="ascii") as out:
        out.write('(println "hello")\n')
    compiling = [batuta.binary, "compile", source, "-o", output]
    print(f"batuta compile hello.bat          {least_wall(compiling, 3):8.2f} s (bar 1)")
    spent = least_wall([output], 30) - bare
    print(f"start-up: compiled hello          {spent * 1e3:8.1f} ms (bar 2)")
    subprocess.run(["strip", output], check=True)
    print(f"size of compiled hello, stripped  {os.path.getsize(output) / 1e6:8.1f} MB (bar 4)")


def compiling(batuta, quick):
    """Speed of the JIT: a program of which every function runs once."""
    count = QUICK_FUNCTIONS if quick else FUNCTIONS
    source = os.path.join(batuta.work, "functions.bat")
    generate.write_functions(source, count)
    command = [batuta.binary, "run", source]
    wall = min(until_first_output(command) for _ in range(1 if quick else 5))
    cpu = cpu_seconds(command)[0]
    rate = count / wall
    print(f"{count} functions to first output   {wall * 1e3:8.0f} ms (bar 150), {cpu:.2f} s CPU: "
          f"{rate:.0f} functions/s, {rate * LINES_OF_A_FUNCTION:.0f} lines/s")


def idle_actors(batuta):
    """Memory of an actor that waits; the program prints it."""
    idle = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "idle.bat")
    result = subprocess.run([batuta.binary, "run", idle], capture_output=True, text=True)
    print(result.stdout.strip())
