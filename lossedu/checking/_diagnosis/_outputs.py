"""Which of several results is wrong, and how: for exercises that return more than one array."""

import itertools

import numpy as np

from lossedu.checking._comparison import tolerances
from lossedu.checking._diagnosis._candidates import Candidate
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.checking._diagnosis._search import ENOUGH
from lossedu.checking.probe import close
from lossedu.exercises.relations import ARRAY_RELATIONS, NUMBER_RELATIONS
from lossedu.language import later, say

OF_SAMPLES = {  # power of the number of samples that is a factor: name, fact, question
    1: (
        later("times the number of samples"),
        later("your result is too large: it has the number of samples as a factor."),
        later("Does the contract ask for a sum over the samples, or for a mean?"),
    ),
    -1: (
        later("divided by the number of samples"),
        later("your result is too small: it is divided by the number of samples."),
        later("Does the contract ask for a sum over the samples, or for a mean?"),
    ),
}


def wrong_outputs(evidence, samples):
    """Return the names of the results that are wrong on one of these samples, with their indices."""
    found = {}
    for sample in samples:
        pairs = zip(evidence.exercise.returns, sample.got.values, sample.expected.values, strict=True)
        for i, (name, mine, right) in enumerate(pairs):
            if mine.shape != right.shape or not close(mine, right, *tolerances(evidence.exercise, sample.case)):
                found[name] = i
    return found


def has_several(evidence):
    """Tell whether the exercise returns several arrays, and the answer does so on all inputs."""
    exercise = evidence.exercise
    count = len(exercise.returns)
    outcomes = [outcome for sample in evidence.wrong for outcome in (sample.got, sample.expected)]
    is_told = all(outcome.problem is None and len(outcome.values) == count for outcome in outcomes)
    return exercise.protocol == "call" and count > 1 and is_told


def of_outputs(evidence):
    """Return candidates that change those results that are wrong, or exchange two of them."""
    if not has_several(evidence):
        return []
    right, names = evidence.exercise.reference, evidence.exercise.returns
    wrong = wrong_outputs(evidence, evidence.wrong)
    found = [
        Candidate(
            "{one} and {other} exchanged",
            "the results {one} and {other} have changed places.",
            "In which order does the contract list the results?",
            with_results(right, lambda values, arrays, i=i, j=j: {i: values[j], j: values[i]}),
            fields={"one": names[i], "other": names[j]},
        )
        for i, j in itertools.combinations(range(len(names)), 2)
    ]
    for each in (*NUMBER_RELATIONS, *ARRAY_RELATIONS):
        words = each.name, each.fact, each.hint
        found.append(in_outputs(right, wrong, lambda value, arrays, each=each: each.change(value), *words))
    found += [
        in_outputs(right, wrong, lambda value, arrays, power=power: value * float(len(arrays[0])) ** power, *words)
        for power, words in OF_SAMPLES.items()
    ]
    return found


def in_outputs(right, wrong, change, name, fact, hint):
    """Return the candidate that changes those results that are wrong."""
    return Candidate(
        "{one} in {outputs}",
        "in {outputs}: {first}",
        hint,
        with_results(right, lambda values, arrays: {i: change(values[i], arrays) for i in wrong.values()}),
        fields={"outputs": ", ".join(wrong)},
        texts={"one": name, "first": fact},
    )


def with_results(right, change):
    """Return the right function with some of its results changed; `change(values, arrays)` gives them by index."""

    def answer(*arrays, **options):
        values = [np.asarray(value, float) for value in right(*arrays, **options)]
        changed = change(values, arrays)
        return tuple(changed.get(i, value) for i, value in enumerate(values))

    return answer


def only_some_wrong(evidence):
    """Return the diagnosis of an answer some of whose results are right on all inputs; else None."""
    samples = [sample for sample in evidence.all if not sample.right]
    if not has_several(evidence) or any(len(s.got.values or ()) != len(s.expected.values) for s in samples):
        return None
    wrong = wrong_outputs(evidence, samples)
    if len(samples) < ENOUGH or len(wrong) == len(evidence.exercise.returns):
        return None
    fact = say("of your results, only these are wrong: {wrong}.", wrong=", ".join(wrong))
    if len(wrong) == 1 and not any(shape_fits(sample, i) for sample in samples for i in wrong.values()):
        fact = say("of your results, only {wrong} is wrong: it has the wrong shape.", wrong=", ".join(wrong))
    return Diagnosis("one result wrong", fact, say("Which steps of your code does this result alone depend on?"))


def shape_fits(sample, i):
    """Tell whether one result of a sample has the right shape."""
    return sample.got.values[i].shape == sample.expected.values[i].shape
