"""How long does a learner wait? The time of each check, and of the imports, in one run.

python -m benchmarks.latency
"""

import statistics
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks.confusion import as_given, right_answers
from lossedu import exercises
from lossedu.checking import verdict

BAR = 0.150  # seconds, for 95 of 100 checks


def seconds(exercise, answer):
    """The time of one verdict, the way a notebook asks for it."""
    start = time.perf_counter()
    verdict(exercise.name, answer, allow_ready_made=True)
    return time.perf_counter() - start


def import_seconds(module, runs=7):
    """The median time of a fresh Python that imports the module, start of Python included."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    """Print the table; return the 95th percentile of all checks."""
    table = Table("exercise", "right, ms", "wrong, ms", "slowest, ms")
    every = []
    for exercise in map(exercises.get, exercises.names()):
        right = [seconds(exercise, answer) for answer in right_answers(exercise)]
        wrong = [seconds(exercise, as_given(exercise, known.answer)) for known in exercise.misconceptions]
        every += right + wrong
        shown = [statistics.median(right), statistics.median(wrong) if wrong else 0, max(right + wrong)]
        table.add_row(exercise.name, *(f"{1000 * each:.1f}" for each in shown))
    console = Console(width=100)
    console.print(table)
    p95 = statistics.quantiles(every, n=20)[-1]
    console.print(f"{len(every)} checks: median {1000 * statistics.median(every):.1f} ms, p95 {1000 * p95:.1f} ms")
    numpy, own = import_seconds("numpy"), import_seconds("lossedu, numpy")
    console.print(f"import numpy: {1000 * numpy:.0f} ms; import lossedu besides: {1000 * (own - numpy):.0f} ms more")
    return p95


if __name__ == "__main__":
    sys.exit(main() > BAR)
