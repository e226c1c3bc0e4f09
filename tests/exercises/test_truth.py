"""Are verdicts true? The slow ways to find out, as `make mutation` and `make confusion` do it."""

import pytest

from benchmarks import confusion, mutation
from lossedu import exercises


@pytest.mark.slow
def test_nearly_all_mutants_of_the_solutions_are_rejected():
    assert mutation.main([]) >= 0.99


@pytest.mark.slow
def test_verdicts_do_not_depend_on_the_seed():
    assert confusion.main(runs=3) == 0


def test_every_equivalent_mutant_is_a_mutant_of_today_and_is_explained():
    for name, mutants in mutation.equivalent().items():
        trees, _ = mutation.solutions(exercises.get(name).chapter)
        today = {change for change, _ in mutation.mutants(mutation.without_docstrings(trees[name]))}
        assert set(mutants) <= today
        assert all(len(reason.split()) > 3 for reason in mutants.values())
