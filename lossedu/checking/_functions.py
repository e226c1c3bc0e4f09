"""Judging a function: run it on the cases, compare, and look for the misconception that gives the same output."""

import textwrap
import time
from dataclasses import dataclass

import numpy as np

from lossedu.checking import _recorded
from lossedu.checking._advice import advise
from lossedu.checking._answers import UnansweredError, outcomes_of
from lossedu.checking._comparison import agrees, never_right, shapes_agree, wrong_beside_errors
from lossedu.checking._curves import curve_beside
from lossedu.checking._diagnosis import diagnose, state_that_stays
from lossedu.checking._numbers import rounded_to, show, show_all, show_apart
from lossedu.checking._problems import describe_place, describe_problem
from lossedu.checking._shrink import is_tidy, simpler
from lossedu.checking._verdict import LONGEST, Verdict, explain, judged, not_tried_yet, unanswered
from lossedu.checking.probe import Outcome, Problem
from lossedu.exercises import Case, get
from lossedu.language import join_sentences, say

PUBLIC_OUTCOMES = {}  # the outcomes of references, by exercise and reference, then by the digest of the case
WIDTH = 100  # of lines of advice
ROUNDS = 6  # of shrinking an input, each of which asks the answer once
SLOW = 1.0  # seconds for all cases; a slower answer gets no curve


@dataclass(frozen=True)
class Trial:
    """One case, the outputs that the oracles expect, by oracle, and what the answer made of it."""

    case: Case
    expected: dict[str, Outcome]
    got: Outcome
    right: bool

    @property
    def shape_fits(self):
        """Whether the answer has at least the right shape."""
        return shapes_agree(self.case, self.got, self.expected["reference"])


def judge(exercise, answer, seed=None, allow_ready_made=False):
    """The verdict on an `Answer`."""
    cases = exercise.cases(seed)
    started = time.perf_counter()
    tried = answer.try_on(exercise, [case.arguments for case in [*cases, cases[0]]])
    is_slow = time.perf_counter() - started > SLOW
    *outcomes, repeated = tried.outcomes
    if outcomes[0].problem and outcomes[0].problem.code == "undefined":
        raise UnansweredError("undefined", **outcomes[0].problem.fields)
    if tried.delegates and not allow_ready_made:
        others = ", ".join(tried.delegates)
        words = say("hands the work to {others}: write the formula itself, in NumPy.", others=others)
        if exercise.on_keras and all(name.partition(".")[0] == "keras" for name in tried.delegates):
            words = say(
                "uses {others} directly. Use the names `keras` and `ops` that the first code cell imports: they pass "
                "all calls on to Keras.",
                others=others,
            )
        return unanswered(exercise, words, "delegated")
    if tried.unclear and not allow_ready_made:
        words = say(
            "could not be looked through for work that it hands to others ({error}): write it as a plain function.",
            error=tried.unclear,
        )
        return unanswered(exercise, words)
    is_unstable = outcomes[0].problem is None and not repeated.equals(outcomes[0], rtol=0, atol=0)
    if is_unstable:
        outcomes = [Outcome(problem=Problem("unsteady"))] * len(cases)
    trials = compared(exercise, cases, right_outcomes(exercise, cases), outcomes)
    returns_numbers = any(trial.got.problem is None for trial in trials)
    found = None
    slip_in = next((known.costs for known in exercise.misconceptions if is_the_slip(exercise, known, trials)), None)
    aspects, summary, curve = [], None, None
    for name in exercise.aspects:
        of_aspect = [trial for trial in trials if trial.case.aspect == name]
        main_failed = bool(aspects) and not aspects[0].passed
        only_shape = main_failed and name == "shapes"
        if main_failed and not (only_shape and returns_numbers):
            aspects.append(judged(exercise, name, None, not_tried_yet(aspects[0].name)))
            continue
        wrong = [trial for trial in of_aspect if not (trial.shape_fits if only_shape else trial.right)]
        if wrong and slip_in not in (None, name):
            words = say("counts as right: the only mistake costs points for the {aspect} only.", aspect=say(slip_in))
            aspects.append(judged(exercise, name, True, words))
            continue
        if not wrong:
            aspects.append(judged(exercise, name, True, praise(of_aspect, only_shape)))
            continue
        shown = smallest(exercise, answer, wrong_beside_errors(wrong) or wrong)
        short, lines = describe(exercise, wrong, len(of_aspect), shown)
        summary = summary or short
        advice = advice_on(exercise, wrong, len(of_aspect), shown)
        if all(aspect.passed for aspect in aspects):  # the first to fail is explained, by one message
            found = state_that_stays(exercise) if is_unstable else None
            found = found or diagnose(exercise, answer, trials, show, shown=shown, stops=advice is not None)
            lines += told(advice, trials) if found is None else []
            if returns_numbers or found:
                lines += slope_beside(exercise, answer, shown) if shown else []
                lines += explain(exercise, found) if found else [f"-> {say(exercise.section)}"]
                if shown and returns_numbers and not (is_unstable or is_slow):
                    curve = curve_beside(exercise, answer, shown.case)
        else:
            lines += told(advice, trials)
        aspects.append(judged(exercise, name, False, "\n".join(lines)))
    return Verdict.of(exercise, aspects, found and found.name, summary, curve=curve)


