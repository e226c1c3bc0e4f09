"""What is known of an answer: its outputs beside the right ones, on the cases and on further inputs."""

import copy
import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossedu.checking._answers import outcomes_of
from lossedu.checking._comparison import agrees, shapes_agree, wrong_beside_errors
from lossedu.checking._diagnosis._further_cases import apart_from, fresh_cases, like_these, other_options
from lossedu.checking.probe import Outcome
from lossedu.exercises import Case
from lossedu.language import say

ENOUGH_MIXED, MOST_MIXED = 3, 6  # inputs that take one argument from another input
SAME = 1e-11, 1e-13  # relative and absolute difference of two results of one formula
FEW = 3  # wrong inputs, too few to tell explanations apart
MOST_LIKE = 24  # inputs like the wrong ones
MOST_ASKED = 80  # arguments in one request


@dataclass(frozen=True)
class Diagnosis:
    """Why an answer is wrong.

    Attributes:
        name: what the mistake is called.
        fact: what it does; ends in a full stop.
        hint: the question that leads on.
        where: the part of the inputs that it is about, such as "where from_logits is False"; None if about all.
        right_elsewhere: whether the answer is right in the other parts.
        title: the name in the language of the reader; None if that is `say(name)`.
    """

    name: str
    fact: str
    hint: str
    where: str | None = None
    right_elsewhere: bool = False
    title: str | None = None


def name_and_title(name, /, **fields) -> dict[str, Any]:
    """Return the arguments `name` and `title` of a `Diagnosis` whose name has fields."""
    return {"name": name.format(**fields), "title": say(name, **fields)}


def both_names(one, other) -> dict[str, Any]:
    """Return the arguments `name` and `title` of the diagnosis of two mistakes, given by `Diagnosis` or the like."""
    titles = [getattr(each, "title", None) or say(each.name) for each in (one, other)]
    return {
        "name": f"{one.name}, and {other.name}",
        "title": say("{one}, and {other}", one=titles[0], other=titles[1]),
    }


@dataclass(frozen=True, eq=False)
class Sample:
    """One input, what is right there, and what the answer made of it."""

    case: Case
    expected: Outcome
    got: Outcome
    right: bool
    key: str | None = None  # of an input that comes again for other answers

    @property
    def arguments(self):
        """The input."""
        return self.case.arguments

    @property
    def is_float32(self):
        """Whether an argument is an array of float32."""
        return any(getattr(argument, "dtype", None) == np.float32 for argument in self.arguments.values())

    @property
    def shape_fits(self):
        """Whether the answer has the right shape."""
        return shapes_agree(self.case, self.got, self.expected)


def comparable(samples):
    """Return the samples whose output has the right shape."""
    return [sample for sample in samples if sample.got.problem is None and sample.shape_fits]


