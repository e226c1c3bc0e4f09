"""The losses as objects, named as in Keras where it has them: a function, its options, and how to reduce the batch.

>>> mse = MeanSquaredError(reduction="sum")
>>> float(mse([[0.0], [0.0]], [[1.0], [2.0]]))
5.0
>>> mse.gradient([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1.0, 0.5])
array([[2.],
       [2.]])
"""

# Do not edit: `make losses` writes this module from the declarations beside the formulas.

from numpy.typing import DTypeLike

from lossedu.arrays import Array, Axis
from lossedu.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    sparse_categorical_crossentropy,
)
from lossedu.losses.ctc import ctc
from lossedu.losses.divergences import kl_divergence, poisson
from lossedu.losses.embeddings import contrastive
from lossedu.losses.focal import binary_focal_crossentropy, categorical_focal_crossentropy
from lossedu.losses.margin import categorical_hinge, hinge, squared_hinge
from lossedu.losses.objects import CircleLoss, FunctionLoss, IgnoringLoss, Loss, Reduction
from lossedu.losses.overlap import dice, tversky
from lossedu.losses.regression import (
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    pseudo_huber,
)
from lossedu.losses.similarity import circle, cosine_similarity
from lossedu.losses.uncertainty import brier, quantile

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "Brier",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "Contrastive",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "PseudoHuber",
    "Quantile",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
]


class MeanAbsoluteError(FunctionLoss):
    """The mean size of the errors: the loss for Laplace noise. The median of `y_true` minimises it.

    The options are those of `mean_absolute_error`; `Loss` describes the other parameters.
    """

    function = staticmethod(mean_absolute_error)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class MeanAbsolutePercentageError(FunctionLoss):
    """The mean size of the errors in percent of the truth.

    The options are those of `mean_absolute_percentage_error`; `Loss` describes the other parameters.
    """

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "mean_absolute_percentage_error",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class MeanSquaredError(FunctionLoss):
    """The mean of the squared errors: the loss for Gaussian noise. The mean of `y_true` minimises it.

    The options are those of `mean_squared_error`; `Loss` describes the other parameters.
    """

    function = staticmethod(mean_squared_error)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class MeanSquaredLogarithmicError(FunctionLoss):
    """The mean squared error of `ln(1 + y)`: for quantities whose ratio matters, such as counts over many scales.

    The options are those of `mean_squared_logarithmic_error`; `Loss` describes the other parameters.
    """

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "mean_squared_logarithmic_error",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class Huber(FunctionLoss):
    """Quadratic near zero, linear beyond `delta`: the slope is bounded, so outliers have limited influence.

    The options are those of `huber`; `Loss` describes the other parameters.
    """

    function = staticmethod(huber)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, delta=delta)


class LogCosh(FunctionLoss):
    """About half the squared error near zero, the absolute error minus ln 2 for large errors, smooth everywhere.

    The options are those of `log_cosh`; `Loss` describes the other parameters.
    """

    function = staticmethod(log_cosh)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "log_cosh", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class PseudoHuber(FunctionLoss):
    """A smooth form of Huber's loss: a hyperbola, whose slope comes close to `delta` for large errors.

    The options are those of `pseudo_huber`; `Loss` describes the other parameters.
    """

    function = staticmethod(pseudo_huber)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "pseudo_huber",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, delta=delta)


class Brier(FunctionLoss):
    """The squared distance between predicted probabilities and what happened, summed over the classes.

    The options are those of `brier`; `Loss` describes the other parameters.
    """

    function = staticmethod(brier)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "brier", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class Quantile(FunctionLoss):
    """The pinball loss: one price for a prediction that is too low, another for one that is too high.

    The options are those of `quantile`; `Loss` describes the other parameters.
    """

    function = staticmethod(quantile)

    def __init__(
        self,
        tau: float = 0.5,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "quantile",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, tau=tau)


