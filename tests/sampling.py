"""What takes long for all exercises or chapters: fast tests try a sample, the same at every run; slow tests try all."""

import pytest

SAMPLE_OR_ALL = pytest.mark.parametrize("tried", ["sample", pytest.param("all", marks=pytest.mark.slow)])


def sampled(everything, tried, step, start=0):
    """Return everything if all is `tried`, or else every `step`-th."""
    return [*everything] if tried == "all" else [*everything][start % step :: step]


def others_slow(everything, step, start=0):
    """Return every `step`-th, and the others marked as slow: the parameters of a test or a fixture."""
    sample = sampled(everything, "sample", step, start)
    return [each if each in sample else pytest.param(each, marks=pytest.mark.slow) for each in everything]
