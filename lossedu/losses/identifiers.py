"""Losses by name, and as configurations that can be stored."""

import difflib
import inspect
from typing import Any

from lossedu import losses
from lossedu.losses.aliases import ALIASES, GONE
from lossedu.losses.objects import Loss


def get(identifier: Any) -> Any:
    """The loss with a given name or configuration.

    Args:
        identifier: the name of a loss function or class, of today or of the `ALIASES`; a configuration that `serialize`
            made; a class; a function or an object, which is returned as it is; or None.

    Returns:
        A function, an object (if a class is named, with its default options), or None.

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


def serialize(loss: Any) -> dict[str, Any]:
    """A configuration of `loss`, in the form that Keras 3 gives it.

    >>> serialize(get("Huber"))["config"]
    {'name': 'huber_loss', 'reduction': 'sum_over_batch_size', 'delta': 1.0}
    """
    return configuration(loss, Loss, "lossedu.losses")


def deserialize(name: str | dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss of a name or of a configuration, whether ours or one of Keras 2 or 3.

    Args:
        name: the name or configuration.
        custom_objects: further functions and classes, by name.

    Raises:
        ValueError: no loss has that name.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0, "reduction": "auto"}})
    Huber(delta=2.0)
    """
    public = {known: getattr(losses, known) for known in losses.__all__}
    named = {known: thing for known, thing in public.items() if hasattr(thing, "gradient")} | (custom_objects or {})
    return restore(name, "loss", named, GONE)


def configuration(thing, base, module):
    """The configuration of an object, if its class is derived from the `base` in the `module`, or of a function."""
    if isinstance(thing, base):
        return {
            "module": module,
            "class_name": type(thing).__name__,
            "config": thing.get_config(),
            "registered_name": None,
        }
    return {"module": "builtins", "class_name": "function", "config": thing.__name__, "registered_name": "function"}


def restore(identifier, kind, named, gone=()):
    """What a name or a configuration means among the functions and classes in `named`.

    Args:
        identifier: the name or configuration.
        kind: "loss" or "metric", for messages.
        named: functions and classes by name; the `ALIASES` lead there too.
        gone: names that once were, with what to say of each.

    Returns:
        A function, or an object (if a class is named alone, with its default options).

    Raises:
        ValueError: nothing has that name; the message has the nearest.
    """
    if isinstance(identifier, str):
        found = find(identifier, kind, named, gone)
        return found() if inspect.isclass(found) else found
    if "class_name" not in identifier:
        raise ValueError(f"the configuration of a {kind} must have a class_name, got {identifier}")
    if identifier["class_name"] == "function":
        return find(identifier["config"], kind, named, gone)
    return find(identifier["class_name"], kind, named, gone).from_config(identifier.get("config", {}))


def find(name, kind, named, gone):
    """The function or class called `name`, today or once; ValueError with the nearest names if there is none."""
    found = named.get(name) or named.get(ALIASES.get(name))
    if found:
        return found
    if name in gone:
        raise ValueError(f"no {kind} is called {name!r} any more: {gone[name]}")
    near = difflib.get_close_matches(name, [*named, *ALIASES], n=2, cutoff=0)
    raise ValueError(f"no {kind} is called {name!r}; near: {', '.join(near)}")
