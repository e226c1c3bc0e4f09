"""Where the cases of function exercises come from: each argument has a domain to draw from, given once, here."""

import numpy as np

from lossedu.exercises._declare import Case

VECTORS = ((2,), (3,), (5,), (7,))
BATCHES = ((1, 3), (4, 3), (5, 1, 4), (2, 3, 4), (2, 3, 4, 5))


def distribution(rng, shape):
    """Rows of positive probabilities, none below about 1e-3, that sum to 1."""
    weights = rng.gamma(1.0, size=shape) + 0.02
    return weights / weights.sum(-1, keepdims=True)


def counts(rng, shape):
    """Counts, 0 to about 10."""
    return rng.poisson(3, size=shape).astype(float)


def rates(rng, shape):
    """Positive rates, 0.1 to 10."""
    return rng.uniform(0.1, 10, size=shape)


def means(rng, shape):
    """Locations, -3 to 3."""
    return rng.uniform(-3, 3, size=shape)


def deviations(rng, shape):
    """Positive scales, 0.3 to 3."""
    return rng.uniform(0.3, 3, size=shape)


def cases(domains, *, aspect="values", first=(), extremes=(), vectors=VECTORS, batches=BATCHES):
    """A builder of cases for a function with these arguments.

    Args:
        domains: argument name -> draw(rng, shape).
        aspect: what the drawn vectors look at, "values" or "gradient".
        first: tuples of arguments with tidy numbers, for the messages; tried as the same aspect.
        extremes: tuples of arguments at the edge of the domains.
        vectors: the shapes drawn to look at the values.
        batches: the shapes drawn to look at the axes, besides one in float32.
    """

    def named(arguments):
        return {name: np.asarray(value, float) for name, value in zip(domains, arguments, strict=True)}

    def build(rng):
        def drawn(shape, dtype=float):
            return {name: np.asarray(draw(rng, shape), dtype) for name, draw in domains.items()}

        return [
            *(Case(aspect, named(arguments)) for arguments in first),
            *(Case(aspect, drawn(shape)) for shape in vectors),
            *(Case("extremes", named(arguments)) for arguments in extremes),
            *(Case("shapes", drawn(shape)) for shape in batches),
            Case("shapes", drawn(batches[1], "float32")),
        ]

    return build
