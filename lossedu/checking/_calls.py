"""Calling an answer: on copies, in silence, with every accident put into words instead of a stack trace."""

import contextlib
import io
import linecache
import traceback
import warnings
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What came of one call: either `value`, an array of numbers, or `problem`, why there is none, and `where`."""

    value: np.ndarray | None = None
    problem: str | None = None
    where: str = ""

    def equals(self, other, rtol, atol):
        """Whether both outcomes hold the same numbers in the same shape, or failed for the same reason."""
        if self.value is None or other.value is None:
            return self.problem is not None and self.problem == other.problem
        return self.value.shape == other.value.shape and np.allclose(
            self.value, other.value, rtol=rtol, atol=atol, equal_nan=True
        )


def call(function, arguments):
    """Call `function` on copies of the arguments, positionally, and make an `Outcome` of what happens."""
    # [()] makes a number of an array without axes, which could be changed in place
    given = {
        name: np.array(argument)[()] if isinstance(argument, np.ndarray) else argument
        for name, argument in arguments.items()
    }
    try:
        with quiet():
            outcome = as_outcome(function(*given.values()))
    except NotImplementedError:
        return Outcome(problem="not written yet")
    except (Exception, SystemExit) as error:
        said = traceback.format_exception_only(error)[0].strip()  # a broken __str__ does not trouble it
        said = said.removeprefix(f"{type(error).__module__}.")
        return Outcome(problem=f"stops with {said}", where=own_line(error, function))
    for name, argument in given.items():
        if not np.array_equal(argument, arguments[name], equal_nan=True):
            return Outcome(problem=f"changes its argument {name} in place; work on a copy")
    return outcome


def as_outcome(returned):
    """Read what a function returned as an array of numbers, or say what it is instead."""
    if returned is None:
        return Outcome(problem="returns None; is the `return` missing?")
    if not isinstance(returned, int | float | np.ndarray | np.generic):
        return Outcome(problem=f"returns a {type(returned).__name__}; expected a NumPy array or a number")
    array = np.array(returned)  # a copy: the next call may write to the same memory
    if array.dtype.kind not in "iuf":
        return Outcome(problem=f"returns an array of dtype {array.dtype}; expected real numbers")
    return Outcome(value=array)


@contextlib.contextmanager
def quiet():
    """No output, no warnings: while an answer is tried many times over, they would drown the verdict."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def own_line(error, function):
    """`in line 3 of your cell: ...`: the last line of the learner's own code that was running."""
    own_file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own_frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own_file]
    if not own_frames:
        return ""
    line = own_frames[-1].lineno
    return f"in line {line} of your cell: {linecache.getline(own_file, line).strip()}"
