"""Turn a formula into a loss, which reads and checks its arrays and has its gradient as an attribute.

A loss is written as a bare formula on NumPy arrays and decorated with `loss`; its derivative follows under
`@<loss>.gradient_of`. The parameters without a default are the arrays, the others are options.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from lossedu.arrays import Floats, Reader, shapes
from lossedu.stable import EPSILON as EPSILON  # the losses take it from here

P = ParamSpec("P")
Result = TypeVar("Result", covariant=True)


class LossFunction(Protocol[P, Result]):
    """A loss as a function, with its derivative."""

    __name__: str
    arrays: tuple[str, ...]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result:
        """Return the loss of each sample."""
        ...

    def gradient(self, *args: P.args, **kwargs: P.kwargs) -> Floats:
        """Return the derivative of each sample's loss with respect to the predictions, in their shape.

        A loss with several arrays of predictions stacks their derivatives along a new first axis.
        """
        ...

    def gradient_of(self, derivative: Callable[P, Any]) -> Callable[P, Floats]:
        """Make the decorated formula the gradient."""
        ...


@overload
def loss(formula: Callable[P, Result]) -> LossFunction[P, Result]: ...
@overload
def loss(
    *, labels: str | None = None, slopes_in: tuple[str, ...] = ()
) -> Callable[[Callable[P, Result]], LossFunction[P, Result]]: ...
def loss(formula=None, *, labels=None, slopes_in=()) -> Any:
    """Turn a formula on arrays into a public loss, which reads and checks its arrays first and has a `.gradient`.

    The decorated function takes anything that NumPy can read; `arrays.Reader` has the rules. `@loss(labels=name)` is
    for losses that take class numbers: the parameter of that name is read as integers, and the other array of the pair
    as the predictions. `@loss(slopes_in=names)` is for losses with several arrays of predictions, of one shape: the
    gradient has their slopes along a new first axis, in the order of the names.
    """
    if formula is None:
        return lambda formula: with_gradient(formula, labels, slopes_in)
    return with_gradient(formula)


def with_gradient(formula: Callable[..., Any], labels: str | None = None, slopes_in: tuple[str, ...] = ()) -> Any:
    """Return the loss that `loss` makes of a formula."""
    reader = Reader(formula, labels)
    stacked = (len(slopes_in),) if slopes_in else ()

    @functools.wraps(formula)
    def value(*arguments, **options):
        call, _, _ = reader.read(arguments, options)
        return formula(*call.args, **call.kwargs)

    where = f"`{reader.predictions}`, in its shape"
    if slopes_in:
        where = f"{', '.join(f'`{name}`' for name in slopes_in)}, stacked in this order along a new first axis"

    def gradient_of(derivative):
        def gradient(*arguments, **options):
            call, arrays, shape = reader.read(arguments, options)
            slopes = derivative(*call.args, **call.kwargs)
            if slopes.shape != stacked + arrays[reader.predictions].shape:
                raise ValueError(
                    f"the gradient has the shape of {reader.predictions}, so the other arrays must fit into it: "
                    f"got {shapes(arrays)}"
                )
            return slopes.reshape(stacked + shape)

        vars(gradient)["__signature__"] = reader.signature
        gradient.__module__ = formula.__module__
        gradient.__name__ = f"{formula.__name__}.gradient"
        gradient.__qualname__ = gradient.__name__
        gradient.__doc__ = (
            f"Derivative of each sample's `{formula.__name__}` with respect to {where}."
            "\n\n"
            f"{inspect.cleandoc(derivative.__doc__ or '')}"
        ).strip()
        vars(value)["gradient"] = gradient
        return gradient

    vars(value).update(arrays=reader.names, gradient_of=gradient_of)
    return value
