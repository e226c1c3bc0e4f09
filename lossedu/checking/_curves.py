"""Compute the curve of an answer and the expected curve along one argument, as plain numbers."""

import functools
import itertools
import logging
import sys
from dataclasses import dataclass

import numpy as np

from lossedu.checking._answers import UnansweredError, outcomes_of

LOG = logging.getLogger(__name__)
POINTS = 41  # of a curve; odd, so that 0 is one of them if the span is symmetric
MOST_POINTS = 101  # of a curve that is read from a file
MOST_LINES = 3  # through the entries of one input
FACTORS = (20, 200)  # the span grows by these, to find where two curves separate
SMALLEST, LARGEST = 1e-100, 1e100  # size of a number that is drawn; arithmetic with others may overflow
LONGEST = 200  # characters of the settings
FEWEST = 3  # points where the curves must differ, or where the learner's has no number
FEWEST_VISIBLE = 5  # points of the learner's curve that the picture must show
VISIBLE = 0.025  # smallest difference that the eye sees, as a share of the picture's height


@dataclass(frozen=True)
class Curve:
    """The expected curve and the learner's, along one argument of a function.

    Attributes:
        argument: what varies, such as "y_pred" or "y_pred - y_true".
        settings: the other arguments as a text, such as "y_true = 1, delta = 0.5".
        start, stop: the first and last value of the argument; the values are evenly spaced.
        expected: the right numbers, one per value.
        yours: the numbers of the answer; None where it gives no finite one.

    Raises:
        ValueError: the parts don't fit together, or hold something else than these numbers.
    """

    argument: str
    settings: str
    start: float
    stop: float
    expected: tuple[float, ...]
    yours: tuple[float | None, ...]

    def __post_init__(self):
        if not (len(self.expected) == len(self.yours) and 2 <= len(self.expected) <= MOST_POINTS):
            raise ValueError(f"a curve has 2 to {MOST_POINTS} points, expected and yours")
        given = [value for value in self.yours if value is not None]
        if not all(map(is_finite, (self.start, self.stop, *self.expected, *given))):
            raise ValueError("expected finite numbers; yours may be None")
        if not all(abs(value) <= LARGEST for value in (self.start, self.stop, *self.expected)):
            raise ValueError(f"expected numbers up to {LARGEST:g}")
        if any(0 < abs(value) < SMALLEST for value in (self.start, self.stop, *self.expected, *given)):
            raise ValueError(f"expected 0 for numbers below {SMALLEST:g}")
        if not self.start < self.stop or len(self.argument) > LONGEST or len(self.settings) > LONGEST:
            raise ValueError("expected a start before the stop, and short names")

    @functools.cached_property
    def values(self):
        """The values of the argument."""
        return [round_off(value) for value in np.linspace(self.start, self.stop, len(self.expected))]

    @functools.cached_property
    def window(self):
        """The lowest and the highest number that a picture shows.

        It shows all that is expected, and of yours at most as much again above and below.
        """
        low, high = min(self.expected), max(self.expected)
        given = [value for value in self.yours if value is not None]
        farthest = max((abs(value - low) for value in given), default=0)
        margin = high - low or min(farthest, LARGEST) or max(1, abs(low))
        within = [low, high, *(min(max(value, low - margin), high + margin) for value in given)]
        return min(within) - margin / 20, max(within) + margin / 20

    def is_shown(self, value):
        """Tell whether a number lies in the window."""
        low, high = self.window
        return value is not None and low <= value <= high

    @functools.cached_property
    def apart(self):
        """For each point, whether the eye sees a difference there or the learner's number is missing."""
        low, high = self.window
        pairs = zip(self.expected, self.yours, strict=True)
        return [yours is None or abs(yours - right) > VISIBLE * (high - low) for right, yours in pairs]

    @property
    def is_telling(self):
        """Whether a picture would show both curves and their difference."""
        return sum(self.apart) >= FEWEST and sum(map(self.is_shown, self.yours)) >= FEWEST_VISIBLE


