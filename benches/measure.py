"""CPU time and wall time of processes."""
import resource
import statistics
import subprocess
import time


class Failed(Exception):
    """A program that ended badly."""


def cpu_seconds(command, patience=None):
    """User and system seconds of a process with its children, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        result = subprocess.run(command, capture_output=True, timeout=patience)
    except subprocess.TimeoutExpired as expired:
        raise Failed(f"{' '.join(command)}: took longer than {patience} s") from expired
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)}: {result.stderr.decode(errors='replace').strip()}")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent, result.stdout


def medians(commands, runs, patience=None):
    """Median CPU seconds and the output of each command, run in turn. Those that fail are told
    and left out."""
    times = {name: [] for name in commands}
    outputs = {}
    for _ in range(runs):
        for name in list(times):
            try:
                seconds, outputs[name] = cpu_seconds(commands[name], patience)
                times[name].append(seconds)
            except Failed as failed:
                print(f"{name} failed: {failed}", flush=True)
                del times[name]
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