class CategoricalHinge(FunctionLoss):
    """Zero where the true score is at least 1, and at least 1 above all others; linear otherwise.

    The options are those of `categorical_hinge`; `Loss` describes the other parameters.
    """

    function = staticmethod(categorical_hinge)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "categorical_hinge",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class Hinge(FunctionLoss):
    """Zero where label times score is at least 1, linear below: the loss of the support vector machine.

    The options are those of `hinge`; `Loss` describes the other parameters.
    """

    function = staticmethod(hinge)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "hinge", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class SquaredHinge(FunctionLoss):
    """The hinge loss with each term squared: no kink, because the slope is 0 where label times score reaches 1.

    The options are those of `squared_hinge`; `Loss` describes the other parameters.
    """

    function = staticmethod(squared_hinge)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "squared_hinge", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class BinaryCrossentropy(FunctionLoss):
    """The mean surprise at yes-or-no labels, each with its own predicted probability.

    The options are those of `binary_crossentropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(binary_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Axis = -1,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class CategoricalCrossentropy(FunctionLoss):
    """The surprise at the one true class, or at a distribution over classes.

    The options are those of `categorical_crossentropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Axis = -1,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """Between cross-entropy (q near 0) and absolute error (q near 1): bounded, so wrong labels do less harm.

    The options are those of `categorical_generalized_cross_entropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(categorical_generalized_cross_entropy)

    def __init__(
        self,
        q: Array = 0.5,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, q=q)


class SparseCategoricalCrossentropy(IgnoringLoss):
    """Categorical cross-entropy whose labels are class numbers: only their encoding is called sparse, not the data.

    The options are those of `sparse_categorical_crossentropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(sparse_categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: Reduction = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class BinaryFocalCrossentropy(FunctionLoss):
    """Binary cross-entropy times `(1 - p)^gamma`, where p is the probability given to the true label.

    The options are those of `binary_focal_crossentropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(binary_focal_crossentropy)

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Axis = -1,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(
            name,
            reduction,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(FunctionLoss):
    """Categorical cross-entropy times `(1 - p)^gamma`, where p is the probability given to the true class.

    The options are those of `categorical_focal_crossentropy`; `Loss` describes the other parameters.
    """

    function = staticmethod(categorical_focal_crossentropy)

    def __init__(
        self,
        alpha: Array = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Axis = -1,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "categorical_focal_crossentropy",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(
            name,
            reduction,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class KLDivergence(FunctionLoss):
    """The information lost when `y_pred` is used in place of `y_true`: relative entropy.

    The options are those of `kl_divergence`; `Loss` describes the other parameters.
    """

    function = staticmethod(kl_divergence)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "kl_divergence", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class Poisson(FunctionLoss):
    """Negative log-likelihood of Poisson counts, without the part that depends on the counts alone.

    The options are those of `poisson`; `Loss` describes the other parameters.
    """

    function = staticmethod(poisson)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "poisson", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)


class Circle(CircleLoss):
    """Pulls embeddings of one class together and pushes other classes apart; the worst pairs count most.

    The options are those of `circle`; `Loss` describes the other parameters.
    """

    function = staticmethod(circle)

    def __init__(
        self,
        gamma: float = 80,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "circle",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)


class Contrastive(FunctionLoss):
    """Pulls similar pairs together, and pushes other pairs apart until their distance is `margin`.

    The options are those of `contrastive`; `Loss` describes the other parameters.
    """

    function = staticmethod(contrastive)

    def __init__(
        self,
        margin: float = 1.0,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "contrastive",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, margin=margin)


class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle between two vectors, so that similar vectors cost least.

    The options are those of `cosine_similarity`; `Loss` describes the other parameters.
    """

    function = staticmethod(cosine_similarity)

    def __init__(
        self,
        axis: Axis = -1,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, axis=axis)


class Dice(FunctionLoss):
    """One minus a fraction: twice the overlap of two regions, divided by the sum of their sizes.

    The options are those of `dice`; `Loss` describes the other parameters.
    """

    function = staticmethod(dice)

    def __init__(
        self,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "dice",
        axis: Axis = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, axis=axis)


class Tversky(FunctionLoss):
    """Dice with a price for each of the two ways to be wrong.

    The options are those of `tversky`; `Loss` describes the other parameters.
    """

    function = staticmethod(tversky)

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: Reduction = "sum_over_batch_size",
        name: str = "tversky",
        axis: Axis = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype, alpha=alpha, beta=beta, axis=axis)


class CTC(FunctionLoss):
    """The surprise at a sequence of labels, whose probability is summed over all ways in which frames can spell it.

    The options are those of `ctc`; `Loss` describes the other parameters.
    """

    function = staticmethod(ctc)

    def __init__(
        self, reduction: Reduction = "sum_over_batch_size", name: str = "ctc", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)