def is_finite(value):
    """Tell whether a value is a number that a float can hold, neither infinite nor a truth value."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -sys.float_info.max <= value <= sys.float_info.max  # also for integers of a thousand digits


def round_off(value):
    """Round a number to five digits, and a tiny one to 0, because a picture shows no more.

    >>> round_off(0.1 + 0.2), round_off(123456.0)
    (0.3, 123460.0)
    """
    return 0.0 if abs(value) < SMALLEST else float(f"{value:.5g}")


def runs_of(flags):
    """Return the runs of set flags, as pairs of the first and the last index.

    >>> runs_of([True, True, False, True])
    [(0, 1), (3, 3)]
    """
    groups = itertools.groupby(range(len(flags)), key=lambda i: bool(flags[i]))
    indices = [list(group) for is_set, group in groups if is_set]
    return [(each[0], each[-1]) for each in indices]


def curve_beside(exercise, answer, case):
    """Return the `Curve` of a wrong answer near a failing case.

    The function is called with arrays of one entry. One argument varies; the other arguments and the options are those
    of one entry of the case. The span is the one from which cases are usually drawn. If the curves coincide there and
    the case lies far outside, the span grows towards the case.

    Args:
        exercise: the `FunctionExercise`.
        answer: the `Answer` or `KernelAnswer`.
        case: a public `Case` that the answer fails.

    Returns:
        Curve. None if the exercise has no curve, the answer's process ends, or a picture would show no difference.
    """
    try:
        span = span_of(exercise, case)
        if span is None:
            return None
        lines = lines_through(exercise, case)
        distinct = list({line.settings: line for line in reversed(lines)}.values())[::-1]
        near = [(line, span) for line in distinct[:MOST_LINES]]
        return first_telling(exercise, answer, near) or first_telling(exercise, answer, wider(lines, *span))
    except UnansweredError:  # the answer does not survive further inputs
        return None
    except Exception:  # a fault of ours: the answer has still been judged, and only the picture is missing
        LOG.info("no curve of an answer to %s", exercise.name, exc_info=True)
        return None


@dataclass(frozen=True)
class Line:
    """The arguments of a function along a line: one varies, by its value or by its distance from another argument.

    Attributes:
        argument: the name of the argument that varies.
        origin: the name of the argument from which the distance is measured; empty if the value itself varies.
        given: the arguments of one entry of a case.
    """

    argument: str
    origin: str
    given: dict

    @property
    def zero(self):
        """The number from which distances are measured."""
        return float(plain(self.given[self.origin])) if self.origin else 0.0

    @property
    def passes(self):
        """The value, or the distance, in the case itself."""
        return float(plain(self.given[self.argument])) - self.zero

    def at(self, value):
        """Return the arguments for one value, or distance."""
        example = self.given[self.argument]
        varied = self.zero + float(value)
        return self.given | {self.argument: np.full(example.shape, varied) if np.ndim(example) else varied}

    def along(self, values):
        """Return the arguments for all these values at once, as a batch of samples with one entry each."""
        arrays = {name: value for name, value in self.given.items() if isinstance(value, np.ndarray)}
        batches = {name: np.full((len(values), 1), value.item(), value.dtype) for name, value in arrays.items()}
        return self.given | batches | {self.argument: self.zero + np.reshape(values, (-1, 1))}

    @property
    def settings(self):
        """The other arguments as a text, such as "y_true = 1, delta = 0.5"."""
        others = ((name, plain(value)) for name, value in self.given.items() if name != self.argument)
        return ", ".join(f"{name} = {value:.4g}" if is_finite(value) else f"{name} = {value}" for name, value in others)


def plain(value):
    """Return the number in an array of one entry; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.size == 1 else value


def lines_through(exercise, case):
    """Return a line through each entry of the arguments of a case."""
    argument, _, origin = exercise.curve_along.partition(" - ")
    drawn = {name: np.asarray(case.arguments[name]) for name in case.domains}
    lines = []
    for entries in zip(*(array.ravel() for array in np.broadcast_arrays(*drawn.values())), strict=True):
        given = dict(case.arguments)
        for name, entry in zip(drawn, entries, strict=True):
            is_array = isinstance(given[name], np.ndarray)
            given[name] = entry.reshape((1,) * min(drawn[name].ndim, 1)) if is_array else entry.item()
        lines.append(Line(argument, origin, given))
    return lines


def span_of(exercise, case):
    """Return the ends of the curve, from the domain of the argument that varies; None if there is no curve."""
    argument = (exercise.curve_along or "").partition(" - ")[0]
    return getattr(case.domains.get(argument), "span", None)


def wider(lines, low, high):
    """Return lines with larger spans, which reach towards the entries of the case that lie farthest outside."""
    for line in (min(lines, key=lambda line: line.passes), max(lines, key=lambda line: line.passes)):
        for reach in (factor * (high - low) for factor in FACTORS):
            if not low <= line.passes <= high:
                yield line, (min(low, max(line.passes, -reach)), max(high, min(line.passes, reach)))


def first_telling(exercise, answer, spans):
    """Return the first curve along lines, each with its span, that shows a difference; None if none does."""
    grids = [(line, np.linspace(*span, num=POINTS)) for line, span in spans]
    calls = [line.at(value) for line, grid in grids for value in grid]
    outcomes = answer.try_on(exercise, calls).outcomes if calls else []
    for i, (line, grid) in enumerate(grids):
        expected = tuple(number for number in right_numbers(exercise, line, grid) if number is not None)
        if len(expected) == POINTS:
            yours = tuple(number_in(outcome) for outcome in outcomes[i * POINTS : (i + 1) * POINTS])
            ends = round_off(grid[0]), round_off(grid[-1])
            curve = Curve(exercise.curve_along, line.settings[:LONGEST], *ends, expected, yours)
            if curve.is_telling:
                return curve
    return None


def right_numbers(exercise, line, grid):
    """Return the reference's numbers along a line, from one call if the reference treats samples separately."""
    (batch,) = outcomes_of(exercise.reference, exercise, [line.along(grid)])
    if batch.problem is None and batch.values[0].size == len(grid):
        return tuple(map(rounded, batch.values[0].ravel().tolist()))
    return tuple(map(number_in, outcomes_of(exercise.reference, exercise, [line.at(value) for value in grid])))


def number_in(outcome):
    """Return the only number in an outcome, rounded; None if there is none, or it is not finite."""
    is_one = outcome.problem is None and [value.size for value in outcome.values] == [1]
    return rounded(outcome.values[0].item()) if is_one else None


def rounded(number):
    """Round a number for a curve; return None if it is not finite."""
    number = round_off(number)  # the largest numbers become infinite
    return number if is_finite(number) else None
