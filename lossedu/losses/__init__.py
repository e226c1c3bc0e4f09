"""The reference losses: Keras's names, arguments and figures in plain NumPy, each with its `.gradient`.

>>> from lossedu import losses
>>> losses.kl_divergence.gradient([0.5, 0.5], [0.8, 0.2])
array([-0.625, -2.5  ])
"""

from lossedu.losses.divergences import cross_entropy, entropy, gaussian_kl, jensen_shannon, kl_divergence, poisson

__all__ = ["cross_entropy", "entropy", "gaussian_kl", "jensen_shannon", "kl_divergence", "poisson"]
