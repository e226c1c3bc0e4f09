"""The losses as objects, under their names in Keras: a function, its options, and how the batch is reduced.

>>> mse = MeanSquaredError(reduction="sum")
>>> float(mse([[0.0], [0.0]], [[1.0], [2.0]]))
5.0
>>> mse.gradient([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1.0, 0.5])
array([[2.],
       [2.]])
"""

import inspect
import re

import numpy as np

from lossedu.arrays import align_ranks, as_array
from lossedu.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    sparse_categorical_crossentropy,
)
from lossedu.losses.ctc import ctc
from lossedu.losses.divergences import kl_divergence, poisson
from lossedu.losses.focal import binary_focal_crossentropy, categorical_focal_crossentropy
from lossedu.losses.margin import categorical_hinge, hinge, squared_hinge
from lossedu.losses.overlap import dice, tversky
from lossedu.losses.reduction import reduce_loss, standardize_reduction
from lossedu.losses.regression import (
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    pseudo_huber,
)
from lossedu.losses.similarity import circle, cosine_similarity, embedding_slopes, pair_slopes
from lossedu.stable import below_one, weigh


class Loss:
    """A loss that gives one number for a batch. Subclass it, with a `call(y_true, y_pred)`, to write your own.

    Args:
        name: how it is called in logs; by default its class.
        reduction: how `reduce_loss` makes one number of the losses of all samples.
        dtype: what predictions are converted to first. None leaves them as they are, where Keras takes float32.
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        """Keep the arguments; ValueError if `reduction` is none."""
        self.name = name or snake_case(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self.dtype = dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss, or the weighted loss of each sample if the reduction is "none"."""
        y_true, y_pred = self.read(y_true, y_pred)
        values = self.call(y_true, y_pred)
        return reduce_loss(values, sample_weight, self.reduction, self.mask(y_true, values))

    def gradient(self, y_true, y_pred, sample_weight=None):
        """Derivative of the reduced loss, or of the sum of what is not reduced, with respect to `y_pred`."""
        shape = np.shape(y_pred)
        y_true, y_pred = self.read(y_true, y_pred)
        values = self.call(y_true, y_pred)
        shares = reduce_loss.gradient(values, sample_weight, self.reduction, self.mask(y_true, values))
        return self.weighted_slopes(shares, y_true, y_pred).reshape(shape)

    def call(self, y_true, y_pred):
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def weighted_slopes(self, shares, y_true, y_pred):
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must define weighted_slopes(shares, y_true, y_pred)")

    def mask(self, y_true, values):
        """Which of the `values` count; None if all do."""

    def read(self, y_true, y_pred):
        """Both as arrays, of one rank where Keras makes it so."""
        y_true, y_pred = as_array("y_true", y_true), as_array("y_pred", y_pred)
        return align_ranks(y_true, y_pred if self.dtype is None else y_pred.astype(self.dtype, copy=False))

    def get_config(self):
        """The arguments that make such a loss again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """The loss that has the `config`."""
        return cls(**config)

    def __repr__(self):
        parameters = inspect.signature(type(self)).parameters
        changed = {k: v for k, v in self.get_config().items() if v != parameters[k].default}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"


class FunctionLoss(Loss):
    """What the classes that `loss_class` makes share: a `function`, called with `options`."""

    def call(self, y_true, y_pred):
        """The loss of each sample."""
        return self.function(y_true, y_pred, **self.options)

    def weighted_slopes(self, shares, y_true, y_pred):
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        axis = self.options.get("axis")
        if axis is None:  # then the loss took the last axes, or all
            axis = tuple(range(shares.ndim, y_pred.ndim))
        return weigh(np.expand_dims(shares, axis), self.function.gradient(y_true, y_pred, **self.options))

    def get_config(self):
        """The arguments that make such a loss again."""
        return super().get_config() | self.options


def loss_class(class_name, function, parameters=None, mask=None, **defaults):
    """The class of Keras for a loss function.

    Args:
        class_name: its name.
        function: the loss, with its gradient.
        parameters: the names of the arguments in Keras's order; by default the options of `function`, then "reduction",
            "name" and "dtype".
        mask: which losses count, as a method `mask(self, y_true, values)`; by default all do.
        defaults: of the arguments, where they are not those of `function` and `Loss`.
    """
    common = {"reduction": "sum_over_batch_size", "name": function.__name__, "dtype": None}
    known = options_of(function) | common | defaults

    def initialize(self, **arguments):
        Loss.__init__(self, *map(arguments.pop, ("name", "reduction", "dtype")))
        self.options = arguments

    members = {"__module__": __name__, "function": staticmethod(function)} | ({"mask": mask} if mask else {})
    parameters = {name: known[name] for name in parameters or known}
    return class_of(function, class_name, FunctionLoss, parameters, initialize, members)


def options_of(function):
    """The names and defaults of the arguments of `function` besides the labels and the predictions."""
    options = {p.name: p.default for p in inspect.signature(function).parameters.values()}
    del options["y_true"], options["y_pred"]
    return options


def class_of(function, class_name, base, parameters, initialize, members):
    """A subclass of `base` that stands for `function`.

    Its constructor takes the `parameters`, given with their defaults in their order, and hands all of them by name to
    `initialize(self, **arguments)`; `members` are further attributes.
    """
    signature = inspect.Signature(
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for name, default in parameters.items()
    )

    def construct(self, *arguments, **keywords):
        call = signature.bind(*arguments, **keywords)
        call.apply_defaults()
        initialize(self, **call.arguments)

    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    construct.__signature__ = signature.replace(parameters=[me, *signature.parameters.values()])
    summary = inspect.getdoc(function).splitlines()[0]
    more = f"The options are those of `{function.__name__}`, the rest is said in `{base.__base__.__name__}`."
    return type(class_name, (base,), {"__doc__": f"{summary}\n\n{more}", "__init__": construct} | members)


def not_ignored(loss, y_true, values):
    """The mask of labels other than `ignore_class`."""
    ignored = loss.options["ignore_class"]
    return None if ignored is None else (y_true != ignored).reshape(values.shape)


def snake_case(name):
    """`KLDivergence` as `kl_divergence`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


