"""The reference losses in plain NumPy, most with their `.gradient`.

Where Keras has a loss, its name, arguments and numbers are the same.

>>> from lossedu import losses
>>> losses.kl_divergence.gradient([0.5, 0.5], [0.8, 0.2])
array([-0.625, -2.5  ])
>>> losses.mse is losses.get("mean_squared_error")
True
"""

# Do not edit: `make losses` writes this module from the declarations beside the formulas.

# isort: off
from lossedu.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    log_loss,
    sparse_categorical_crossentropy,
)
from lossedu.losses.ctc import ctc
from lossedu.losses.dense_softmax import softmax_with_loss
from lossedu.losses.divergences import cross_entropy, entropy, gaussian_kl, jensen_shannon, kl_divergence, poisson
from lossedu.losses.embeddings import contrastive, triplet
from lossedu.losses.focal import binary_focal_crossentropy, categorical_focal_crossentropy
from lossedu.losses.logits import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from lossedu.losses.margin import categorical_hinge, hinge, squared_hinge
from lossedu.losses.overlap import dice, tversky
from lossedu.losses.reduction import reduce_loss
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
from lossedu.losses.uncertainty import brier, gaussian_nll, quantile

# these modules read the declarations in the modules above
from lossedu.losses.aliases import ALIASES
from lossedu.losses.classes import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    Brier,
    CTC,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    Circle,
    Contrastive,
    CosineSimilarity,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    PseudoHuber,
    Quantile,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Tversky,
)
from lossedu.losses.identifiers import deserialize, get, serialize
from lossedu.losses.objects import Loss
# isort: on

__all__ = [
    "ALIASES",
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
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "brier",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "contrastive",
    "cosine_similarity",
    "cross_entropy",
    "ctc",
    "deserialize",
    "dice",
    "entropy",
    "gaussian_kl",
    "gaussian_nll",
    "get",
    "hinge",
    "huber",
    "jensen_shannon",
    "kl_divergence",
    "log_cosh",
    "log_loss",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "pseudo_huber",
    "quantile",
    "reduce_loss",
    "serialize",
    "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits",
    "softmax_with_loss",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "triplet",
    "tversky",
    "weighted_cross_entropy_with_logits",
]

# earlier and short names of losses
mae = MAE = absolute_difference = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
mse = MSE = mean_squared_error
msle = MSLE = mean_squared_logarithmic_error
huber_loss = huber
logcosh = log_cosh
pinball_loss = quantile
hinge_loss = hinge
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
cosine = cosine_proximity = cosine_similarity
