"""Which candidates reproduce an answer: on all inputs, in a region, in two regions."""

import re
from dataclasses import replace

import numpy as np

from lossedu.exercises.regions import OF_VALUE, both_of, by_axes, by_option, pairs_of_regions, regions_of
from lossedu.language import join_sentences, say

ROUNDING = 1e-6  # as in float32
UNUSED_LABEL = 77  # that no case has
MOST_VARIED, MOST_VALUES = 6, 3  # inputs on which an option is varied, and its values
SAME = 1e-9, 1e-12  # relative and absolute difference of results that do not depend on an option
DECISIONS = 12  # results of 0 or 1, wrong ones, by which a candidate is told from others
ENOUGH = 3  # samples that a candidate has to explain, and on which it differs from the right answer


def first(found):
    """Return the diagnosis of the one candidate that was found, or None."""
    return found[0].diagnosis() if len(found) == 1 else None


def earliest(found):
    """Return the diagnosis of the first candidate: where several are the same function, the more usual stands first."""
    return found[0].diagnosis() if found else None


def whole(evidence, candidates, at_least=1):
    """Return the candidates that reproduce the answer on all inputs; of those with the same outputs, the first."""
    found = [
        candidate
        for candidate in candidates
        if all(evidence.reproduces(candidate, sample) for sample in [*evidence.wrong, *evidence.public])
    ]
    if not found:
        return []
    found = [c for c in found if all(evidence.reproduces(c, sample) for sample in evidence.fresh)]
    return closest(evidence, [c for c in found if informative(evidence, c, evidence.all) >= at_least])


def not_hiding(evidence, candidates):
    """Return those candidates on top of another that leave its traces in the result: its gaps and its shape.

    Otherwise the fact about the other is not true of the answer: a reciprocal hides an infinity, and a mean over all
    samples hides that an axis was not summed.
    """

    def gaps(outcome):
        return None if outcome.problem else [bool(np.isfinite(value).all()) for value in outcome.values]

    def shapes(outcome):
        return None if outcome.problem else [np.shape(value) for value in outcome.values]

    def leaves_traces(other, sample):
        alone = evidence.outcome(other, sample)
        own_shape = shapes(alone) != shapes(sample.expected)
        return gaps(alone) == gaps(sample.got) and not (own_shape and shapes(alone) != shapes(sample.got))

    answered = [sample for sample in evidence.all if sample.got.problem is None]
    return [c for c in candidates if all(leaves_traces(c.on_top_of, sample) for sample in answered)]


def closest(evidence, candidates):
    """Return those of several candidates that have the very outputs of the answer; all, if none has."""
    if len(candidates) < 2:
        return candidates
    return [c for c in candidates if all(evidence.is_same(c, sample) for sample in evidence.all)] or candidates


def informative(evidence, candidate, samples):
    """Count the samples that distinguish a candidate from the right answer.

    Many mistakes lead to an error, or to a result that is the same number everywhere. So such a result is no evidence
    for a candidate, unless the candidate is listed or is about such results.
    """
    told = [sample for sample in samples if evidence.tells(candidate, sample)]
    if candidate.explains_constants:
        return len(told)
    told = [sample for sample in told if sample.got.problem is None]
    return 0 if only_number(told) is not None else len(told)


