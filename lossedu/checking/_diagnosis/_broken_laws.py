"""Which law of its exercise an answer breaks, shown by two small inputs; and which argument it does not look at."""

import numpy as np

from lossedu.checking._answers import outcomes_of
from lossedu.checking._diagnosis._evidence import Diagnosis, name_and_title
from lossedu.checking._diagnosis._further_cases import SMALL_CASE
from lossedu.exercises.laws import law_named
from lossedu.language import later, say

MOST_PAIRS = 4  # of inputs, for each law
OF_TWO = ("zero_for_equal", "symmetric", "antisymmetric", "unchanged_by_common_shift")
GENERAL = (  # laws that hold by no accident: if they hold of the reference on all cases, they are laws of the exercise
    *("rows_apart", "mean_of_entries", "follows_order_of_rows", "order_of_classes", "follows_order_of_classes"),
    *OF_TWO,
)
OF_SCALE = ("all_doubled_1", "all_doubled_2", "all_doubled_4")
OF_ARGUMENTS = ("shift_invariant", "scale_invariant", "even", "odd", "scales_with")
STAYS = {  # of an array, or of an option
    True: later("your result stays the same when the values of {name} change."),
    False: later("your result stays the same when {name} changes."),
}
_FOUND = {}


def first_broken(evidence, names=None):
    """Return the diagnosis of the first of these laws that the answer breaks; by default, of all that are known."""
    found = broken_pair(evidence, known_laws(evidence.exercise) if names is None else names)
    return broken(evidence.show, *found) if found else None


def known_laws(exercise):
    """Return the laws that the reference keeps: those declared with the exercise, and those found by trying it."""
    return [*exercise.laws, *found_laws(exercise)]


def entries_combined(evidence):
    """Return the diagnosis of an answer that is no mean over entries, though the right result is one; or None.

    What holds where all entries meet a condition says nothing of such an answer on other inputs.
    """
    known = found_laws(evidence.exercise)
    if "mean_of_entries" not in known or not all(sample.shape_fits for sample in evidence.all):
        return None
    return first_broken(evidence, [name for name in ("rows_apart", "mean_of_entries") if name in known])


def rows_combined(evidence):
    """Return the diagnosis of an answer whose result for a sample depends on the other samples, or else None."""
    known = known_laws(evidence.exercise)
    return first_broken(evidence, [name for name in ("rows_apart", "follows_order_of_rows") if name in known])


def broken_pair(evidence, names):
    """Return the first of these laws that the answer breaks, a sample, the second input and its outcome; or None."""
    tried = []
    for name in names:
        law = law_named(name)
        tried += [(law, *pair) for pair in pairs(evidence, law)]
    seconds = iter(evidence.ask([second for law, _, second in tried if not law.about_one_input]))
    for law, sample, second in tried:
        got = sample.got if law.about_one_input else next(seconds, None)
        if got is None or got.problem is not None:
            continue
        if law.name == "mean_of_entries" and not sample.shape_fits:  # then it is no matter of entries
            continue
        if law.name != "finite" and not all(np.isfinite(v).all() for v in (*sample.got.values, *got.values)):
            continue
        if not law.holds(sample.got.values, got.values, sample.arguments):
            return law, sample, second, got
    return None


def found_laws(exercise):
    """Return the names of the general laws that hold of the reference on all public cases."""
    key = exercise.name, exercise.reference
    if key not in _FOUND and exercise.protocol == "call":
        arrays = [name for name, value in exercise.public_cases[0].arguments.items() if isinstance(value, np.ndarray)]
        names = [*GENERAL, *(f"{kind}:{name}" for kind in OF_ARGUMENTS for name in arrays), *OF_SCALE]
        _FOUND[key] = [name for name in names if name not in exercise.laws and holds(exercise, law_named(name))]
    return _FOUND.get(key, [])


def holds(exercise, law):
    """Tell whether a law holds of the reference on all public cases to which it applies."""
    arrays = [value for value in exercise.public_cases[0].arguments.values() if isinstance(value, np.ndarray)]
    if law.name in OF_TWO and len(arrays) < 2:
        return False
    firsts = [case.arguments for case in exercise.public_cases]
    found = [(first, second) for first in firsts if (second := law.change(first)) is not None]
    if len(found) < MOST_PAIRS:
        return False
    ones = outcomes_of(exercise.reference, exercise, [first for first, _ in found])
    others = outcomes_of(exercise.reference, exercise, [second for _, second in found])
    return all(
        one.problem is None and other.problem is None and law.holds(one.values, other.values, first)
        for (first, _), one, other in zip(found, ones, others, strict=True)
    )


def is_allowed(case, arguments):
    """Tell whether other arguments of a case lie in its domains: of other inputs, nobody asked for a right result."""
    return all(domain.holds(np.asarray(arguments[name])) for name, domain in case.domains.items())


def ignored_argument(evidence):
    """Return the diagnosis of an answer that gives the same whatever an argument is; None if it looks at all."""
    if evidence.exercise.is_class:
        return None
    for name in evidence.ignored_arguments:
        return Diagnosis(
            fact=say(STAYS[isinstance(evidence.public[0].arguments.get(name), np.ndarray)], name=name),
            hint=say("Where does {name} enter the formula?", name=name),
            **name_and_title(later("{name} ignored"), name=name),
        )
    return None


def pairs(evidence, law):
    """Return samples with the second input that a law makes of each, where the reference keeps the law."""
    found = []
    for sample in sorted(evidence.public, key=lambda sample: (is_bulky(sample.case), sample.case.size)):
        if sample.key is None or sample.got.problem is not None or len(found) == MOST_PAIRS:  # a hidden one has no key
            continue
        second = law.change(sample.arguments)
        if second is None or not (law.name in evidence.exercise.laws or is_allowed(sample.case, second)):
            continue
        expected = sample.expected if law.about_one_input else evidence.right_outcomes([second])[0]
        if expected.problem is None and law.holds(sample.expected.values, expected.values, sample.arguments):
            found.append((sample, second))
    return found


def is_bulky(case):
    """Tell whether a case has more extreme numbers than one sees through at once."""
    return case.is_extreme and case.size > SMALL_CASE


def broken(show, law, sample, second, got):
    """Return the diagnosis of a broken law."""
    fields = {"argument": law.argument}
    sentence = say(law.sentence, **fields)
    outputs = [show(outcome.values[0]) for outcome in (sample.got, got)]
    if law.about_one_input:
        fact = say(
            "a right result is {sentence}. For {first} you get {one}.",
            sentence=sentence,
            first=listed(show, sample.arguments, sample.arguments),
            one=outputs[0],
        )
    elif law.about_second_input:
        fact = say(
            "a right result is {sentence}. For {second} you get {other}.",
            sentence=sentence,
            second=listed(show, second, second),
            other=outputs[1],
        )
    else:
        changed = [name for name in second if second[name] is not sample.arguments[name]]
        fact = say(
            "a right result is {sentence}. For {first} you get {one}, and for {second} you get {other}.",
            sentence=sentence,
            first=listed(show, sample.arguments, sample.arguments),
            one=outputs[0],
            second=listed(show, second, changed),
            other=outputs[1],
        )
    return Diagnosis("broken law", fact, say(law.hint, **fields))


def listed(show, arguments, names):
    """Return arguments as a text."""
    return ", ".join(f"{name} = {show(arguments[name])}" for name in names)