class Evidence:
    """The samples of an answer, and the means to get more.

    Args:
        exercise: the `FunctionExercise`.
        answer: the `Answer` or `KernelAnswer`.
        trials: what it made of the cases.
        show: writes a value as a message shows it.
        shown: the trial that the message shows; None if it shows none.
    """

    is_part = False  # whether this covers only some inputs, because the answer stops with an error on the others

    def __init__(self, exercise, answer, trials, show=repr, shown=None):
        self.exercise, self._answer, self.show = exercise, answer, show
        self.public = [sample_of(trial) for trial in trials]
        self.shown = shown and sample_of(shown)
        self.wrong = [sample for sample in self.public if not sample.right]
        self._outcomes = {}

    def apart_from_errors(self):
        """Return the evidence of the wrong results that errors on other inputs do not explain; None if there are none.

        See `wrong_beside_errors`.
        """
        if not wrong_beside_errors(self.public):
            return None
        part = copy.copy(self)
        part.is_part = True
        part.public, part.fresh = (
            [sample for sample in samples if sample.got.problem is None] for samples in (self.public, self.fresh)
        )
        part.wrong = [sample for sample in part.public if not sample.right]
        return part

    @property
    def stops_everywhere(self):
        """Whether the answer has no output on any input where it is wrong."""
        return all(sample.got.problem is not None for sample in self.wrong)

    @property
    def stops_on_some(self):
        """Whether the answer stops with an error on some inputs, and returns a result on others."""
        problems = [sample.got.problem for sample in self.public]
        return None in problems and all(problem is None or problem.code == "stops" for problem in problems)

    @functools.cached_property
    def fresh(self):
        """Samples of further inputs: drawn for this purpose, and like the wrong ones if these are extreme, or few."""
        drawn = self.sampled(*zip(*fresh_cases(self.exercise), strict=True))
        if not self.wrong or not (self.only_extremes_wrong or len(self.wrong) <= FEW):
            return drawn
        known = {sample.case.digest() for sample in [*self.public, *drawn]}
        cases = apart_from(known, like_these(self.wrong, self.plain_cases))[:MOST_LIKE]
        rights = self.right_outcomes([case.arguments for case in cases])
        pairs = [(case, right) for case, right in zip(cases, rights, strict=True) if is_defined(right)]
        return [*drawn, *self.sampled(*zip(*pairs, strict=True))]

    @property
    def plain_cases(self):
        """The public cases that are not extreme."""
        return [sample.case for sample in self.public if not sample.case.is_extreme]

    @functools.cached_property
    def all(self):
        """All samples, the public ones first."""
        return [*self.public, *self.fresh]

    @property
    def plain(self):
        """The samples that are not extreme: extremes are looked at after these are right."""
        return [sample for sample in self.all if not sample.case.is_extreme]

    @property
    def only_extremes_wrong(self):
        """Whether the answer is right on all inputs that are not extreme."""
        return all(sample.case.is_extreme for sample in self.wrong)

    @functools.cached_property
    def ignored_arguments(self):
        """The names of the arguments that make no difference to the answer, but to the right result."""
        names = list(dict.fromkeys(name for sample in self.public for name in sample.arguments))
        mixed = [(name, *mixture) for name in names for mixture in mixtures(self, name)]
        outcomes = self.ask([arguments for *_, arguments in mixed])
        found = []
        for name in names:
            told = [(s, got) for (of, s, _), got in zip(mixed, outcomes, strict=False) if of == name]
            if len(told) >= ENOUGH_MIXED and all(
                got.problem is None and got.equals(s.got, 1e-9, 1e-12) for s, got in told
            ):
                found.append(name)
        return found

    def sampled(self, cases=(), expected=()):
        """Return samples of cases where the right outcomes are known."""
        outcomes = self.ask([case.arguments for case in cases])
        return [
            Sample(case, right, got, agrees(self.exercise, case, got, right), key_of(case))
            for case, right, got in zip(cases, expected, outcomes, strict=True)
        ]

    def further(self, cases):
        """Return samples of cases that were not tried before."""
        return self.sampled(cases, self.right_outcomes([case.arguments for case in cases]))

    def ask(self, argument_sets):
        """Return what the answer makes of each set of arguments."""
        if not argument_sets:
            return []
        return self._answer.try_on(self.exercise, argument_sets[:MOST_ASKED]).outcomes

    def source(self):
        """Return the source of the answer; None if it has none of its own."""
        return self._answer.source()

    def try_variants(self, sources, argument_sets):
        """Return the outcomes of each changed source on each set of arguments."""
        return self._answer.try_variants(self.exercise, sources, argument_sets)

    def reproduces(self, candidate, sample):
        """Tell whether a candidate gives the output that the answer gave."""
        if candidate.is_rough and sample.is_float32:
            return True
        return agrees(self.exercise, sample.case, sample.got, self.outcome(candidate, sample))

    def is_same(self, candidate, sample):
        """Tell whether a candidate gives the output that the answer gave, to nearly all digits of a float64."""
        return sample.got.equals(self.outcome(candidate, sample), *SAME)

    def tells(self, candidate, sample):
        """Tell whether a candidate differs from what is right, so that the sample tells something of it."""
        return not agrees(self.exercise, sample.case, self.outcome(candidate, sample), sample.expected)

    def outcome(self, candidate, sample):
        """What a candidate gives, computed once."""
        outcomes = self._outcomes if sample.key is None else candidate.kept
        key = (candidate, sample) if sample.key is None else (sample.key, sample.got.problem is None)
        if key not in outcomes:
            outcomes[key] = candidate.outcome(self.exercise, sample)
        return outcomes[key]

    def right_outcomes(self, argument_sets):
        """Return the outcomes of the reference."""
        return outcomes_of(self.exercise.reference, self.exercise, argument_sets)


def is_defined(right):
    """Tell whether there is a right result, without NaN."""
    return right.problem is None and not any(np.isnan(value).any() for value in right.values)


def sample_of(trial):
    """Return what a trial holds as a sample."""
    return Sample(trial.case, trial.expected["reference"], trial.got, trial.right, key_of(trial.case))


def key_of(case):
    """Return a key for a case that is tried on many answers; None for a hidden case, which is tried on one only."""
    return None if case.hidden else case.digest()


def mixtures(evidence, name):
    """Return samples with the same arguments except one, taken from another sample, that changes the right result.

    The samples differ in their options and shapes if possible, because an argument may matter with one option only, and
    not for a single entry.
    """
    plain = [sample for sample in evidence.plain if sample.got.problem is None]
    samples = [sample for sample in plain if all(np.isfinite(value).all() for value in sample.got.values)]
    default = evidence.exercise.defaults.get(name)
    values = [sample.arguments.get(name, default) for sample in samples]
    kinds = dict.fromkeys(map(type, values))
    found = {}  # the key is the other options, and the shapes
    for sample, mine in zip(samples, values, strict=True):
        shapes = tuple(np.shape(argument) for argument in sample.arguments.values())
        of_kind = found.setdefault((*sorted(map(str, other_options(sample, name))), shapes), [])
        if len(of_kind) >= ENOUGH_MIXED:
            continue
        for kind in kinds:
            other = next((v for v in reversed(values) if type(v) is kind and can_replace(mine, v)), mine)
            if other is mine:
                continue
            mixed = {**sample.arguments, name: other}
            right = evidence.right_outcomes([mixed])[0]
            if right.problem is None and not agrees(evidence.exercise, sample.case, right, sample.expected):
                of_kind.append((sample, mixed))
    return spread(list(found.values()))[:MOST_MIXED]


def spread(groups):
    """Return the members of groups in turns: the first of each, then the second of each, the last group first."""
    turns = itertools.zip_longest(*reversed(groups))
    return [each for turn in turns for each in turn if each is not None]


def can_replace(mine, other):
    """Tell whether an argument can stand in the place of another, and is not the same."""
    if mine is None or other is None:
        return mine is not other and not isinstance(mine if other is None else other, np.ndarray)
    return type(mine) is type(other) and np.shape(mine) == np.shape(other) and not np.array_equal(mine, other)
