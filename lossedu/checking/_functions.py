"""Judging a function: run it on the cases, compare, and look for the misconception that gives the same output."""

from dataclasses import dataclass

import numpy as np

from lossedu.checking import _recorded
from lossedu.checking._calls import Outcome, call
from lossedu.checking._verdict import Verdict, explain, judged
from lossedu.exercises import Case


@dataclass(frozen=True)
class Trial:
    """One case, the outputs that the oracles expect, by oracle, and what the answer made of it."""

    case: Case
    expected: dict[str, np.ndarray]
    got: Outcome
    right: bool

    @property
    def shape_fits(self):
        """Whether the answer has at least the right shape."""
        return self.got.value is not None and self.got.value.shape == self.expected["reference"].shape


def judge(exercise, function, own_functions, seed):
    """The verdict on `function`; `own_functions` are the learner's other answers, by name."""
    trials = [try_case(exercise, function, case) for case in exercise.cases(seed)]
    first = trials[0]
    if first.got.value is not None and not call(function, first.case.arguments).equals(first.got, rtol=0, atol=0):
        trials = [
            Trial(t.case, t.expected, Outcome(problem="changes its answer from call to call"), False) for t in trials
        ]
    returns_numbers = any(trial.got.value is not None for trial in trials)
    misconception = diagnose(exercise, trials)
    aspects = []
    for name in exercise.aspects:
        tried = [trial for trial in trials if trial.case.aspect == name]
        main_failed = bool(aspects) and not aspects[0].passed
        only_shape = main_failed and name == "shapes"
        if main_failed and not (only_shape and returns_numbers):
            aspects.append(judged(exercise, name, None, f"not tried yet: first the {aspects[0].name}."))
            continue
        wrong = [trial for trial in tried if not (trial.shape_fits if only_shape else trial.right)]
        if not wrong:
            aspects.append(judged(exercise, name, True, praise(tried, only_shape)))
            continue
        lines = describe(wrong, len(tried))
        if all(aspect.passed for aspect in aspects) and returns_numbers:  # the first to fail is explained
            lines += slope_beside(exercise, function, own_functions, wrong[0])
            lines += explain(exercise, misconception) if misconception else [f"-> {exercise.section}"]
        aspects.append(judged(exercise, name, False, "\n".join(lines)))
    return Verdict.of(exercise, aspects, misconception and misconception.name)


def try_case(exercise, function, case):
    """Run the answer and the oracles on one case."""
    expected = {"reference": np.asarray(exercise.reference(*case.arguments.values()))}
    recorded = _recorded.output(exercise, case)
    if recorded is not None:
        expected[f"tf.keras {_recorded.version()}"] = recorded
    got = call(function, case.arguments)
    right = all(got.equals(Outcome(value), exercise.rtol, exercise.atol) for value in expected.values())
    return Trial(case, expected, got, right)


def diagnose(exercise, trials):
    """The one misconception with the outputs of the answer: on all cases, or on those of the aspect explained."""
    wrong = {trial.case.aspect for trial in trials if not trial.right}
    explained = next((aspect for aspect in exercise.aspects if aspect in wrong), None)
    if explained is None:
        return None
    outputs = [(known, [call(known.answer, t.case.arguments) for t in trials]) for known in exercise.misconceptions]
    for aspects in (exercise.aspects, [explained]):
        alike = [
            known
            for known, outcomes in outputs
            if all(
                trial.got.equals(outcome, exercise.rtol, exercise.atol)
                for trial, outcome in zip(trials, outcomes, strict=True)
                if trial.case.aspect in aspects
            )
        ]
        if len(alike) == 1:
            return alike[0]
    return None


def praise(tried, only_shape):
    """What is said of an aspect that is right."""
    if only_shape:
        return "right, as far as the shape goes."
    oracles = [
        oracle
        for oracle in tried[0].expected
        if oracle != "reference" and all(oracle in trial.expected for trial in tried)
    ]
    return f"right on {len(tried)} inputs{''.join(f', and equal to {oracle}' for oracle in oracles)}."


def describe(wrong, how_many_tried):
    """The smallest failing input, with what was expected and what came."""
    smallest = wrong[0]
    if smallest.got.problem == "not written yet":
        return ["not written yet."]
    lines = [f"wrong on {len(wrong)} of {how_many_tried} inputs. The smallest:"]
    lines += [f"  {name} = {show(value)}" for name, value in smallest.case.arguments.items()]
    expected = smallest.expected["reference"]
    if smallest.got.problem:
        lines += [f"  expected {show(expected)}", f"  yours    {smallest.got.problem}"]
        lines += [f"           {smallest.got.where}"] if smallest.got.where else []
    elif smallest.shape_fits:
        lines += [f"  expected {show(expected)}", f"  yours    {show(smallest.got.value)}"]
    else:
        lines += [f"  expected shape {expected.shape}", f"  yours    shape {smallest.got.value.shape}"]
    return lines


def slope_beside(exercise, function, own_functions, trial):
    """For a wrong gradient: the slope measured on the learner's own loss, which needs no faith in ours."""
    own_loss = own_functions.get(exercise.gradient_of)
    if not callable(own_loss) or not trial.shape_fits:
        return []
    *before, prediction = trial.case.arguments.values()
    steps = 1e-6 * np.eye(prediction.size).reshape(prediction.size, *prediction.shape)
    names = list(trial.case.arguments)

    def loss_at(moved):
        return call(own_loss, dict(zip(names, (*before, moved), strict=True))).value

    pairs = [(loss_at(prediction + step), loss_at(prediction - step)) for step in steps]
    if any(up is None or down is None or up.shape != down.shape for up, down in pairs):
        return []
    slope = np.array([(up - down).sum() / 2e-6 for up, down in pairs]).reshape(prediction.shape)
    lines = [f"  measured {show(slope)}   the slope of your own {exercise.gradient_of}, by central differences"]
    with np.errstate(all="ignore"):
        ratios = trial.got.value / slope
    if np.isfinite(ratios).all() and np.ptp(ratios) < 1e-3 and abs(ratios.mean() - 1) > 1e-3:
        lines.append(f"  Every entry is {ratios.mean():.4g} times the measured slope.")
    return lines


def show(value):
    """A number or an array as a learner would write it, four digits, large ones by their shape and first values."""
    array = np.asarray(value)
    if array.size > 24:
        return f"an array of shape {array.shape}"
    text = np.array2string(array, precision=4, separator=", ", suppress_small=False, floatmode="maxprec")
    return " ".join(text.split())