def right_outcomes(exercise, cases):
    """Return the outcome of the reference on each case.

    The outcomes on public cases are cached. Hidden cases belong to one submission, and smaller cases to one answer.
    """
    public = public_outcomes(exercise)
    others = [case for case in cases if case.digest() not in public]
    found = public | by_digest(exercise, others)
    return [found[case.digest()] for case in cases]


def public_outcomes(exercise):
    """Return the outcomes of the reference on the public cases, by their digests; do not cache problems."""
    key = exercise.name, exercise.reference
    if key in PUBLIC_OUTCOMES:
        return PUBLIC_OUTCOMES[key]
    outcomes = by_digest(exercise, exercise.public_cases)
    if not any(outcome.problem for outcome in outcomes.values()):
        PUBLIC_OUTCOMES[key] = outcomes
    return outcomes


def by_digest(exercise, cases):
    """Try the reference on each case; return the outcomes by the digests of the cases."""
    outcomes = outcomes_of(exercise.reference, exercise, [case.arguments for case in cases])
    return dict(zip((case.digest() for case in cases), outcomes, strict=True))


def compared(exercise, cases, references, outcomes):
    """The trials: the outcomes of the answer beside what the oracles expect."""
    trials = []
    for case, reference, got in zip(cases, references, outcomes, strict=True):
        if reference.problem:
            problem = describe_problem(reference.problem)
            raise RuntimeError(f"the reference of {exercise.name} {problem}; this is lossedu's fault")
        expected = {"reference": reference}
        recorded = None if case.hidden else _recorded.output(exercise, case)
        if recorded is not None:
            expected[_recorded.version()] = Outcome(recorded)
        right = all(agrees(exercise, case, got, outcome) for outcome in expected.values())
        trials.append(Trial(case, expected, got, right))
    return trials


def is_the_slip(exercise, misconception, trials):
    """Tell whether the answer is a known slip that costs a single aspect; stop at the first trial that differs."""
    if not misconception.costs or all(trial.right for trial in trials):
        return False
    known = (outcomes_of(misconception.answer, exercise, [trial.case.arguments])[0] for trial in trials)
    return all(agrees(exercise, trial.case, trial.got, outcome) for trial, outcome in zip(trials, known, strict=True))


def smallest(exercise, answer, wrong):
    """The smallest failing input that may be shown, made smaller still if it is not tidy; None if all are hidden."""
    trial = next((trial for trial in wrong if not trial.case.hidden), None)
    if trial is None or is_tidy(trial.case):
        return trial
    for _ in range(ROUNDS):
        tried = simpler(trial.case)
        pairs = zip(tried, right_outcomes(exercise, tried), strict=True)
        known = [(case, right) for case, right in pairs if right.problem is None]  # a class may be gone, its label not
        if not known:
            break
        candidates, references = zip(*known, strict=True)
        outcomes = answer.try_on(exercise, [case.arguments for case in candidates]).outcomes
        failing = (t for t in compared(exercise, candidates, references, outcomes) if not t.right)
        simplest = next((t for t in failing if t.shape_fits == trial.shape_fits), None)
        if simplest is None:
            break
        trial = simplest
    return trial


