"""Are verdicts true, whatever the hidden inputs are? Right answers and known wrong ones, under many seeds.

    python -m benchmarks.confusion [RUNS]

Every right answer (the declared one, and those in other styles) should pass in every run; every misconception should
fail and be called by its own name. The table counts what became of them, an exercise a row.

A second list names, for each misconception of a function, which others it could be taken for if it were tried on fewer
inputs: on those of one aspect alone, or without the inputs drawn besides the public ones.
"""

import secrets
import sys

import sympy
from rich.console import Console
from rich.table import Table

from lossedu import exercises
from lossedu.checking import verdict
from lossedu.checking._answers import outcomes_of
from lossedu.exercises import CounterexampleExercise, ExpressionExercise, FunctionExercise
from tests.exercises.right_answers import RIGHT

RUNS = 20


def right_answers(exercise):
    """The answers that must pass."""
    if isinstance(exercise, FunctionExercise):
        return [exercise.reference, *RIGHT[exercise.name].values()]
    if isinstance(exercise, CounterexampleExercise):
        return [exercise.example if len(exercise.example) > 1 else exercise.example[0]]
    return [as_given(exercise, exercise.answer)]


def as_given(exercise, answer):
    """A declared answer as a learner gives it."""
    return sympy.sympify(answer) if isinstance(exercise, ExpressionExercise) else answer


def judge(exercise, answer, seed):
    """The verdict, on hidden inputs too."""
    return verdict(exercise.name, answer, seed=seed, allow_ready_made=True)


def rivals(exercise):
    """Yield (misconception, aspect, others): those with the same wrong outputs on the public inputs of one aspect."""
    for aspect in exercise.aspects:
        cases = [case.arguments for case in exercise.public_cases if case.aspect == aspect]
        right = outcomes_of(exercise.reference, exercise, cases)
        tried = {known.name: outcomes_of(known.answer, exercise, cases) for known in exercise.misconceptions}
        outcomes = {name: each for name, each in tried.items() if not agree(exercise, each, right)}
        for name, mine in outcomes.items():
            alike = [other for other, theirs in outcomes.items() if other != name and agree(exercise, mine, theirs)]
            if alike:
                yield name, aspect, alike


def agree(exercise, mine, theirs):
    """Tell whether two lists of outcomes are the same, and have numbers at all."""
    return any(outcome.problem is None for outcome in mine) and all(
        one.equals(other, exercise.rtol, exercise.atol) for one, other in zip(mine, theirs, strict=True)
    )


def print_rivals(console):
    """Print which misconceptions could be taken for others on the inputs of one aspect."""
    for exercise in map(exercises.get, exercises.names()):
        found = list(rivals(exercise)) if isinstance(exercise, FunctionExercise) else []
        if found:
            console.print(exercise.name, highlight=False)
        for name, aspect, alike in found:
            console.print(f"  {name}: on the {aspect} alone like {', '.join(alike)}", highlight=False, markup=False)


def main(runs):
    """Print the table; return how often a verdict was not what it should be."""
    seeds = [secrets.randbits(63) for _ in range(runs)]
    table = Table("exercise", "right answers", "refused", "misconceptions", "passed", "unnamed", "misnamed")
    faults = []
    for exercise in map(exercises.get, exercises.names()):
        right = right_answers(exercise)
        wrong = exercise.misconceptions
        refused = [seed for answer in right for seed in seeds if not judge(exercise, answer, seed).passed]
        found = [(m, seed, judge(exercise, as_given(exercise, m.answer), seed)) for m in wrong for seed in seeds]
        passed = [(m.name, seed) for m, seed, verdict in found if verdict.passed]
        unnamed = [(m.name, seed) for m, seed, verdict in found if not verdict.passed and verdict.diagnosis is None]
        misnamed = [(m.name, seed) for m, seed, verdict in found if verdict.diagnosis not in (None, m.name)]
        counts = (len(right), len(refused), len(wrong), len(passed), len(unnamed), len(misnamed))
        table.add_row(exercise.name, *map(str, counts))
        faults += [(exercise.name, *fault) for fault in (refused, passed, unnamed, misnamed) if fault]
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{runs} runs, each with another seed: {len(faults)} kinds of verdicts that are not what they should be"
    )
    for fault in faults:
        console.print("  ", *fault, highlight=False)
    console.print("\nMisconceptions that other ones could be taken for, if fewer inputs were tried:")
    print_rivals(console)
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else RUNS) > 0)
