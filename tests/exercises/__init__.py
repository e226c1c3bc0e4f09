"""The tests of the exercises, and what the right answers of several chapters call."""

import pytest


def scipy_special():
    """Not a dependency of lossedu, but learners know it; without it, the answers that call this are skipped."""
    return pytest.importorskip("scipy.special")
