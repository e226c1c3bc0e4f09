"""Compare two outcomes on one case, with the tolerance and the axes that the exercise and the case ask for."""

import numpy as np

from lossedu.checking.probe import Outcome


def tolerances(exercise, case):
    """Return the relative and the absolute tolerance on a case."""
    return exercise.rtol, exercise.atol if case.atol is None else case.atol


def agrees(exercise, case, mine, theirs):
    """Tell whether two outcomes on a case are the same: equal numbers, or the same problem."""
    return as_compared(case, mine).equals(as_compared(case, theirs), *tolerances(exercise, case))


def shapes_agree(case, mine, theirs):
    """Tell whether two outcomes on a case have the same shapes."""
    return as_compared(case, mine).shapes == as_compared(case, theirs).shapes


def as_compared(case, outcome):
    """Return an outcome without the axes that do not count on this case."""
    if not case.squeezed or outcome.problem is not None:
        return outcome
    return Outcome(*(value.squeeze() for value in outcome.values))


def wrong_beside_errors(tried):
    """Return the trials or samples with wrong numbers that the errors on other inputs do not explain.

    An error on batches does not explain wrong numbers on single samples: the inputs differ in their number of axes.
    Return an empty list if there is no error, or if errors and wrong numbers occur on inputs with equally many axes.
    """
    wrong = [each for each in tried if not each.right and not each.case.is_extreme]
    any_shape = never_right(tried)  # otherwise a wrong shape may have the same cause as an error on fewer axes
    numbers = [each for each in wrong if each.got.problem is None and (any_shape or each.shape_fits)]
    errors = [each for each in wrong if each.got.problem is not None]
    if not errors or {most_axes(each.case) for each in numbers} & {most_axes(each.case) for each in errors}:
        return []
    return numbers


def never_right(tried):
    """Tell whether, for each number of axes with results, at least one result is wrong."""
    with_numbers = [each for each in tried if each.got.problem is None and not each.case.is_extreme]
    wrong = {most_axes(each.case) for each in with_numbers if not each.right}
    return wrong == {most_axes(each.case) for each in with_numbers}


def most_axes(case):
    """Return the largest number of axes among the arrays of a case."""
    return max((each.ndim for each in case.arguments.values() if isinstance(each, np.ndarray)), default=0)
