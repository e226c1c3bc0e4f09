"""Why an answer is wrong: the one best-founded explanation, held against every input that it speaks of.

Explanations are tried from the best-founded to the most general: a listed misconception, a family of mistakes, the
function of another exercise, one of these in a part of the inputs, two of them, a relation to the right result, a part
of the inputs that is wrong, a broken law. An explanation is given only if it reproduces the outputs of the answer on
all inputs that it speaks of, the public ones and others that are drawn for this purpose. If two of one rank do, neither
is given.
"""

import logging
from dataclasses import replace

from lossedu.checking._answers import UnansweredError
from lossedu.checking._diagnosis import (
    _broken_laws,
    _candidates,
    _changed_inputs,
    _counterfactuals,
    _differences,
    _ignored_entries,
    _lost_digits,
    _not_finite,
    _outputs,
    _places,
    _search,
    _slips,
)
from lossedu.checking._diagnosis._evidence import Diagnosis, Evidence, comparable
from lossedu.checking._diagnosis._formulas import diagnose_expression
from lossedu.checking._diagnosis._numbers import diagnose_number
from lossedu.checking._diagnosis._places import state_that_stays
from lossedu.checking.probe import quiet
from lossedu.language import later, say

LOG = logging.getLogger(__name__)
RETURNS = later("your function returns a result")  # completes "where ..."
RETURNS_AND = later("{region} and your function returns a result")

__all__ = ["Diagnosis", "diagnose", "diagnose_expression", "diagnose_number", "state_that_stays"]


def diagnose(exercise, answer, trials, show=repr, *, shown=None, stops=False):
    """Return the `Diagnosis` of a wrong answer to a function exercise; None if nothing explains it for certain.

    Args:
        exercise: the `FunctionExercise`.
        answer: the `Answer` or `KernelAnswer`.
        trials: what the answer made of the cases, each beside what is right.
        show: writes a value as a message shows it.
        shown: the trial that the message shows; None if it shows none.
        stops: whether the answer stops with an error. The error then explains it, except a listed misconception and
            wrong results on other inputs.
    """
    try:
        with quiet():
            evidence = Evidence(exercise, answer, trials, show, shown)
            part = evidence.apart_from_errors()
            if part is None:
                return explanation(exercise, evidence, only_listed=stops)
            found = explanation(exercise, part)
            return found and replace(found, where=within_part(found.where), right_elsewhere=False)
    except UnansweredError:  # the answer does not survive further inputs
        return None
    except Exception:  # a fault of ours: the answer has still been judged, and only the explanation is missing
        LOG.info("no diagnosis of an answer to %s", exercise.name, exc_info=True)
        return None


def suits_changed_inputs(evidence):
    """Tell whether the right function of changed inputs may explain an answer: it depends on all its arguments."""
    exercise = evidence.exercise
    return not exercise.is_class and not exercise.is_training and not evidence.ignored_arguments


def of_another_type(evidence):
    """Return the diagnosis of an answer that is wrong for a type only, by the place that makes integers if one does."""
    found = _counterfactuals.right_as_floats(evidence)
    return found and (_slips.one_slip(evidence, only={"whole numbers"}) or found)


def within_part(where):
    """Limit the words for a region to the inputs on which the answer returns a result."""
    return say(RETURNS) if where is None else say(RETURNS_AND, region=where)


def explanation(exercise, evidence, only_listed=False):
    """Return the `Diagnosis` that the evidence founds best; None if there is none."""
    if not evidence.wrong:
        return None
    listed = _candidates.listed(exercise)
    found = _search.whole(evidence, listed)
    if len(found) > 1:
        return None
    if found:
        return found[0].diagnosis()
    if only_listed:  # the message of the error says more, unless the shapes fit only here and there
        return _slips.one_slip(evidence, only=_slips.OF_SHAPES) if evidence.stops_on_some else None
    if evidence.stops_everywhere:
        return _slips.one_slip(evidence) if evidence.stops_on_some else None
    families = _candidates.families(exercise)
    found = _search.apart_from_extremes(evidence, listed) or _search.earliest(_search.whole(evidence, families))
    if found:
        return found
    constant = _places.constant_result(evidence)
    if constant:  # many functions have this result, so no relation to the right one explains it
        return _slips.one_slip(evidence) or constant
    others = [*_candidates.of_options(exercise), *_candidates.others(exercise)]
    known = [*listed, *families, *others]
    numbers = [] if exercise.is_class else comparable(evidence.wrong)
    constants = _candidates.constants(numbers)
    quotients = _candidates.likely_quotients(exercise, evidence.source())
    for rank in (constants, others, quotients, _candidates.relations(exercise)):
        found = _search.whole(evidence, rank)
        if found:
            return found[0].diagnosis()
    if found := _search.apart_from_extremes(evidence, known):
        return found
    combined = _candidates.combined(exercise)
    measured = [*_candidates.factors(numbers), *constants, *_candidates.limits(numbers)]
    gap = _not_finite.first_gap(evidence)
    found = (
        (gap and (_counterfactuals.right_part_by_part(evidence) or gap))
        or _search.in_region(evidence, listed)
        or _lost_digits.lost_digits(evidence)
        or _search.in_region(evidence, known)
        or of_another_type(evidence)
        or _slips.one_slip(evidence)
        or _counterfactuals.right_part_by_part(evidence)
        or _places.of_entries(evidence)
        or _not_finite.finite_for_infinite(evidence)
        or _search.earliest(_search.not_hiding(evidence, _search.whole(evidence, combined, at_least=4)))
        or _search.first(_search.whole(evidence, measured, at_least=4))
    )
    if found:
        return found
    changed = _changed_inputs.changed_inputs(exercise) if suits_changed_inputs(evidence) else []
    outputs = _outputs.of_outputs(evidence)
    return (
        _search.earliest(_search.whole(evidence, changed, at_least=4))
        or _search.first(_search.whole(evidence, outputs, at_least=4))
        or _search.apart_from_extremes(evidence, outputs)
        or _search.in_two_regions(evidence, known)
        or _search.in_region(evidence, [*_candidates.relations(exercise), *measured])
        or _search.in_region(evidence, changed)
        or _ignored_entries.ignored_entries(evidence)
        or _broken_laws.entries_combined(evidence)
        or _places.of_conditions(evidence, [*known, *_candidates.relations(exercise)])
        or _search.in_part(evidence, known)
        or _places.not_a_number(evidence)
        or _broken_laws.ignored_argument(evidence)
        or _broken_laws.rows_combined(evidence)
        or _counterfactuals.right_with_default(evidence)
        or _differences.term_or_factor(evidence)
        or _broken_laws.first_broken(evidence)
        or _places.of_steps(evidence)
        or _places.of_inputs(evidence)
        or _outputs.only_some_wrong(evidence)
    )
