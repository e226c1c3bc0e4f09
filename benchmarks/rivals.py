"""The same losses in other libraries, fed so that they compute the same definition in their own arithmetic.

Each takes arrays of its library and gives one loss a sample. A library that is not installed is left out.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

EPSILON = 1e-7


class Library(NamedTuple):
    """A library: its losses by our names, how it reads arrays, and how it differentiates."""

    name: str
    losses: dict[str, Callable]
    tensor: Callable  # of a NumPy array
    slope: Callable | None  # of the sum of a function in the last of the arrays that hold floats: (function, arrays)
    compiled: Callable | None = None  # of a function of arrays

    def value(self, name):
        """The loss called `name` as a function of NumPy arrays, or None."""
        function = self.losses.get(name)
        return function and (lambda *arrays, **options: self.run(function(*map(self.tensor, arrays), **options)))

    def gradient(self, name):
        """Its gradient as a function of NumPy arrays, or None."""
        function = self.losses.get(name)
        if not function or not self.slope:
            return None
        return lambda *arrays, **options: self.run(
            self.slope(lambda *tensors: function(*tensors, **options), list(map(self.tensor, arrays)))
        )

    def calls(self, name, kind, arrays, options):
        """What there is to be timed, by its name: the value or gradient of a loss, eager and compiled."""
        tensors, function = list(map(self.tensor, arrays)), self.losses.get(name)
        if not function or (kind == "gradient" and not self.slope):
            return {}

        def value(*tensors):
            return function(*tensors, **options)

        def run(*tensors):
            return self.slope(value, list(tensors)) if kind == "gradient" else value(*tensors)

        try:
            run(*tensors)
        except NotImplementedError:
            return {}
        if not self.compiled:
            return {self.name: lambda: run(*tensors)}
        compiled = self.compiled(run)
        return {"eager": lambda: run(*tensors), "function": lambda: compiled(*tensors)}

    @staticmethod
    def run(result):
        """A result, or a tuple of results, as NumPy arrays."""
        if isinstance(result, tuple):
            return tuple(map(np.asarray, result))
        return np.asarray(result)


def installed():
    """The libraries that can be imported, and for each of the others why not."""
    libraries, reasons = [], []
    for load in tf_keras, pytorch, scipy, sklearn:
        try:
            libraries.append(load())
        except ImportError as error:
            reasons.append(f"{load.__name__} is left out: {error}")
    return libraries, reasons


def last_of_floats(tensors, is_float):
    """The place of the predictions: labels that come after them hold integers."""
    return max(i for i, tensor in enumerate(tensors) if is_float(tensor))


def first(result):
    """The loss, of a loss and probabilities."""
    return result[0] if isinstance(result, tuple) else result


def tf_keras():
    """The functions of keras.losses, and those of tf.nn that take logits."""
    import keras
    import tensorflow as tf

    def softmax_with_loss(scores, labels):
        last = tf.experimental.numpy.moveaxis(scores, 1, -1)
        costs = keras.losses.sparse_categorical_crossentropy(labels, last, from_logits=True)
        return tf.reduce_mean(costs), tf.nn.softmax(scores, 1)

    def slope(function, tensors):
        at = last_of_floats(tensors, lambda tensor: tensor.dtype.is_floating)
        with tf.GradientTape() as tape:
            tape.watch(tensors[at])
            total = tf.reduce_sum(first(function(*tensors)))
        return tape.gradient(total, tensors[at])

    losses = {name: function for name, function in vars(keras.losses).items() if name.islower()}
    losses |= {name: getattr(tf.nn, name) for name in dir(tf.nn) if name.endswith("cross_entropy_with_logits")}
    losses["softmax_with_loss"] = softmax_with_loss
    return Library("tf.keras", losses, tf.convert_to_tensor, slope, tf.function)


def pytorch():
    """The functions of torch.nn.functional that have the same definition; what Keras clips is clipped first."""
    import torch
    from torch.nn import functional

    def mean_of(function):
        return lambda y, p, **options: function(p, y, reduction="none", **options).mean(-1)

    def binary_crossentropy(y, p, from_logits=False, label_smoothing=0.0):
        y = y * (1 - label_smoothing) + label_smoothing / 2
        if from_logits:
            return mean_of(functional.binary_cross_entropy_with_logits)(y, p)
        return mean_of(functional.binary_cross_entropy)(y, p.clamp(EPSILON, 1 - EPSILON))

    def of_logits(y, z, from_logits=False, label_smoothing=0.0):
        if not from_logits:
            raise NotImplementedError("torch takes logits")
        return functional.cross_entropy(z, y, reduction="none", label_smoothing=label_smoothing)

    def poisson(y, p):
        return functional.poisson_nll_loss(p, y, log_input=False, eps=EPSILON, reduction="none").mean(-1)

    def kl_divergence(p, q):
        return functional.kl_div(q.clamp(EPSILON, 1).log(), p.clamp(EPSILON, 1), reduction="none").sum(-1)

    def sigmoid_cross_entropy(y, z, pos_weight=1.0):
        weight = torch.tensor(pos_weight, dtype=z.dtype)
        return functional.binary_cross_entropy_with_logits(z, y, reduction="none", pos_weight=weight)

    def gaussian_kl(*parameters):
        normal = torch.distributions.Normal
        return torch.distributions.kl_divergence(normal(*parameters[:2]), normal(*parameters[2:]))

    def ctc(y, z):
        frames, lengths = torch.full((len(y),), z.shape[1]), (y != 0).sum(1)
        log_p = z.log_softmax(-1).swapaxes(0, 1)
        return functional.ctc_loss(log_p, y, frames, lengths, reduction="none")

    def slope(function, tensors):
        at = last_of_floats(tensors, torch.is_floating_point)
        tensors[at] = tensors[at].detach().requires_grad_()
        return torch.autograd.grad(first(function(*tensors)).sum(), tensors[at])[0]

    losses = {
        "mean_squared_error": mean_of(functional.mse_loss),
        "mean_absolute_error": mean_of(functional.l1_loss),
        "huber": mean_of(functional.huber_loss),
        "poisson": poisson,
        "binary_crossentropy": binary_crossentropy,
        "categorical_crossentropy": of_logits,
        "sparse_categorical_crossentropy": of_logits,
        "softmax_cross_entropy_with_logits": partial(of_logits, from_logits=True),
        "softmax_with_loss": lambda scores, labels: (functional.cross_entropy(scores, labels), scores.softmax(1)),
        "sigmoid_cross_entropy_with_logits": sigmoid_cross_entropy,
        "weighted_cross_entropy_with_logits": sigmoid_cross_entropy,
        "kl_divergence": kl_divergence,
        "entropy": lambda p: torch.special.entr(p).sum(-1),
        "cross_entropy": lambda p, q: -torch.special.xlogy(p, q).sum(-1),
        "gaussian_kl": gaussian_kl,
        "cosine_similarity": lambda y, p: -functional.cosine_similarity(y, p, dim=-1, eps=EPSILON),
        "ctc": ctc,
    }

    return Library("PyTorch", losses, torch.from_numpy, slope)


def scipy():
    """What scipy.special and scipy.spatial have, or put together in one line; they have no gradients."""
    from scipy import special
    from scipy.spatial.distance import jensenshannon

    def sigmoid_cross_entropy(y, z, pos_weight=1.0):
        return -(pos_weight * y * special.log_expit(z) + (1 - y) * special.log_expit(-z))

    def binary_crossentropy(y, p, from_logits=False, label_smoothing=0.0):
        y = y * (1 - label_smoothing) + label_smoothing / 2
        if from_logits:
            return sigmoid_cross_entropy(y, p).mean(-1)
        return log_loss(y, p.clip(EPSILON, 1 - EPSILON))

    def log_loss(y, p):
        return -(special.xlogy(y, p) + special.xlog1py(1 - y, -p)).mean(-1)

    def of_logits(y, z, from_logits=False, label_smoothing=0.0):
        if not from_logits:
            raise NotImplementedError("scipy.special takes logits")
        log_p = special.log_softmax(z, -1)
        if y.ndim < z.ndim:
            return -np.take_along_axis(log_p, y[..., None], -1)[..., 0]
        return -((y * (1 - label_smoothing) + label_smoothing / y.shape[-1]) * log_p).sum(-1)

    def softmax_with_loss(scores, labels):
        log_p = np.take_along_axis(special.log_softmax(scores, 1), labels[:, None], 1)
        return -log_p.mean(), special.softmax(scores, 1)

    losses = {
        "huber": lambda y, p, delta=1.0: special.huber(delta, p - y).mean(-1),
        "pseudo_huber": lambda y, p, delta=1.0: special.pseudo_huber(delta, p - y).mean(-1),
        "binary_crossentropy": binary_crossentropy,
        "log_loss": log_loss,
        "sigmoid_cross_entropy_with_logits": sigmoid_cross_entropy,
        "weighted_cross_entropy_with_logits": sigmoid_cross_entropy,
        "categorical_crossentropy": of_logits,
        "sparse_categorical_crossentropy": of_logits,
        "softmax_cross_entropy_with_logits": partial(of_logits, from_logits=True),
        "softmax_with_loss": softmax_with_loss,
        "categorical_generalized_cross_entropy": lambda y, p, q: -special.boxcox(p[np.arange(len(y)), y], q),
        "kl_divergence": lambda p, q: special.rel_entr(p.clip(EPSILON, 1), q.clip(EPSILON, 1)).sum(-1),
        "entropy": lambda p: special.entr(p).sum(-1),
        "cross_entropy": lambda p, q: -special.xlogy(p, q).sum(-1),
        "jensen_shannon": lambda p, q: jensenshannon(p, q, axis=-1) ** 2,
    }
    return Library("SciPy", losses, np.asarray, None)


def sklearn():
    """The metrics of scikit-learn that can give one number a sample; they have no gradients."""
    from sklearn import metrics

    def of_columns(metric):
        return lambda y, p: metric(y.T, p.T, multioutput="raw_values")

    def squared_logarithmic_error(y, p):
        return of_columns(metrics.mean_squared_log_error)(np.maximum(y, EPSILON), np.maximum(p, EPSILON))

    losses = {
        "mean_squared_error": of_columns(metrics.mean_squared_error),
        "mean_absolute_error": of_columns(metrics.mean_absolute_error),
        "mean_squared_logarithmic_error": squared_logarithmic_error,
    }
    return Library("sklearn", losses, np.asarray, None)
