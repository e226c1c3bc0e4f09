"""Losses by name, and as configurations that can be stored."""

import difflib
import inspect

from lossedu import losses
from lossedu.losses.aliases import ALIASES, GONE
from lossedu.losses.classes import Loss


def get(identifier):
    """The loss that is meant.

    Args:
        identifier: the name of a loss function or class, of today or of the `ALIASES`; a configuration that `serialize`
            made; a class; a function or an object, which is returned as it is; or None.

    Returns:
        A function, an object (of a class, one with its defaults), or None.

    Raises:
        ValueError: no loss has that name, or it is none of the above.

    >>> get("mse").__name__, get("Huber")
    ('mean_squared_error', Huber())
    >>> get("mean_square_error")
    Traceback (most recent call last):
    ValueError: no loss is called 'mean_square_error'; near: mean_squared_error, MeanSquaredError
    """
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if inspect.isclass(identifier):
        return identifier()
    if identifier is None or callable(identifier):
        return identifier
    raise ValueError(
        f"identifier must be a loss, its name or its configuration, got {type(identifier).__name__} {identifier!r}"
    )


def serialize(loss):
    """A configuration of `loss`, in the form that Keras 3 gives it.

    >>> serialize(get("Huber"))["config"]
    {'name': 'huber_loss', 'reduction': 'sum_over_batch_size', 'delta': 1.0}
    """
    if isinstance(loss, Loss):
        class_name, config = type(loss).__name__, loss.get_config()
        return {"module": "lossedu.losses", "class_name": class_name, "config": config, "registered_name": None}
    return {"module": "builtins", "class_name": "function", "config": loss.__name__, "registered_name": "function"}


def deserialize(name, custom_objects=None):
    """The loss of a name or of a configuration, whether ours or one of Keras 2 or 3.

    Args:
        name: the name or configuration.
        custom_objects: further functions and classes, by name.

    Raises:
        ValueError: no loss has that name.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0, "reduction": "auto"}})
    Huber(delta=2.0)
    """
    if isinstance(name, str):
        found = find(name, custom_objects)
        return found() if inspect.isclass(found) else found
    if "class_name" not in name:
        raise ValueError(f"the configuration of a loss must have a class_name, got {name}")
    if name["class_name"] == "function":
        return find(name["config"], custom_objects)
    return find(name["class_name"], custom_objects).from_config(name.get("config", {}))


def find(name, custom_objects=None):
    """The function or class called `name`, today or once; ValueError with the nearest names if there is none."""
    public = {known: getattr(losses, known) for known in losses.__all__}
    named = {known: thing for known, thing in public.items() if hasattr(thing, "gradient")} | (custom_objects or {})
    found = named.get(name) or named.get(ALIASES.get(name))
    if found:
        return found
    if name in GONE:
        raise ValueError(f"no loss is called {name!r} any more: {GONE[name]}")
    near = difflib.get_close_matches(name, [*named, *ALIASES], n=2, cutoff=0)
    raise ValueError(f"no loss is called {name!r}; near: {', '.join(near)}")
