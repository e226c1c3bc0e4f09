"""Optimizers that treat a variable with two axes as a matrix: by its rows and columns, or by its singular values."""

from dataclasses import KW_ONLY, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer, remember
from lossedu.optimizers.adam import adam_step


@optimizer
class Adafactor(Optimizer):
    r"""Steps relative to the size of the weights, with a mean square that is kept for rows and columns only.

    .. math::
        \beta_t &= 1 - t^\delta, \qquad
        r \leftarrow \beta_t r + (1 - \beta_t) \, \operatorname{mean}_\text{columns}(g^2 + \epsilon_1), \qquad
        c \leftarrow \beta_t c + (1 - \beta_t) \, \operatorname{mean}_\text{rows}(g^2 + \epsilon_1) \\
        v &= r \, c \, / \operatorname{mean}(r), \qquad u = g / \sqrt v, \qquad
        w \leftarrow w - \min(\eta, 1 / \sqrt t) \, \max(\epsilon_2, \operatorname{rms}(w)) \,
        \frac{u}{\max(1, \operatorname{rms}(u) / d)}

    A matrix of m * n weights needs m + n numbers instead of m * n. If a variable has fewer than two axes, v is the
    running mean of :math:`g^2 + \epsilon_1` itself.

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        beta_2_decay: :math:`\delta`, by default -0.8; at most 0.
        epsilon_1: :math:`\epsilon_1`, added to each squared gradient, by default 1e-30; > 0.
        epsilon_2: :math:`\epsilon_2`, the smallest size of the weights that counts, by default 0.001; >= 0.
        clip_threshold: :math:`d`, the largest root mean square of the step before it is scaled, by default 1; > 0.
        relative_step: taken as in Keras 3, where it changes nothing: the step is limited to :math:`1 / \sqrt t` anyway.

    The other options and the errors are those of `Optimizer`.

    Source: N. Shazeer and M. Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018.

    >>> w = np.array([[3.0, 4.0]])
    >>> Adafactor(learning_rate=0.1).apply([[[1.0, -100.0]]], [w])
    >>> w.round(4)    # a tenth of the root mean square of the weights, 3.5355
    array([[2.6464, 4.3536]])
    """

    learning_rate: LearningRate = 0.001
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The mean squares of rows and columns, or of all entries if there are fewer than two axes."""
        if w.ndim < 2:
            return {"v": np.zeros_like(w)}
        return {"r": np.zeros(w.shape[:-1], w.dtype), "c": np.zeros((*w.shape[:-2], w.shape[-1]), w.dtype)}

    def update(self, w: Any, g: Any, learning_rate: float, t: int, **state: Any) -> None:
        """One step of the formula above."""
        kept, square = 1 - t**self.beta_2_decay, g**2 + self.epsilon_1
        if "v" in state:
            v = state["v"]
            remember(v, square, kept)
        else:
            r, c = state["r"], state["c"]
            remember(r, square.mean(-1), kept)
            remember(c, square.mean(-2), kept)
            mean = r.mean(-1, keepdims=True)
            shares = np.divide(r, mean, out=np.ones_like(r), where=np.isfinite(mean))  # inf / inf would be NaN
            v = shares[..., None] * c[..., None, :]
        u = g / np.sqrt(v)
        scale = min(learning_rate, 1 / sqrt(t)) * max(self.epsilon_2, rms(w))
        w -= scale / max(1, rms(u) / self.clip_threshold) * u


@optimizer
class Muon(Optimizer):
    r"""Momentum whose matrix is made nearly orthogonal, so that a step moves all directions alike.

    .. math::
        m \leftarrow \mu m + g, \qquad
        x \leftarrow \frac{g + \mu m}{\|g + \mu m\|}, \qquad
        w \leftarrow w - \eta \, \rho \sqrt{\max(\text{rows}, \text{columns})} \; x_k

    :math:`x_k` is the result of :math:`k` Newton-Schulz steps, :math:`x \leftarrow a x + (b A + c A^2) \, x` with
    :math:`A = x x^T`, which bring all singular values near 1. Without `nesterov`, :math:`m` takes the place of
    :math:`g + \mu m`. Variables that do not have exactly two axes take the step of Adam.

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        adam_beta_1, adam_beta_2, epsilon: those of Adam, by default 0.9, 0.999 and 1e-7.
        adam_weight_decay: the weight decay of the variables that take Adam's step, by default 0.004; None for none.
        exclude_embeddings, exclude_layers: taken as in Keras. There they choose matrices by their names; variables
            have no names here, so `exclude_layers` must be empty.
        muon_a, muon_b, muon_c: :math:`a, b, c`, by default 3.4445, -4.775 and 2.0315.
        adam_lr_ratio: what the learning rate is multiplied by for Adam's step, by default 1; >= 0.
        momentum: :math:`\mu`, by default 0.95; in [0, 1].
        ns_steps: :math:`k`, by default 5; at least 0.
        nesterov: whether the step looks ahead along the momentum, by default True.
        rms_rate: :math:`\rho`, by default 0.2; >= 0. None leaves out the factor with the root.
        weight_decay: that of the matrices, by default 0.004.

    The other options and the errors are those of `Optimizer`. ValueError if `exclude_layers` is not empty.

    Sources: K. Jordan et al., "Muon: An Optimizer for Hidden Layers in Neural Networks", 2024; of the factor with the
    root, J. Liu et al., "Muon is Scalable for LLM Training", 2025.

    >>> w = np.zeros((2, 2))
    >>> Muon(learning_rate=0.1, rms_rate=None).apply([np.diag([1.0, -100.0])], [w])
    >>> np.abs(np.diag(w)).round(2)    # the entries of the gradient differ by a factor of 100, those of the step do not
    array([0.07, 0.07])
    """

    learning_rate: LearningRate = 0.001
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float | None = 0.004
    epsilon: float = 1e-7
    weight_decay: float | None = field(default=0.004, kw_only=True)
    _: KW_ONLY  # as in Keras, these come after the options of all optimizers
    exclude_layers: list[str] | None = None
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.7750
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2

    def __post_init__(self) -> None:
        """Check the options."""
        self.exclude_layers = self.exclude_layers or []
        if self.exclude_layers:
            raise ValueError(
                f"exclude_layers must be empty, because variables have no names here, got {self.exclude_layers}"
            )
        super().__post_init__()

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The momentum, and Adam's mean square for all that is no matrix."""
        return {name: np.zeros_like(w) for name in (("m",) if w.ndim == 2 else ("m", "v"))}

    def decay_of(self, w: NDArray[Any]) -> float | None:
        """Matrices and other variables have weight decays of their own."""
        return self.weight_decay if w.ndim == 2 else self.adam_weight_decay

    def update(self, w: Any, g: Any, learning_rate: float, t: int, **state: Any) -> None:
        """One step of the formula above, or of Adam."""
        if "v" in state:
            betas = self.adam_beta_1, self.adam_beta_2
            w -= adam_step(g, learning_rate * self.adam_lr_ratio, t, **state, betas=betas, epsilon=self.epsilon)
            return
        m = state["m"]
        m *= self.momentum
        m += g
        x = self.orthogonalized(g + self.momentum * m if self.nesterov else m)
        factor = 1 if self.rms_rate is None else self.rms_rate * sqrt(max(w.shape))
        w -= learning_rate * factor * x

    def orthogonalized(self, x: NDArray[Any]) -> NDArray[Any]:
        """A matrix with the singular vectors of `x`, and singular values near 1."""
        if x.shape[0] > x.shape[1]:
            return self.orthogonalized(x.T).T
        scale = float(np.abs(x).max(initial=0)) or 1.0  # scaled first, no square overflows
        x = x / scale
        x = x / (float(np.linalg.norm(x)) + 1e-7 / scale)
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x


def rms(x: NDArray[Any]) -> float:
    """The root mean square of all entries."""
    return float(np.sqrt(np.mean(np.square(x))))
