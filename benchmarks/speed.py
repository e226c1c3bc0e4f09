"""How long each loss and gradient takes, here and elsewhere, and how much memory here: `make bench-speed`.

Each number is the time of ours divided by that of another library, both the median of turns taken in one run: below 1
ours is faster. A gradient of another library includes its value, as automatic differentiation has it.
"""

import argparse
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks import rivals
from lossedu import losses

SMALL, LARGE, MAP = (32, 10), (4096, 1000), (64, 21, 128, 128)
COLUMNS = ["eager", "function", "PyTorch", "SciPy", "sklearn"]


def numbers(rng, shape):
    """Truths and predictions of any sign."""
    return rng.normal(size=(2, *shape))


def positive_numbers(rng, shape):
    """Truths and predictions above 0."""
    return rng.uniform(0.1, 9, (2, *shape))


def signs_and_scores(rng, shape):
    """Labels of -1 and 1, with scores."""
    return rng.choice([-1.0, 1.0], shape), rng.normal(size=shape)


def bits_and_probabilities(rng, shape):
    """Labels of 0 and 1, with probabilities."""
    return rng.integers(0, 2, shape).astype(float), rng.uniform(0.01, 0.99, shape)


def bits_and_logits(rng, shape):
    """Labels of 0 and 1, with logits."""
    return rng.integers(0, 2, shape).astype(float), rng.normal(size=shape)


def one_hot_and_probabilities(rng, shape):
    """One-hot labels, with distributions."""
    return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])], rng.dirichlet(np.ones(shape[1]), shape[0])


def one_hot_and_logits(rng, shape):
    """One-hot labels, with logits."""
    return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])], rng.normal(size=shape)


def class_numbers_and_probabilities(rng, shape):
    """Class numbers, with distributions."""
    return rng.integers(0, shape[1], shape[0]), rng.dirichlet(np.ones(shape[1]), shape[0])


def class_numbers_and_logits(rng, shape):
    """Class numbers, with logits."""
    return rng.integers(0, shape[1], shape[0]), rng.normal(size=shape)


def scores_and_class_numbers(rng, shape):
    """A map of scores, with a class number at each position."""
    return rng.normal(size=shape), rng.integers(0, shape[1], (shape[0], *shape[2:]))


def two_distributions(rng, shape):
    """A true distribution and a predicted one."""
    return rng.dirichlet(np.ones(shape[1]), (2, shape[0]))


class Case(NamedTuple):
    """A loss with its options, and the arrays to time it on."""

    name: str
    options: dict
    inputs: Callable
    shapes: tuple = (SMALL, LARGE)

    def __str__(self):
        return ", ".join([self.name, *self.options])


FROM_LOGITS = {"from_logits": True}
CASES = [
    Case("mean_squared_error", {}, numbers),
    Case("mean_absolute_error", {}, numbers),
    Case("mean_absolute_percentage_error", {}, positive_numbers),
    Case("mean_squared_logarithmic_error", {}, positive_numbers),
    Case("huber", {}, numbers),
    Case("pseudo_huber", {}, numbers),
    Case("log_cosh", {}, numbers),
    Case("hinge", {}, signs_and_scores),
    Case("squared_hinge", {}, signs_and_scores),
    Case("categorical_hinge", {}, one_hot_and_logits),
    Case("binary_crossentropy", {}, bits_and_probabilities),
    Case("binary_crossentropy", FROM_LOGITS, bits_and_logits),
    Case("binary_focal_crossentropy", {}, bits_and_probabilities),
    Case("categorical_crossentropy", {}, one_hot_and_probabilities),
    Case("categorical_crossentropy", FROM_LOGITS, one_hot_and_logits),
    Case("categorical_focal_crossentropy", {}, one_hot_and_probabilities),
    Case("sparse_categorical_crossentropy", {}, class_numbers_and_probabilities),
    Case("sparse_categorical_crossentropy", FROM_LOGITS, class_numbers_and_logits),
    Case("kl_divergence", {}, two_distributions),
    Case("poisson", {}, positive_numbers),
    Case("cosine_similarity", {}, numbers),
    Case("dice", {}, bits_and_probabilities),
    Case("tversky", {}, bits_and_probabilities),
    Case("softmax_with_loss", {}, scores_and_class_numbers, (MAP,)),
]


def main(argv=None):
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("losses", nargs="*", help="names of losses; all by default")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--threads", type=int, default=1, help="of TensorFlow and PyTorch (default 1, as NumPy has)")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each number (default 0.5)")
    parser.add_argument("--small", action="store_true", help="small batches only")
    arguments = parser.parse_args(argv)
    for variable in "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS":
        os.environ[variable] = str(arguments.threads)  # read when the libraries are first imported
    libraries, reasons = rivals.installed()
    cases = [case for case in CASES if not arguments.losses or case.name in arguments.losses]
    width = max(len(str(case)) for case in cases)
    print(f"{arguments.dtype}, {arguments.threads} thread(s); memory: peak, in units of the size of y_pred")
    for shape in SMALL, LARGE, MAP:
        lines = [case for case in cases if shape in case.shapes and (shape == SMALL or not arguments.small)]
        for kind in ("value", "gradient") if lines else ():
            print(f"\n{f'{kind}, {shape}':{width}}{'ours, ms':>10}{'memory':>8}", *(f"{c:>9}" for c in COLUMNS))
            for case in lines:
                row = measure(case, shape, kind, arguments.dtype, libraries, arguments.seconds)
                print(f"{case!s:{width}}{row}", flush=True)
    print("", *reasons, sep="\n")


def measure(case, shape, kind, dtype, libraries, seconds):
    """The row of the table for one loss."""
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in case.inputs(np.random.default_rng(0), shape)]
    loss = getattr(losses, case.name)
    loss = loss.gradient if kind == "gradient" else loss
    calls = {"ours": lambda: loss(*arrays, **case.options)}
    for library in libraries:
        calls |= library.calls(case.name, kind, arrays, case.options)
    times = medians(calls, seconds)
    predictions = next(a for a in reversed(arrays) if a.dtype.kind == "f")
    ratios = [f"{times['ours'] / times[column]:9.2f}" if column in times else f"{'-':>9}" for column in COLUMNS]
    return f"{1000 * times['ours']:10.3f}{peak(calls['ours']) / predictions.nbytes:8.1f} {' '.join(ratios)}"


def medians(calls, seconds):
    """The median time of each call, taken in turns."""
    for call in calls.values():
        call()  # the first one may compile
    loops = {name: max(1, round(0.002 / clock(call, 1))) for name, call in calls.items()}
    times = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["ours"]) < 3:
        for name, call in calls.items():
            times[name].append(clock(call, loops[name]))
    return {name: statistics.median(several) for name, several in times.items()}


def clock(call, loops):
    """The time that a call takes, on average over a few."""
    start = time.perf_counter()
    for _ in range(loops):
        call()
    return (time.perf_counter() - start) / loops


def peak(call):
    """The bytes that a call holds at most, what it returns included."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
