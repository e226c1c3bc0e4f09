"""Whether two outcomes on one case are the same, as far as the exercise and the case ask for it."""

from lossedu.checking.probe import Outcome


def tolerances(exercise, case):
    """Return the relative and the absolute tolerance on a case."""
    return exercise.rtol, exercise.atol if case.atol is None else case.atol


def agrees(exercise, case, mine, theirs):
    """Tell whether two outcomes on a case are the same: equal numbers, or one problem."""
    return as_compared(case, mine).equals(as_compared(case, theirs), *tolerances(exercise, case))


def shapes_agree(case, mine, theirs):
    """Tell whether two outcomes on a case have the same shapes."""
    return as_compared(case, mine).shapes == as_compared(case, theirs).shapes


def as_compared(case, outcome):
    """Return an outcome without the axes that do not count on this case."""
    if not case.squeezed or outcome.problem is not None:
        return outcome
    return Outcome(*(value.squeeze() for value in outcome.values))
