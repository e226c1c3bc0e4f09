"""Where the cases of function exercises come from: each argument has a domain to draw from, given once, here."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossedu.exercises._declare import Case

VECTORS = ((2,), (3,), (5,), (7,))
BATCHES = ((1, 3), (4, 3), (5, 1, 4), (2, 3, 4), (2, 3, 4, 5))


@dataclass(frozen=True)
class Domain:
    """A set of arrays: `draw(rng, shape)` one of it, and tell whether it `holds` an array."""

    draw: Callable[[np.random.Generator, tuple], np.ndarray]
    holds: Callable[[np.ndarray], bool]

    def __call__(self, rng, shape):
        return self.draw(rng, shape)

    @property
    def whole(self):
        """Whether these are arrays of integers."""
        return self.draw(np.random.default_rng(0), (2, 2)).dtype.kind == "i"


def domain(holds):
    """Make a `Domain` of the decorated way to draw from it."""
    return lambda draw: Domain(draw, lambda array: bool(np.all(holds(array))))


def real(low, high):
    """Numbers drawn from `low` to `high`, where any number will do."""
    return Domain(lambda rng, shape: rng.uniform(low, high, size=shape), lambda array: True)


def between(low, high):
    """Numbers from `low` to `high`."""
    return domain(lambda array: (low <= array) & (array <= high))(lambda rng, shape: rng.uniform(low, high, size=shape))


@domain(lambda array: (array >= 0).all() and np.allclose(array.sum(-1), 1))
def distribution(rng, shape):
    """Rows of positive probabilities, none below about 1e-3, that sum to 1."""
    weights = rng.gamma(1.0, size=shape) + 0.02
    return weights / weights.sum(-1, keepdims=True)


@domain(lambda array: (array >= 0) & (array == np.round(array)))
def counts(rng, shape):
    """Counts, 0 to about 10."""
    return rng.poisson(3, size=shape).astype(float)


@domain(lambda array: np.isin(array, (0, 1)))
def binary_labels(rng, shape):
    """Labels 0 and 1."""
    return rng.integers(0, 2, size=shape).astype(float)


@domain(lambda array: np.isin(array, (-1, 1)))
def signed_labels(rng, shape):
    """Labels -1 and +1."""
    return rng.choice([-1.0, 1.0], size=shape)


@domain(lambda array: np.isin(array, (0, 1)).all() and (array.sum(-1) == 1).all())
def one_hot(rng, shape):
    """Rows with a single 1."""
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]


@domain(lambda array: array >= 0)
def class_numbers(rng, shape):
    """For predictions of that shape, with the classes last: the number of a class for each sample."""
    return rng.integers(shape[-1], size=shape[:-1])


rates = between(0.1, 10)
means = real(-3, 3)
deviations = between(0.3, 3)
probabilities = between(0.01, 0.99)
logits = real(-6, 6)


def cases(domains, *, aspect="values", first=(), extremes=(), vectors=VECTORS, batches=BATCHES, options=None):
    """A builder of cases for a function with these arguments.

    Args:
        domains: argument name -> domain.
        aspect: what the drawn vectors look at, "values" or "gradient".
        first: tuples of arguments with tidy numbers, for the messages; tried as the same aspect.
        extremes: tuples of arguments at the edge of the domains.
        vectors: the shapes drawn to look at the values.
        batches: the shapes drawn to look at the axes, besides one in float32.
        options: option name -> a value, or a `draw(rng)` of one; given in every case. None: the stub's defaults.
    """
    whole = {name for name, domain in domains.items() if domain.whole}

    def build(rng):
        def chosen():
            return {name: value(rng) if callable(value) else value for name, value in (options or {}).items()}

        def given(arguments):
            arrays = {
                name: np.asarray(value, int if name in whole else float)
                for name, value in zip(domains, arguments, strict=True)
            }
            return arrays | chosen()

        def drawn(shape, dtype=float):
            arrays = {name: np.asarray(domain(rng, shape)) for name, domain in domains.items()}
            return {name: a if name in whole else a.astype(dtype) for name, a in arrays.items()} | chosen()

        def case(of_aspect, arguments):
            return Case(of_aspect, arguments, domains=domains)

        return [
            *(case(aspect, given(arguments)) for arguments in first),
            *(case(aspect, drawn(shape)) for shape in vectors),
            *(case("extremes", given(arguments)) for arguments in extremes),
            *(case("shapes", drawn(shape)) for shape in batches),
            *(case("shapes", drawn(shape, "float32")) for shape in batches[1:2]),
        ]

    return build


def joined(*builders):
    """The cases of several builders: the same arguments from other domains, with other options."""
    return lambda rng: [case for build in builders for case in build(rng)]
