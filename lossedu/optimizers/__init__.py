"""The optimizers of Keras in plain NumPy: `apply(gradients, variables)` updates the arrays in place.

>>> import numpy as np
>>> from lossedu import optimizers
>>> w = np.array([1.0, -2.0])
>>> optimizer = optimizers.get("sgd")
>>> for _ in range(500):
...     optimizer.apply([2 * w], [w])
>>> bool(np.abs(w).max() < 1e-4)
True
"""

from difflib import get_close_matches
from typing import Any

from lossedu.optimizers import schedules
from lossedu.optimizers._optimizer import Optimizer
from lossedu.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from lossedu.optimizers.adam import Adam, Adamax, AdamW, Nadam
from lossedu.optimizers.ftrl import Ftrl
from lossedu.optimizers.layerwise import Lamb, Lion
from lossedu.optimizers.matrices import Adafactor, Muon
from lossedu.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
    "schedules",
    "serialize",
]

CLASSES = (SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam, AdamW, Lion, Lamb, Ftrl, Adafactor, Muon)
BY_NAME = {cls.__name__.lower(): cls for cls in CLASSES}


def get(identifier: str | dict[str, Any] | type[Optimizer] | Optimizer) -> Optimizer:
    """The optimizer that is meant by a name in any case, a class, a config of `serialize`, or the optimizer itself.

    Raises:
        TypeError: `identifier` is none of these.
        ValueError: there is no optimizer of that name; the message has the nearest.

    >>> get("rmsprop").rho
    0.9
    >>> get({"class_name": "SGD", "config": {"momentum": 0.9}}).momentum
    0.9
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # pyright: ignore[reportCallIssue]  only the base has no default learning rate
    if isinstance(identifier, str):
        return find(identifier)()
    if isinstance(identifier, dict) and "class_name" in identifier:
        return find(identifier["class_name"]).from_config(identifier.get("config", {}))
    raise TypeError(f"identifier must be a name, an optimizer, its class, or a config of serialize, got {identifier!r}")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The config from which `get` makes an equal optimizer, without its state."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def find(name: str) -> Any:
    """The class of the optimizer called `name`, in any case."""
    if name.lower() not in BY_NAME:
        nearest = get_close_matches(name.lower(), BY_NAME) or BY_NAME
        raise ValueError(f"identifier must name an optimizer, such as {', '.join(nearest)}, got {name!r}")
    return BY_NAME[name.lower()]
