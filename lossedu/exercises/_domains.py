"""Where the cases of function exercises come from: each argument has a domain to draw from, given once, here."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lossedu.exercises._declare import Case

VECTORS = ((2,), (3,), (5,), (7,))
MOST_TYPED = 1e4  # integers beyond this overflow in products
BATCHES = ((1, 3), (4, 3), (5, 1, 4), (2, 3, 4), (2, 3, 4, 5))


SQUARE = (3, 3)  # where a loop over the wrong axis, or a weight for the wrong one, fits as well


@dataclass(frozen=True)
class Domain:
    """A set of arrays: `draw(rng, shape)` one of it, and tell whether it `holds` an array.

    Attributes:
        words: what the arrays are called in a message: "must hold ...".
        rounds: whether integers are drawn by rounding what is drawn; rows of probabilities would become certain.
        edges: values at the edge of the domain, or draws `(rng, shape)` of arrays there; empty: there is no edge.
        span: the interval from which entries are drawn, if every number in it is allowed; else None.
    """

    draw: Callable[[np.random.Generator, tuple], np.ndarray]
    holds: Callable[[np.ndarray], bool]
    words: str = "numbers"
    edges: tuple[float, ...] | Callable[[np.random.Generator, tuple], np.ndarray] = ()
    rounds: bool = True
    span: tuple[float, float] | None = None

    def __call__(self, rng, shape):
        return self.draw(rng, shape)

    @property
    def whole(self):
        """Whether these are arrays of integers."""
        return self.draw(np.random.default_rng(0), (2, 2)).dtype.kind == "i"

    def draw_whole(self, rng, shape):
        """Draw an array of integers, as labels are written; or of any numbers, if the domain has too few whole ones."""
        drawn = np.asarray(self.draw(rng, shape))
        rounded = np.ceil(drawn)  # upwards, so that what is positive stays so
        return rounded.astype(int) if self.rounds and self.holds(rounded) else drawn

    @property
    def has_whole(self):
        """Whether there are arrays of integers in the domain."""
        return self.draw_whole(np.random.default_rng(0), (2, 2)).dtype.kind == "i"

    def draw_edge(self, rng, shape):
        """Draw an array of values at the edge of the domain."""
        if callable(self.edges):
            return self.edges(rng, shape)
        return rng.choice(self.edges, size=shape) if self.edges else self.draw(rng, shape)


def domain(holds, words="numbers", edges=(), rounds=True, span=None):
    """Make a `Domain` of the decorated way to draw from it."""
    return lambda draw: Domain(draw, lambda array: bool(np.all(holds(array))), words, edges, rounds, span)


def real(low, high, edges=()):
    """Numbers drawn from `low` to `high`, where any number will do."""
    draw = domain(lambda array: True, edges=edges, span=(low, high))
    return draw(lambda rng, shape: rng.uniform(low, high, size=shape))


def between(low, high, words="", edges=()):
    """Numbers from `low` to `high`."""
    words = words or f"numbers from {low} to {high}"
    holds = domain(lambda array: (low <= array) & (array <= high), words, edges, span=(low, high))
    return holds(lambda rng, shape: rng.uniform(low, high, size=shape))


def some_certain(rng, shape):
    """Rows of probabilities that sum to 1, many of them 0 or nearly so, and some rows with a single 1."""
    weights = rng.integers(0, 3, size=shape).astype(float)
    weights[..., 0] += weights.sum(-1) == 0
    is_tiny = (weights == 0) & (rng.uniform(size=shape) < 0.3)  # above 0, and below the 1e-7 of Keras
    return np.where(is_tiny, 1e-9, weights) / weights.sum(-1, keepdims=True)


@domain(
    lambda array: np.ndim(array) and (array >= 0).all() and np.allclose(array.sum(-1), 1),
    "probabilities, with rows that sum to 1",
    some_certain,
    rounds=False,
)
def distribution(rng, shape):
    """Rows of positive probabilities, none below about 1e-3, that sum to 1."""
    weights = rng.gamma(1.0, size=shape) + 0.02
    return weights / weights.sum(-1, keepdims=True)


@domain(lambda array: (array >= 0) & (array == np.round(array)), "counts, 0, 1, 2 and so on", span=(0, 10))
def counts(rng, shape):
    """Counts, 0 to about 10."""
    return rng.poisson(3, size=shape).astype(float)


@domain(lambda array: np.isin(array, (0, 1)), "labels 0 and 1")
def binary_labels(rng, shape):
    """Labels 0 and 1."""
    return rng.integers(0, 2, size=shape).astype(float)


@domain(lambda array: np.isin(array, (-1, 1)), "labels -1 and +1")
def signed_labels(rng, shape):
    """Labels -1 and +1."""
    return rng.choice([-1.0, 1.0], size=shape)


@domain(
    lambda array: np.ndim(array) and np.isin(array, (0, 1)).all() and (array.sum(-1) == 1).all(),
    "one-hot labels: rows with a single 1 among zeros",
)
def one_hot(rng, shape):
    """Rows with a single 1."""
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]


@domain(lambda array: (array >= 0) & (array == np.round(array)), "class numbers: 0, 1, 2 and so on")
def class_numbers(rng, shape):
    """For predictions of that shape, with the classes last: the number of a class for each sample."""
    return rng.integers(shape[-1], size=shape[:-1])


rates = between(0.1, 10)
means = real(-3, 3)
deviations = between(0.3, 3)
probabilities = between(0.01, 0.99, edges=(0.0, 1e-30, 0.5, 1.0))
logits = real(-6, 6, edges=(-2000.0, -0.0, 0.5, 2000.0))

# what the arrays of counterexamples are: as above, the edges included
any_probabilities = between(0, 1, "probabilities, from 0 to 1")
any_weights = domain(lambda array: array >= 0, "weights, none below 0")(rates.draw)
any_numbers = real(-3, 3)


def cases(
    domains,
    *,
    aspect="values",
    first=(),
    extremes=(),
    vectors=VECTORS,
    batches=BATCHES,
    square=SQUARE,
    numbers=False,
    kinds="shapes",
    options=None,
):
    """A builder of cases for a function with these arguments.

    The kinds of input that users of Keras have are tried too, all at once where they don't hide one another: integers
    in a square array (all arguments, and the labels alone), float32, and, if there are extremes, values at the edges of
    the domains, and those extremes that are whole numbers as integers.

    Args:
        domains: argument name -> domain.
        aspect: what the drawn vectors look at, "values" or "gradient".
        first: tuples of arguments with tidy numbers, for the messages; tried as the same aspect.
        extremes: tuples of arguments at the edge of the domains.
        vectors: the shapes drawn to look at the values.
        batches: the shapes drawn to look at the axes, besides one in float32.
        square: the shape of the integers; None leaves them out.
        numbers: the contract takes plain numbers: those in `first` and `extremes` are given as they stand there.
        kinds: the aspect that integers belong to; "shapes" leaves them out if there are no `batches`.
        options: option name -> a value, or a `draw(rng)` of one; given in every case. None: the stub's defaults.
    """
    whole = {name for name, domain in domains.items() if domain.whole}

    def build(rng):
        def chosen():
            return {name: value(rng) if callable(value) else value for name, value in (options or {}).items()}

        def as_given(name, value):
            if numbers and isinstance(value, int | float):
                return value
            return np.asarray(value, int if name in whole else float)

        def given(arguments):
            return {n: as_given(n, value) for n, value in zip(domains, arguments, strict=True)} | chosen()

        def drawn(shape, dtype: str | type = float):
            arrays = {name: np.asarray(domain(rng, shape)) for name, domain in domains.items()}
            if shape == ():  # the smallest case is the first to be shown
                arrays = {name: np.round(array, 2) for name, array in arrays.items()}
            return {name: a if name in whole else a.astype(dtype) for name, a in arrays.items()} | chosen()

        def integers(of=tuple(domains)):
            draws = {name: domain.draw_whole if name in of else domain for name, domain in domains.items()}
            return {name: np.asarray(draw(rng, square)) for name, draw in draws.items()} | as_integers(chosen())

        def at_edges():
            return {name: np.asarray(domain.draw_edge(rng, (4, 3))) for name, domain in domains.items()} | chosen()

        def case(of_aspect, arguments):
            return Case(of_aspect, {n: in_own_size(value) for n, value in arguments.items()}, domains=domains)

        def typed_whole(arguments):
            """The extreme arguments, as integers where the domain has some; None if these are no whole numbers."""
            typed = {
                n: np.asarray(v, float) for (n, d), v in zip(domains.items(), arguments, strict=True) if d.has_whole
            }
            if any((array != np.round(array)).any() or (np.abs(array) > MOST_TYPED).any() for array in typed.values()):
                return None
            return given(arguments) | {name: array.astype(int) for name, array in typed.items()} if typed else None

        in_float32 = batches[1:2]
        of_integers = [integers()] if square and (batches or kinds != "shapes") else []
        typed = [*filter(None, map(typed_whole, extremes))] if of_integers and not numbers else []
        if of_integers and sum(domain.has_whole for domain in domains.values() if not domain.whole) > 1:
            of_integers.append(integers(of=list(domains)[:1]))  # the labels alone
        have_edges = extremes and any(domain.edges for domain in domains.values())
        return [
            *(case(aspect, given(arguments)) for arguments in first),
            *(case(aspect, drawn(shape)) for shape in vectors),
            *(case("extremes", given(arguments)) for arguments in extremes),
            *(case("shapes", drawn(shape)) for shape in batches),
            *(case("shapes", as_numpy(drawn(shape, "float32"))) for shape in in_float32),
            *(case(kinds, arguments) for arguments in of_integers),
            *(case("extremes", arguments) for arguments in typed),
            *(case("extremes", at_edges()) for _ in range(bool(have_edges))),
        ]

    return build


def in_own_size(value):
    """An array of integers in the size in which NumPy counts: 32 bits in a browser, where drawn ones have 64."""
    return value.astype(int, copy=False) if isinstance(value, np.ndarray) and value.dtype.kind == "i" else value


def as_integers(options):
    """Options that are whole numbers as integers: who types 0 or 2 means what 0.0 and 2.0 mean."""
    return {n: int(value) if isinstance(value, float) and value.is_integer() else value for n, value in options.items()}


def as_numpy(arguments):
    """Options that are fractions as numbers of NumPy, which come out of computations."""
    return {n: np.float64(value) if type(value) is float else value for n, value in arguments.items()}


def judged(build, **how):
    """The cases of a builder, each judged as given: see `atol`, `squeezed` and `beyond_keras` of `Case`."""
    return lambda rng: [replace(case, **how) for case in build(rng)]


def far_from_zero(rng):
    """Labels and predictions beside which their differences are small: a product of them has no digits left for these.

    Keras may compute in float32, which does not tell these numbers apart.
    """
    arrays = {"y_true": np.array([1e8, 1e8]), "y_pred": np.array([1e8 + 1, 1e8 - 2])}
    domains = {"y_true": means, "y_pred": means}
    return [Case("values", arrays, domains=domains, beyond_keras=True, at_edge=True)]


def joined(*builders):
    """The cases of several builders: the same arguments from other domains, with other options."""
    return lambda rng: [case for build in builders for case in build(rng)]
