"""Chapter 14: rare classes and wrong labels: what to measure, and which samples a loss should hear.

Each module declares the exercises of some sections. They are imported in the order of the chapter.
"""

from lossedu.exercises.imbalance import measures, weights, focal, wrong_labels, spot_the_bug  # noqa: I001  this order

__all__ = ["focal", "measures", "spot_the_bug", "weights", "wrong_labels"]