def praise(tried, only_shape):
    """What is said of an aspect that is right."""
    if only_shape:
        return say("right, as far as the shape goes.")
    public = [trial for trial in tried if not trial.case.hidden]
    oracles = [
        oracle
        for oracle in public[0].expected
        if oracle != "reference" and all(oracle in trial.expected for trial in public)
    ]
    if oracles:
        return say("right on {tried} inputs, and equal to {oracles}.", tried=len(tried), oracles=", ".join(oracles))
    return say("right on {tried} inputs.", tried=len(tried))


def describe(exercise, wrong, how_many_tried, shown):
    """Return a summary, and lines about the failing input `shown`: the input, the expected and the actual output."""
    counts = {"wrong": len(wrong), "tried": how_many_tried}
    if shown is None:
        kinds = {describe_problem(trial.got.problem) for trial in wrong if trial.got.problem is not None}
        said = [say("  yours    {outcome}", outcome=words) for words in sorted(kinds)]
        first = say("right on the inputs of your notebook, wrong on {wrong} of {tried} in all.", **counts)
        return first, [first, *said]
    problem = common_problem(wrong)
    if problem and problem.code == "unwritten":
        return describe_problem(problem), [say("not written yet.")]
    if problem:
        first = say("{problem} (on {wrong} of {tried} inputs).", problem=describe_problem(problem), **counts)
    else:
        first = say("wrong on {wrong} of {tried} inputs.", **counts)
    summary = describe_problem(problem) if problem and len(wrong) == how_many_tried else first
    lines = [join_sentences(first, say("The smallest:"))]
    lines += inputs_of(exercise, shown)
    right, got = shown.expected["reference"], shown.got
    if exercise.protocol == "steps" and got.problem is None and shown.shape_fits:
        return summary, [*lines, *steps_of(shown)]
    if got.problem is not None:
        expected, yours = show_all(right.values), describe_problem(got.problem)
    else:
        expected, yours = compared_outputs(shown)
        yours += rounding_of(wrong) if shown.shape_fits else ""
    lines.append(say("  expected {outcome}", outcome=expected))
    told_above = problem is not None and got.problem == problem
    if not told_above:
        lines.append(say("  yours    {outcome}", outcome=yours))
    if where := describe_place(got.clues):
        lines.append(say("  stops    {where}", where=where) if told_above else say("           {where}", where=where))
    return summary, lines


def compared_outputs(trial):
    """Return the expected and the actual result as texts: the numbers, or the shapes if those differ."""
    right, got = trial.expected["reference"], trial.got
    return show_apart(right.values, got.values) if trial.shape_fits else (show_shapes(right), show_shapes(got))


def advice_on(exercise, wrong, how_many_tried, shown):
    """Return the advice on the error for the input `shown`; None if there is no error, or no advice."""
    if shown is None or shown.got.problem is None or shown.got.problem.code == "unwritten":
        return None
    always = how_many_tried == sum(trial.got.problem is not None for trial in wrong)
    return advise(shown.got.problem, shown.got.clues, exercise, always=always) or None


def told(advice, trials):
    """Return the lines of advice on an error, or a wrong result on another input if there is one, as lines."""
    if advice is None:
        return []
    numbers = [trial for trial in wrong_beside_errors(trials) if not trial.case.hidden]
    if numbers and never_right(trials):
        first = min(numbers, key=lambda trial: trial.case.size)
        expected, yours = compared_outputs(first)
        lines = [say("On other inputs your function returns a result, but a wrong one. For example:")]
        lines += [f"  {name} = {show(value)}" for name, value in first.case.arguments.items()]
        lines += [say("  expected {outcome}", outcome=expected), say("  yours    {outcome}", outcome=yours)]
        return lines
    return textwrap.wrap(advice, WIDTH, break_long_words=False)


