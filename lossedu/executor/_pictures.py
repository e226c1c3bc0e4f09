"""In the process of a submission: send the hash of a figure in place of its picture. See `pictures`."""

import hashlib
import io
import math
import pickle
import types

import matplotlib
import numpy as np
from matplotlib.transforms import TransformNode

from lossedu import plots
from lossedu.executor.pictures import SIGN

DIGITS = 12
TINY, HUGE = 1e-200, 1e200  # beyond these, NumPy's rounding overflows
PLAIN = (np.ndarray, np.float64)  # not masked arrays and the like, which hold more than numbers


def replace_drawing(known, record):
    """Let figures of this process be drawn only if needed.

    Args:
        known: hashes of figures whose pictures need not be drawn.
        record: whether each picture is sent together with its hash.
    """
    draw, known = plots.as_png, frozenset(known)

    def as_png(figure):
        key = key_of(figure)
        if key in known:
            return f"{SIGN}{key}"
        return f"{SIGN}{key}:{draw(figure)}" if record and key else draw(figure)

    plots.as_png = as_png


def key_of(figure):
    """Return the hash of a figure that is not drawn yet; None if it holds what belongs to a submission.

    Figures with the same hash are drawn as the same picture. Right answers in other styles differ by rounding errors,
    which nobody can see: numbers of a figure count to `DIGITS` digits.
    """
    content = io.BytesIO()
    try:
        FigurePickler(content, protocol=5).dump([figure, dict(matplotlib.rcParams)])
    except Exception:  # whatever an object may raise that cannot be pickled
        return None
    return hashlib.sha1(f"{matplotlib.__version__} ".encode() + content.getvalue()).hexdigest()  # noqa: S324


class FigurePickler(pickle.Pickler):
    """Pickles what a figure looks like, without what differs from process to process."""

    def reducer_override(self, thing):
        """Leave out by which numbers transforms know those that depend on them, and refuse a submission's objects."""
        if isinstance(thing, type | types.FunctionType):
            if getattr(thing, "__module__", None) in (None, "__main__"):
                raise pickle.PicklingError
        elif isinstance(thing, TransformNode):
            make, arguments, state, *rest = thing.__reduce_ex__(5)
            return make, arguments, {**state, "_parents": {}}, *rest  # pyright: ignore[reportGeneralTypeIssues]  no text
        elif type(thing) in PLAIN and thing.dtype == float:
            return rounded(thing).__reduce_ex__(5)
        return NotImplemented


def rounded(numbers):
    """Return numbers with `DIGITS` digits of the largest of them; very large and very small ones as they are."""
    largest = np.fmax.reduce(np.abs(numbers), axis=None, initial=0)  # which passes over NaN
    if not TINY < largest < HUGE:
        return numbers
    return np.round(numbers, DIGITS - math.ceil(math.log10(largest))) + 0.0  # which makes -0.0 the same as 0.0