MeanSquaredError = loss_class("MeanSquaredError", mean_squared_error)
MeanAbsoluteError = loss_class("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = loss_class("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredLogarithmicError = loss_class("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
Huber = loss_class("Huber", huber, name="huber_loss")
PseudoHuber = loss_class("PseudoHuber", pseudo_huber)
LogCosh = loss_class("LogCosh", log_cosh)
Hinge = loss_class("Hinge", hinge)
SquaredHinge = loss_class("SquaredHinge", squared_hinge)
CategoricalHinge = loss_class("CategoricalHinge", categorical_hinge)
KLDivergence = loss_class("KLDivergence", kl_divergence)
Poisson = loss_class("Poisson", poisson)
BinaryCrossentropy = loss_class("BinaryCrossentropy", binary_crossentropy)
BinaryFocalCrossentropy = loss_class("BinaryFocalCrossentropy", binary_focal_crossentropy)
CategoricalCrossentropy = loss_class("CategoricalCrossentropy", categorical_crossentropy)
CategoricalFocalCrossentropy = loss_class("CategoricalFocalCrossentropy", categorical_focal_crossentropy)
SparseCategoricalCrossentropy = loss_class(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    ["from_logits", "ignore_class", "reduction", "axis", "name", "dtype"],
    mask=not_ignored,
)
CategoricalGeneralizedCrossEntropy = loss_class(
    "CategoricalGeneralizedCrossEntropy", categorical_generalized_cross_entropy, q=0.5
)
CTC = loss_class("CTC", ctc)
CosineSimilarity = loss_class("CosineSimilarity", cosine_similarity)
Dice = loss_class("Dice", dice, ["reduction", "name", "axis", "dtype"])
Tversky = loss_class("Tversky", tversky, ["alpha", "beta", "reduction", "name", "axis", "dtype"])


class Circle(loss_class("Circle", circle, ["gamma", "margin", "remove_diagonal", "reduction", "name", "dtype"])):
    """`circle` of each embedding that has a pair to be compared with. The rest is said in `Loss`."""

    def mask(self, y_true, values):
        """Which of the `values` count: those with a pair to compare."""
        return values > 0

    def weighted_slopes(self, shares, y_true, y_pred):
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        references, slopes = pair_slopes(y_true, y_pred, **self.options)
        shares, exponent = below_one(shares)
        slopes = embedding_slopes(shares[:, None] * slopes, references, 2 * self.options["gamma"], both_ends=True)
        return np.ldexp(slopes, exponent)