def rounding_of(wrong):
    """Say to how many digits all of the wrong values are rounded right ones; an empty text if they are not."""
    pairs = [(trial.expected["reference"].values, trial.got.values) for trial in wrong]
    digits = rounded_to(pairs) if all(trial.got.problem is None and trial.shape_fits for trial in wrong) else None
    return "" if digits is None else "   " + say("rounded to {digits} digits after the point", digits=digits)


def inputs_of(exercise, trial):
    """Lines about the arguments of a case; of an optimizer's, each gradient is a step of its own."""
    arguments = dict(trial.case.arguments)
    gradients = arguments.pop("g") if exercise.protocol == "steps" else ()
    lines = [f"  {name} = {show(value)}" for name, value in arguments.items()]
    if exercise.protocol == "steps":
        lines = [line + each_step(value) for line, value in zip(lines, arguments.values(), strict=True)]
    if trial.got.problem is not None or not trial.shape_fits:  # no positions to show beside them
        lines += [say("  step {step}: g = {g}", step=i, g=show(g)) for i, g in enumerate(gradients, 1)]
    return lines


def each_step(hyperparameter):
    """Return what is said beside a hyperparameter that has another value in each step; an empty text for others."""
    return "   " + say("one for each step") if isinstance(hyperparameter, tuple) else ""


def steps_of(trial):
    """Lines about an optimizer's steps, so that they can be worked out again: up to the first that is wrong."""
    lines = []
    for i, (g, expected, got) in enumerate(
        zip(trial.case.arguments["g"], *trial.expected["reference"].values, *trial.got.values, strict=True), 1
    ):
        fields = {"step": i, "g": show(g), "expected": show(expected), "yours": show(got)}
        lines.append(say("  step {step}: g = {g}, then w = {expected}   yours {yours}", **fields))
        if not Outcome(np.asarray(got)).equals(Outcome(np.asarray(expected)), 1e-5, 1e-6):
            break
    return lines


def common_problem(wrong):
    """Return the problem that all of these trials have; None if they have none in common.

    If they stop with one error but different messages, return the name of the error alone. The result is short enough
    for the first line of a message.
    """
    first, *others = [trial.got.problem for trial in wrong]
    if first is None or any(other is None or other.code != first.code for other in others):
        return None
    words = describe_problem(first)
    if all(other == first for other in others) and len(words) <= LONGEST and "\n" not in words:
        return first
    errors = {problem.fields.get("error", "").partition(":")[0] for problem in (first, *others)}
    error = errors.pop()
    return Problem("stops", error=error) if not errors and error.isidentifier() else None


def slope_beside(exercise, answer, trial):
    """For a wrong gradient: the slope measured on the learner's own loss, which needs no faith in ours."""
    own_loss = answer.beside(exercise.gradient_of) if exercise.gradient_of else None
    if own_loss is None or not trial.shape_fits:
        return []
    arguments = trial.case.arguments
    prediction = np.asarray(arguments[exercise.by], float)
    steps = 1e-6 * np.eye(prediction.size).reshape(prediction.size, *prediction.shape)
    moved = [arguments | {exercise.by: prediction + sign * step} for step in steps for sign in (1, -1)]
    outcomes = own_loss.try_on(get(exercise.gradient_of), moved).outcomes
    if any(outcome.problem or outcome.shapes != outcomes[0].shapes for outcome in outcomes):
        return []
    sums = np.array([outcome.values[0].sum() for outcome in outcomes]).reshape(-1, 2)
    slope = (np.diff(sums[:, ::-1]) / 2e-6).reshape(prediction.shape)
    measured = say(
        "  measured {slope}   the slope of your own {loss}, by central differences",
        slope=show(slope),
        loss=exercise.gradient_of,
    )
    lines = [measured]
    with np.errstate(all="ignore"):
        ratios = trial.got.values[0] / slope
    if np.isfinite(ratios).all() and np.ptp(ratios) < 1e-3 and abs(ratios.mean() - 1) > 1e-3:
        lines.append(say("  Every entry is {ratio} times the measured slope.", ratio=f"{ratios.mean():.4g}"))
    return lines


def show_shapes(outcome):
    """The shapes of an outcome."""
    return say("shape {shapes}", shapes=", ".join(map(str, outcome.shapes)))
