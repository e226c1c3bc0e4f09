"""Reading what `compile`, `fit` and `evaluate` are given: arrays of samples, and one thing for each output."""

from numbers import Real

import numpy as np

from lossedu.arrays import as_array, shapes


def samples(argument, array):
    """`array` as one of finite floats whose first axis counts samples; TypeError or ValueError if it is none."""
    array = as_array(argument, array)
    if array.ndim == 0:
        raise ValueError(f"{argument} must have an axis of samples, got the number {array}")
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"{argument} must hold finite numbers, got {array[where]} (first at index {where})")
    return array.astype(np.float64, copy=False)


def require_one_length(**arrays):
    """Raise ValueError unless the named lists of arrays or None have one number of samples in all."""
    named = {}
    for argument, several in arrays.items():
        for i, array in enumerate(several):
            if array is not None:
                named[f"{argument}[{i}]" if len(several) > 1 else argument] = array
    if len({len(array) for array in named.values()}) > 1:
        raise ValueError(f"{', '.join(arrays)} must have one number of samples, got {shapes(named)}")


def per_output(argument, given, names):
    """A list with what was `given` for each of the outputs called `names`: as a dict, a list, or one for all."""
    if isinstance(given, dict):
        if not given.keys() <= set(names):
            raise ValueError(f"{argument} must have names of outputs as keys, of {names}, got {list(given)}")
        return [given.get(name) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"{argument} must have one entry for each of the outputs {names}, got {len(given)}")
        return list(given)
    return [given] * len(names)


def metrics_per_output(argument, given, names):
    """As `per_output`, each entry a list of metrics; of a single output, the list itself."""
    if given is None:
        return [[] for _ in names]
    if not isinstance(given, (dict, list, tuple)):
        raise TypeError(f"{argument} must be a list or a dict, got {given!r}")
    if len(names) == 1 and not isinstance(given, dict):
        return [list(given)]
    entries = (entry if entry is not None else [] for entry in per_output(argument, given, names))
    return [list(entry) if isinstance(entry, (list, tuple)) else [entry] for entry in entries]


def targets_per_output(y, names):
    """An array of samples for each output: for one, `y` itself; for several, a list or a dict of them."""
    if len(names) == 1 and not isinstance(y, dict):
        return [samples("y", y)]
    if not isinstance(y, (dict, list, tuple)) or len(y) != len(names):
        raise ValueError(f"y must be a list or a dict of {len(names)} arrays, for the outputs {names}, got {y!r:.80}")
    return [samples(f"y for {name!r}", each) for name, each in zip(names, per_output("y", y, names), strict=True)]


def weights_per_output(sample_weight, names):
    """An array of weights, or None, for each output: one for all, or a list or a dict of them."""
    if len(names) == 1 and not isinstance(sample_weight, dict):
        sample_weight = [sample_weight]
    given = per_output("sample_weight", sample_weight, names)
    return [None if each is None else samples("sample_weight", each) for each in given]


def weights_of_classes(class_weight, targets):
    """The weight of each sample by its class, for one output: 1 if its class is not in the dict `class_weight`."""
    if not isinstance(class_weight, dict):
        raise TypeError(f"class_weight must be a dict from class numbers to weights, got {class_weight!r}")
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(f"class_weight must hold finite weights of at least 0, got {weight!r} for class {label}")
    if len(targets) > 1:
        raise ValueError(f"class_weight must come with one output, got {len(targets)}: use sample_weight, one for each")
    (y,) = targets
    if y.ndim > 1:
        y = y.argmax(-1) if y.shape[-1] > 1 else y[..., 0]
    if y.ndim > 1:
        raise ValueError(f"class_weight must come with one label a sample, got y with labels of shape {y.shape}")
    return np.array([class_weight.get(int(label), 1.0) for label in np.round(y)], np.float64)
