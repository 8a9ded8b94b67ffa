"""CPU time and wall time of processes."""
import resource
import statistics
import subprocess
import time


class Failed(Exception):
    """A program that ended badly."""


def cpu_seconds(command):
    """User and system seconds of a process with its children, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)}: {result.stderr.decode(errors='replace').strip()}")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent, result.stdout


def medians(commands, runs):
    """Median CPU seconds and the output of each command, run in turn."""
    times = {name: [] for name in commands}
    outputs = {}
    for _ in range(runs):
        for name, command in commands.items():
            seconds, outputs[name] = cpu_seconds(command)
            times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}, outputs


def least_wall(command, runs):
    """The shortest wall time of a process in seconds."""
    return min(wall(command) for _ in range(runs))


def wall(command):
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def until_first_output(command):
    """Wall seconds from start to the first byte that a process writes."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        first = process.stdout.read(1)
        seconds = time.perf_counter() - begin
        process.stdout.read()
    if process.returncode != 0 or not first:
        raise Failed(f"{' '.join(command)} wrote nothing")
    return seconds
