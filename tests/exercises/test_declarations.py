import ast
import inspect
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import sympy

from lossedu import exercises, losses
from lossedu.checking._answers import outcomes_of
from lossedu.exercises import (
    CounterexampleExercise,
    ExpressionExercise,
    FunctionExercise,
    NumberExercise,
    get,
    names,
    of_chapter,
)
from lossedu.exercises.families import FAMILIES
from lossedu.keras_or_stand_in import keras
from tests.checking import verdict
from tests.sampling import sampled

SEEDS = (0, pytest.param(2026, marks=pytest.mark.slow))  # `make confusion` tries many others
EXERCISES = [get(name) for name in names()]
FUNCTIONS = [exercise for exercise in EXERCISES if isinstance(exercise, FunctionExercise)]
SOURCES = sorted(Path(exercises.__file__).parent.rglob("*.py"))
MISCONCEPTIONS = [(exercise, known) for exercise in EXERCISES for known in exercise.misconceptions]


def by_name(declared):
    """Return the id of a test: an exercise by its name."""
    return declared.name


def right_answer(exercise):
    """Return the declared answer, as a learner hands it in."""
    if isinstance(exercise, FunctionExercise):
        return exercise.reference
    if isinstance(exercise, CounterexampleExercise):
        return exercise.example if len(exercise.example) > 1 else exercise.example[0]
    return sympy.sympify(exercise.answer) if isinstance(exercise, ExpressionExercise) else exercise.answer


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_the_declared_answer_gets_full_points(exercise, seed):
    found = verdict(exercise.name, right_answer(exercise), seed=seed)
    assert (found.passed, found.points, found.diagnosis) == (True, exercise.points, None), found.message


# the one that is named is the only one with these outputs: so this also tells that no two look alike on the cases
@pytest.mark.parametrize(("tried", "seed"), [("sample", 0), pytest.param("all", 2026, marks=pytest.mark.slow)])
@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_every_misconception_is_rejected_and_named(exercise, tried, seed):
    some = sampled(exercise.misconceptions, tried, 6, start=EXERCISES.index(exercise))
    assert {known.name: wrongs for known in some if (wrongs := offences(exercise, known, seed))} == {}


def offences(exercise, known, seed):
    """Return what is wrong about the verdict on a misconception, in words."""
    answer = sympy.sympify(known.answer) if isinstance(exercise, ExpressionExercise) else known.answer
    found = verdict(exercise.name, answer, seed=seed)
    facts = {
        "passes": found.passed,
        "gets full points": found.points >= exercise.points,
        f"is taken for {found.diagnosis!r}": found.diagnosis != known.name,
        "its fact is not said": known.fact not in found.message,
        "its question is not asked": known.hint not in found.message,
    }
    return [fact for fact, holds in facts.items() if holds]


def test_every_hint_asks_and_every_fact_tells():
    assert [called(e, known) for e, known in MISCONCEPTIONS if not known.hint.strip().endswith("?")] == []
    assert [called(e, known) for e, known in MISCONCEPTIONS if not known.fact.strip().endswith(".")] == []


def test_no_exercise_has_two_misconceptions_of_one_name():
    counts = Counter(called(exercise, known) for exercise, known in MISCONCEPTIONS)
    assert [name for name, count in counts.items() if count > 1] == []


def called(exercise, known):
    return f"{exercise.name}: {known.name}"


# what belongs together in the declarations is attached by name: a family, a group, or as in another exercise
def test_no_fact_is_written_twice():
    facts = {known.fact for _, known in MISCONCEPTIONS} | {family.fact for family in FAMILIES.values()}
    places = defaultdict(list)
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for at, line in enumerate(node.value.splitlines() if is_text(node) else ()):
                if line.strip() in facts:
                    places[line.strip()].append(f"{file.name}:{node.lineno + at}")
    assert {fact: found for fact, found in places.items() if len(found) > 1} == {}
    assert len(places) > 500  # the facts are found where they are written


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


# an answer looks up its names when it is called, so this test calls all answers
def test_a_declared_answer_knows_all_names_that_it_uses():
    unknown = {
        called(exercise, known): outcome.problem
        for exercise in FUNCTIONS
        for known in exercise.misconceptions
        for outcome in outcomes_of(known.answer, exercise, [case.arguments for case in exercise.public_cases])
        if re.search("NameError|SyntaxError", str(outcome.problem))
    }
    assert unknown == {}


# a traceback says which function it is
def test_every_declared_function_has_a_name_of_its_own():
    answers = {called(exercise, known): known.answer for exercise, known in MISCONCEPTIONS if callable(known.answer)}
    references = {exercise.name: exercise.reference for exercise in FUNCTIONS}
    assert [name for name, function in (answers | references).items() if is_nameless(function)] == []


def is_nameless(function):
    code = getattr(function, "__code__", None)
    return {function.__name__, code and code.co_name} & {"_", "<lambda>"}


