"""The exercises of the course: one module a chapter, everything about an exercise in one declaration."""

from lossedu.exercises import kl_divergence as _kl_divergence  # noqa: F401  importing a chapter declares its exercises
from lossedu.exercises._declare import (
    Case,
    CounterexampleExercise,
    Exercise,
    ExpressionExercise,
    FunctionExercise,
    Misconception,
    NumberExercise,
    get,
    names,
    of_chapter,
)

__all__ = [
    "Case",
    "CounterexampleExercise",
    "Exercise",
    "ExpressionExercise",
    "FunctionExercise",
    "Misconception",
    "NumberExercise",
    "get",
    "names",
    "of_chapter",
]