def only_number(samples):
    """Return the only number in the first outputs of these samples, up to rounding; None if there are several."""
    outputs = [np.ravel(sample.got.values[0]).astype(float) for sample in samples if sample.got.problem is None]
    numbers = np.concatenate([*outputs, []])
    is_one = numbers.size > 0 and np.allclose(numbers, numbers[0], rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
    return float(numbers[0].round(6)) if is_one else None


def in_region(evidence, candidates):
    """Return the diagnosis of a candidate that holds in a region, where the answer is right elsewhere; else None."""
    suspects = [c for c in candidates if all(evidence.reproduces(c, sample) for sample in evidence.wrong)]
    if not suspects:
        return None
    samples = evidence.all
    wrong = [sample for sample in samples if not sample.right]
    found = []
    for candidate in suspects:
        if not all(evidence.reproduces(candidate, sample) for sample in wrong):
            continue
        apart = [sample for sample in samples if sample.right and not evidence.reproduces(candidate, sample)]
        if len(wrong) < ENOUGH or not apart or is_by_chance(wrong):
            continue
        if not is_really_ignored(evidence, candidate, wrong):
            continue
        region = separating(evidence, wrong, apart, candidate)
        if region and is_about_the_same(candidate, region):
            continue
        if region and depends_on_option(evidence, region, wrong) and holds_throughout(evidence, candidate, region):
            found.append((candidate, region))
    if len(found) != 1 and not same_name(found):
        return None
    candidate, region = found[0]
    return candidate.diagnosis(where_words(region), right_elsewhere=is_of_one_label(evidence, region))


def is_by_chance(wrong):
    """Tell whether many functions give these wrong results: one number everywhere, or only a few zeros and ones."""
    if only_number(wrong) is not None:
        return True
    if not all(sample.got.problem is None and sample.shape_fits for sample in wrong):
        return False
    pairs = [pair for sample in wrong for pair in zip(sample.expected.values, sample.got.values, strict=True)]
    right, got = (np.concatenate([np.ravel(values) for values in each]) for each in zip(*pairs, strict=True))
    return bool(np.isin([right, got], (0, 1)).all()) and int((right != got).sum()) < DECISIONS


def is_really_ignored(evidence, candidate, samples):
    """Tell whether other values of an option change nothing, where a candidate says that the answer ignores it."""
    options = [name for name in evidence.exercise.defaults if candidate.ignores(name)]
    public = [sample.arguments for sample in evidence.public]
    for name in options:
        values = {repr(arguments[name]): arguments[name] for arguments in public if name in arguments}
        tried = [
            (sample, sample.arguments | {name: value})
            for sample in samples[:MOST_VARIED]
            for value in list(values.values())[:MOST_VALUES]
        ]
        outcomes = evidence.ask([arguments for _, arguments in tried])
        if not all(got.equals(sample.got, *SAME) for (sample, _), got in zip(tried, outcomes, strict=True)):
            return False
    return True


def same_name(found):
    """Tell whether all that was found has one name."""
    return bool(found) and len({candidate.name for candidate, _ in found}) == 1


def separating(evidence, inside, outside, candidate=None):
    """Return the first region that holds all samples of one list and none of the other; None if there is none.

    A region in which an option has one value does not suit a candidate whose words are about another value.
    """
    argument_sets = [sample.arguments for sample in evidence.all]
    for region in regions_of(evidence.exercise, argument_sets):
        if candidate and speaks_of_another(candidate, region, argument_sets):
            continue
        if all(region.holds(s.arguments) for s in inside) and not any(region.holds(s.arguments) for s in outside):
            return region
    return None if candidate else separating_pair(evidence, inside, outside)


def is_about_the_same(candidate, region):
    """Tell whether a candidate says that an option is ignored in a region that is about this option."""
    return candidate.ignores(region.fields.get("name"))


def depends_on_option(evidence, region, wrong):
    """Tell whether wrong inputs become right with another value of an option, where a region is about its value.

    Otherwise the inputs tried with that value have something else in common. True for all other regions.
    """
    name, value, values = option_of(evidence, region)
    others = [number for text, number in values.items() if text != value][:MOST_VALUES] if value in values else []
    return all(sample.right for number in others for sample in with_option(evidence, wrong, name, number))


def holds_throughout(evidence, candidate, region):
    """Tell whether a candidate explains other inputs too, once they have the value of the option in a region.

    True for all other regions.
    """
    name, value, values = option_of(evidence, region)
    if value not in values:
        return True
    outside = [sample for sample in evidence.plain if not region.holds(sample.arguments)]
    return all(evidence.reproduces(candidate, each) for each in with_option(evidence, outside, name, values[value]))


def is_of_one_label(evidence, region):
    """Tell whether inputs become right with another label, in arrays too, where a region is about one: ignore_class.

    True for all other regions.
    """
    name, value, values = option_of(evidence, region)
    label = None if value is None else values.get(value)
    if type(label) is not int:
        return True
    inside = [sample for sample in evidence.wrong if region.holds(sample.arguments)]
    cases = [with_label(each.case, name, label, UNUSED_LABEL) for each in inside[:MOST_VARIED]]
    return any(sample.right for sample in evidence.further(cases) if sample.expected.problem is None)


def with_label(case, name, label, other):
    """Return a case with another label in the place of one, in an option and in the arrays of integers."""
    arrays = {of: each for of, each in case.arguments.items() if getattr(each, "dtype", np.dtype("f")).kind in "iu"}
    renamed = {of: np.where(array == label, np.array(other, array.dtype), array) for of, array in arrays.items()}
    return replace(case, arguments={**case.arguments, **renamed, name: other}, hidden=True)


def option_of(evidence, region):
    """Return the option that a region is about, its value there as it is written, and all numbers it is given."""
    name, value = region.fields.get("name"), region.fields.get("value")
    if region.words != OF_VALUE:
        return name, None, {}
    given = [sample.arguments.get(name) for sample in evidence.all]
    return name, value, {repr(number): number for number in given if type(number) in (int, float, np.float64)}


def with_option(evidence, samples, name, value):
    """Return samples of the first of these inputs with another value of an option, where there is a right result."""
    cases = [
        replace(each.case, arguments={**each.arguments, name: value}, hidden=True) for each in samples[:MOST_VARIED]
    ]
    return [sample for sample in evidence.further(cases) if sample.expected.problem is None]


def separating_pair(evidence, inside, outside):
    """Return the first overlap of two regions that holds all samples of one list and none of the other, or None.

    Enough samples of the other list must lie in the first region, so that the second one is really needed.
    """
    for one, other in pairs_of_regions(evidence.exercise, [sample.arguments for sample in evidence.all]):
        if not all(one.holds(s.arguments) and other.holds(s.arguments) for s in inside):
            continue
        beside = [sample for sample in outside if one.holds(sample.arguments)]
        if len(beside) >= ENOUGH and not any(other.holds(sample.arguments) for sample in beside):
            return both_of(one, other)
    return None


def speaks_of_another(candidate, region, argument_sets):
    """Tell whether the words of a candidate name another value of the option than the one of a region."""
    name, value = region.fields.get("name"), region.fields.get("value")
    if name is None or value is None:
        return False
    values = {given[name] for given in argument_sets if isinstance(given.get(name), str)}
    named = {each for each in values if each in re.findall(r"\w+_\w+|(?<=['\"])\w+(?=['\"])", candidate.fact)}
    return bool(named) and value not in map(repr, named)


def where_words(region):
    """Return the words of a region, such as "from_logits is False"."""
    return say(region.words, **region.fields)


def in_two_regions(evidence, candidates):
    """Return the diagnosis of two candidates, one in a region and another elsewhere; None if there is no such pair."""
    argument_sets = [sample.arguments for sample in evidence.all]
    samples = evidence.all
    ignored = evidence.ignored_arguments if not evidence.exercise.is_class else []
    regions = [*by_option(evidence.exercise, argument_sets), *by_axes(argument_sets)]
    for region in regions:
        if region.fields.get("name") in ignored:  # then the answer has one formula for both regions
            continue
        inside = [sample for sample in samples if region.holds(sample.arguments)]
        outside = [sample for sample in samples if not region.holds(sample.arguments)]
        if any(all(sample.right for sample in part) for part in (inside, outside)):
            continue
        here, there = (reproducing(evidence, candidates, part) for part in (inside, outside))
        if len(here) == len(there) == 1 and here[0] is not there[0]:
            return both(here[0].diagnosis(where_words(region)), there[0].diagnosis())
    return None


def both(here, elsewhere):
    """Return one diagnosis of two."""
    rest = say("Elsewhere, {name}: {fact}", name=elsewhere.title or say(elsewhere.name), fact=elsewhere.fact)
    title = here.title or say(here.name)
    name = f"{here.name}, and {elsewhere.name}"
    return replace(here, name=name, title=title, fact=join_sentences(here.fact, rest), right_elsewhere=False)


def reproducing(evidence, candidates, samples):
    """Return the candidates that reproduce all these samples, enough of which tell something of them."""
    ordered = sorted(samples, key=lambda sample: sample.right)
    found = [c for c in candidates if all(evidence.reproduces(c, sample) for sample in ordered)]
    return [c for c in found if informative(evidence, c, samples) >= ENOUGH]


def apart_from_extremes(evidence, candidates):
    """Return the diagnosis of a candidate that holds except for extreme inputs, if others are wrong; else None."""
    if evidence.only_extremes_wrong:
        return None
    return first(reproducing(evidence, candidates, evidence.plain))


def in_part(evidence, candidates):
    """Return the diagnosis of a candidate that holds in a region except for extreme inputs, whatever is elsewhere."""
    samples = evidence.plain
    first_wrong = next((sample for sample in samples if not sample.right), None)
    if first_wrong is None:
        return None
    argument_sets = [sample.arguments for sample in samples]
    for region in [*by_option(evidence.exercise, argument_sets), *by_axes(argument_sets)]:
        part = [sample for sample in samples if region.holds(sample.arguments)]
        if not region.holds(first_wrong.arguments):
            continue
        found = [
            candidate
            for candidate in reproducing(evidence, candidates, part)
            if holds_throughout(evidence, candidate, region) and not is_about_the_same(candidate, region)
        ]
        if len(found) == 1:
            return found[0].diagnosis(where_words(region))
    return None
