"""How many digits each loss and gradient keeps in float64, here and elsewhere: `make bench-accuracy`.

The worst error over inputs of every magnitude is shown in ulp of what mpmath makes of the same definition at 50 digits.
"""

import argparse
import os

import numpy as np

from benchmarks import rivals
from tests.losses.accuracy import BEYOND_FOUR, CASES

WIDTH = max(len(str(case)) for case in CASES)
LEGEND = """
In ulp of the true value; 0: below 1e-15 absolute; inf: NaN, or infinite where the truth is not; -: not in the library.
Of gradients whose entries share a sum, in ulp of the largest entry of the sample.
 !  beyond 4 ulp, for the reason below
 *  more than 1 ulp behind the best of the others: NumPy adds the entries of a row in another order than TensorFlow,
    and where a small 1 - p must not be lost, the focal losses round once more
"""


def main(argv=None):
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__.splitlines()[0])
    parser.add_argument("losses", nargs="*", help="names of losses; all by default")
    parser.add_argument("--rows", type=int, default=300, help="samples for each loss (default 300)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    libraries, reasons = rivals.installed()
    print(f"{'':{WIDTH}}{'value':>10}{'':{10 * len(libraries) + 2}}{'gradient':>10}")
    print(f"{'':{WIDTH}}{heading(libraries)}  {heading([library for library in libraries if library.slope])}")
    for case in CASES:
        if not arguments.losses or case.name in arguments.losses:
            print(line(case, case.draw(arguments.rows, arguments.seed), libraries), flush=True)
    print(LEGEND)
    print(*(f"{name}: {reason}" for name, (_, _, reason) in BEYOND_FOUR.items()), *reasons, sep="\n")


def heading(libraries):
    """The names over the columns."""
    return "".join(f"{name:>10}" for name in ["ours", *(library.name for library in libraries)])


def line(case, arrays, libraries):
    """The row of the table for one loss."""
    values = [case.loss, *(library.value(case.name) for library in libraries)]
    gradients = [getattr(case.loss, "gradient", None)]
    gradients += [case.has_gradient and library.gradient(case.name) for library in libraries if library.slope]
    return f"{case!s:{WIDTH}}" + "  ".join(
        cells([worst(case, function, arrays, errors) for function in functions])
        for functions, errors in ((values, case.errors), (gradients, case.gradient_errors))
    )


def worst(case, function, arrays, errors):
    """The largest error of a function, or None where the library has no such loss."""
    if not function:
        return None
    try:
        with np.errstate(all="ignore"):
            return float(errors(case.evaluate(function, arrays), arrays).max())
    except (NotImplementedError, LookupError):
        return None


def cells(errors):
    """The columns for ours, marked where it is not the best or not good enough, and for the others."""
    ours, *others = errors
    best = min((error for error in others if error is not None), default=np.inf)
    mark = "" if ours is None else "!" * (ours > 4) + "*" * (ours > best + 1)
    return f"{mark + number(ours):>10}" + "".join(f"{number(error):>10}" for error in others)


def number(error):
    """An error in a few characters."""
    if error is None:
        return "-"
    return "0" if error == 0 else f"{error:.1f}" if error < 1000 else f"{error:.0e}"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
