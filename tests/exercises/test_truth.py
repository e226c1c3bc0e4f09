"""Are verdicts true? A sample of what `make mutation` and `make confusion` try in full."""

import pytest

from benchmarks import confusion, mutation
from lossedu import exercises


@pytest.mark.slow
def test_nearly_all_mutants_of_the_solutions_are_rejected():
    assert mutation.main([], every=8) >= 0.99


@pytest.mark.slow
def test_verdicts_are_true_for_a_seed_drawn_anew():
    assert confusion.main(runs=1) == 0


def test_every_equivalent_mutant_is_a_mutant_of_today_and_is_explained():
    for name, mutants in mutation.equivalent().items():
        trees, _ = mutation.solutions(exercises.get(name).chapter)
        today = {change for change, _ in mutation.mutants(mutation.without_docstrings(trees[name]))}
        assert set(mutants) <= today
        assert all(len(reason.split()) > 3 for reason in mutants.values())