def test_no_function_of_exercises_and_losses_is_defined_without_a_name():
    nameless = [
        f"{file.name}:{node.lineno}"
        for file in [*SOURCES, *Path(losses.__file__).parent.glob("*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "_"
    ]
    assert nameless == []


def those_with(holds):
    """Return the names of the function exercises for which `holds` is true."""
    return [exercise.name for exercise in FUNCTIONS if holds(exercise)]


def test_every_function_exercise_knows_at_least_four_misconceptions():
    assert those_with(lambda exercise: len(exercise.misconceptions) < 4) == []


def test_cases_look_at_the_declared_aspects():
    assert those_with(lambda exercise: {case.aspect for case in exercise.cases()} != set(exercise.aspects)) == []


def test_cases_and_references_take_the_arguments_of_the_stub():
    assert {exercise.name: wrongs for exercise in FUNCTIONS if (wrongs := other_arguments(exercise))} == {}


def other_arguments(exercise):
    """Return the arguments of the reference and the cases that differ from the stub's."""
    parameters = inspect.signature(exercise.stub).parameters
    positional = [name for name, p in parameters.items() if p.default is p.empty]
    of_a_loss = ["y_true", "y_pred", "sample_weight", "settings", "wanted"]
    given_by_cases = {"steps": ["w", "g"], "methods": ["calls"], "loss class": of_a_loss}.get(
        exercise.protocol, positional
    )
    of_reference = list(inspect.signature(exercise.reference).parameters)
    wrongs = [] if of_reference == list(parameters) or exercise.protocol == "loss class" else [of_reference]
    for case in exercise.cases():
        by_position, by_name = exercise.split(case.arguments)
        if exercise.protocol == "tensors":
            by_position.pop("wanted", None)
        if list(by_position) != given_by_cases or not set(by_name) <= set(parameters):
            wrongs.append([*by_position, *by_name])
    return wrongs


@pytest.mark.parametrize("seed", SEEDS)
def test_no_reference_gives_nan_anywhere(seed):
    def gives_nan(exercise):
        outcomes = outcomes_of(exercise.reference, exercise, [case.arguments for case in exercise.cases(seed)])
        return any(np.isnan(value).any() for outcome in outcomes for value in outcome.values)

    assert those_with(gives_nan) == []


def test_the_smallest_case_comes_first_and_is_tidy():
    def is_untidy(exercise):
        first = exercise.cases()[0]
        drawn = [first.arguments[name] for name in first.domains]
        smallest = min(case.size for case in exercise.cases())
        return first.size != smallest or not all(np.array_equal(array, np.round(array, 2)) for array in drawn)

    assert those_with(is_untidy) == []


def test_a_seed_draws_the_same_cases_again_and_another_seed_others():
    def drawn(exercise, seed):
        return [case.digest() for case in exercise.cases(seed)]

    assert those_with(lambda exercise: drawn(exercise, 1) != drawn(exercise, 1)) == []
    assert those_with(lambda exercise: drawn(exercise, 1) == drawn(exercise, 2)) == []


def test_a_stub_source_is_signature_and_docstring_and_takes_a_body():
    assert those_with(lambda exercise: not is_whole(exercise, exercise.stub_source())) == []


def is_whole(exercise, source):
    """Tell whether the source of a stub defines its documented function or class once a body is added."""
    starts, body = ("class {}", "pass") if exercise.is_class else ("def {}(", "return 42")
    namespace = {"keras": keras}
    exec(f"{source}\n    {body}", namespace)  # noqa: S102  our own stub
    stub = namespace[exercise.name]
    if not source.startswith(starts.format(exercise.name)) or inspect.getdoc(stub) != inspect.getdoc(exercise.stub):
        return False
    return inspect.isclass(stub) or stub(*inspect.signature(stub).parameters) == 42


def test_the_line_to_complete_counts_as_no_answer_yet():
    verdicts = {}
    for exercise in [each for each in EXERCISES if each not in FUNCTIONS]:
        namespace = {}
        exec(exercise.stub_source(), namespace)  # noqa: S102  our own stub
        verdicts[exercise.name] = verdict(exercise.name, namespace[exercise.name])
    assert {(found.points, found.message) for found in verdicts.values()} == {(0, "no answer yet.")}, verdicts


def test_every_exercise_belongs_to_its_chapter_and_earns_points_for_each_aspect():
    assert [exercise.name for exercise in EXERCISES if exercise not in of_chapter(exercise.chapter)] == []
    assert [exercise.name for exercise in EXERCISES if min(exercise.aspects.values()) <= 0] == []


@pytest.mark.parametrize(
    ("wrong", "near"), [("kl_divergense", "kl_divergence"), ("poison", "poisson"), ("klx", "kl_divergence")]
)
def test_an_unknown_name_is_answered_with_near_ones(wrong, near):
    with pytest.raises(KeyError, match=rf"there is no exercise '{re.escape(wrong)}'; the nearest: .*\b{near}\b"):
        get(wrong)
    with pytest.raises(KeyError, match=r"the nearest: \w+, \w+, \w+\W*$"):  # three, not all
        get("no such thing")


def test_an_exercise_cannot_be_declared_twice():
    with pytest.raises(ValueError, match="exercise 'wasted_bits' is declared twice"):
        NumberExercise(name="wasted_bits", chapter="", section="", aspects={"answer": 1}, answer=0, unit="a number")
