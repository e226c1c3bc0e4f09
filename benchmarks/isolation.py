"""What isolation costs: milliseconds from asking for a kernel to its first reply, and to its end, by kind of isolation.

python -m benchmarks.isolation [KERNELS]

The kinds take turns, so that a busy machine slows all of them alike; told are medians.
"""

import sys
import tempfile
import time
from statistics import median

from lossedu.executor.server import KernelServerError
from tests.grading.kernels import Kernel

KINDS = {"none": "a fork alone", "rlimits": "with limits", "bubblewrap": "in a sandbox, with limits"}


def main():
    """Print a table."""
    kernels = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    took = {isolation: [] for isolation in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(kernels + 1):
            for isolation, times in took.items():
                try:
                    times += [one(folder, isolation)] if number else one(folder, isolation)[:0]  # the first warms up
                except KernelServerError as error:
                    sys.exit(f"no sandbox here: {error}")
    print(f"Milliseconds, medians of {kernels} kernels{'':14}first reply      end")
    bare = [median(times) for times in zip(*took["none"], strict=True)]
    for isolation, what in KINDS.items():
        reply, end = (median(times) for times in zip(*took[isolation], strict=True))
        print(f"{what:44}{reply:8.1f} {end:13.1f}   {reply + end - sum(bare):+6.1f} in all")


def one(folder, isolation):
    """How long a kernel takes to reply, and then to end, in milliseconds."""
    started = time.perf_counter()
    kernel = Kernel(folder, isolation=isolation)
    kernel.run("1")
    replied = time.perf_counter()
    kernel.close()
    return 1000 * (replied - started), 1000 * (time.perf_counter() - replied)


if __name__ == "__main__":
    main()
